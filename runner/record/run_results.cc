#include "runner/record/run_results.h"

#include <algorithm>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/signature.h"
#include "reports/formats/formats.h"
#include "reports/gate/signed_result.h"
#include "reports/history/earlier.h"
#include "reports/history/usual.h"
#include "reports/judge/judge.h"
#include "reports/judge/validity.h"
#include "runner/record/partial_record.h"
#include "runner/record/run_store.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestSamples = std::size_t{1} << 34U;

/// The signature first: a result that is there is a signed one.
SignedResult write_result(const fs::path& directory, const Result& result) {
  SignedResult kept{without_secrets(pretty_json(to_json(result))), ""};
  kept.signature = sign_result(SigningKey::open_or_make(signing_key_file()), kept.text);
  write_file_atomically(directory / "result.sig", kept.signature);
  write_file_atomically(directory / "result.json", kept.text);
  const ReportFormat* page = report_format("html");
  write_file_atomically(directory / page->file_name, without_secrets(page->render(result)));
  return kept;
}

void remember(Store& store, const Result& result, const SignedResult& kept) {
  HistoryRun run = history_run_of(result);
  run.result_digest = sha256(kept.text);
  store.keep_result(run.id, kept);
  store.history().add(run);
}

SignedResult kept_signed(const fs::path& directory) {
  return {read_file(directory / "result.json"),
          read_file_if_exists(directory / "result.sig").value_or("")};
}

bool something_was_tried(const JournalContent& journal) {
  return journal.damaged || std::ranges::any_of(journal.records, [](const auto& record) {
           return record.kind == "intent" || record.kind == "recovering" ||
                  record.kind == "given-up";
         });
}

/// Why a run ended before anything was drilled, or "".
std::string refusal_in(const JournalContent& journal) {
  if (journal.records.empty()) return "it was ended before it had begun";
  const JournalRecord& last = journal.records.back();
  if (last.kind != "closed" || journal.damaged) return "";
  // It is said only where nothing was done.
  if (find(last.detail, "why") != nullptr) return text_at(last.detail, "why");
  return something_was_tried(journal) ? "" : "its journal does not say why";
}

Result partial_result(const fs::path& directory,
                      const JournalContent& journal,
                      std::string_view why = "") {
  const fs::path samples = directory / "samples";
  const bool sampled = fs::exists(samples);
  RunRecord record =
      partial_record(journal, sampled ? read_sample_file(samples) : SampleFileContent{}, why);
  record.id = directory.filename().string();
  if (sampled) note_samples(record, samples);
  return judge(record);
}

JournalContent journal_of(const fs::path& directory) {
  const auto text = read_file_if_exists(directory / "journal");
  return text ? parse_journal(*text) : JournalContent{};
}

}  // namespace

fs::path signing_key_file() {
  return muster_home() / "signing-key.pem";
}

std::string keep_result(Store& store, const fs::path& directory, Result& result) {
  std::string complaint;
  try {
    put_against_earlier(result, store.history().runs(result.run.drill, kLookedBack));
  } catch (const Error& error) {
    complaint = fmt::format("it is not held against earlier runs: {}", error.what());
  }
  const SignedResult kept = write_result(directory, result);
  try {
    remember(store, result, kept);
  } catch (const Error& error) {
    complaint = fmt::format("the run is not in the history: {}", error.what());
  }
  return complaint;
}

void note_samples(RunRecord& record, const fs::path& samples) {
  const std::string bytes = read_file(samples, kLargestSamples);
  record.sample_bytes = bytes.size();
  record.sample_digest = sha256(bytes);
}

bool something_was_tried(const fs::path& directory) {
  return something_was_tried(journal_of(directory));
}

Result result_of_broken_off(const fs::path& directory, const std::string& why) {
  return partial_result(directory, journal_of(directory), why);
}

std::optional<Result> kept_result(const fs::path& directory) {
  const auto text = read_file_if_exists(directory / "result.json");
  if (!text) return std::nullopt;
  const json::value value = parse_json(*text, "result.json");
  if (!value.is_object()) fail("{} is no result", (directory / "result.json").string());
  return result_from_json(value.get_object());
}

Result result_of_run(const fs::path& directory) {
  if (auto kept = kept_result(directory)) return *std::move(kept);
  const std::string id = directory.filename().string();
  const JournalContent journal = journal_of(directory);
  if (trace_journal(journal).running())
    fail("run {} is still running; it has a report when it has ended", id);
  if (const std::string why = refusal_in(journal); !why.empty())
    fail("run {} has no result, nothing was drilled: {}", id, why);
  return partial_result(directory, journal);
}

bool keep_result_of_killed(Store& store, const fs::path& directory) {
  const std::optional<Result> kept = kept_result(directory);
  if (kept && partial_clause(*kept) == nullptr) {
    const bool known = store.history().run(kept->run.id).has_value();
    if (!known) remember(store, *kept, kept_signed(directory));
    return !known;
  }
  const JournalContent journal = journal_of(directory);
  if (!refusal_in(journal).empty()) return false;
  Result result = partial_result(directory, journal);
  const std::string complaint = keep_result(store, directory, result);
  if (!complaint.empty()) fail("{}", complaint);
  return true;
}

}  // namespace muster
