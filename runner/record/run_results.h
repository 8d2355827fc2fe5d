#pragma once

#include <filesystem>
#include <optional>

#include "reports/measure/run_record.h"
#include "reports/result.h"
#include "store/store.h"

namespace muster {

/// Holds a judged run against those before it, writes its result.json, result.sig and report.html,
/// and remembers it. A store that cannot be read or written costs only what it is for: what is
/// wrong with it is returned, "" where nothing is. Throws Error where the result cannot be written.
std::string keep_result(Store& store, const std::filesystem::path& directory, Result& result);

/// How large the samples are, and their digest, for the record.
void note_samples(RunRecord& record, const std::filesystem::path& samples);

/// $MUSTER_HOME/signing-key.pem: what signs the results of this home, and the gate's answers.
std::filesystem::path signing_key_file();

/// Whether the journal holds an intent, or may: then the run's end is not that nothing was drilled.
bool something_was_tried(const std::filesystem::path& directory);

/// The result of a run of this process that could not be brought to its end: of its journal and
/// samples, with `why`.
Result result_of_broken_off(const std::filesystem::path& directory, const std::string& why);

/// What was kept; nothing where the runner came not so far.
std::optional<Result> kept_result(const std::filesystem::path& directory);

/// The result of a run, whatever became of it: what was kept, or, where its runner was killed, one
/// made of the journal and the samples it left (partial_record.h). Throws Error where it is still
/// running, or ended before anything was drilled.
Result result_of_run(const std::filesystem::path& directory);

/// Keeps a result of a run whose runner was killed before it could; or of one that was kept in part
/// when not everything was undone yet. False where that is not so.
bool keep_result_of_killed(Store& store, const std::filesystem::path& directory);

}  // namespace muster
