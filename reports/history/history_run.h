#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/result.h"

namespace muster {

/// A metric of all of a run, of one probe; of none where it is about the drill.
struct HistoryMetric {
  std::string id;
  std::string probe;
  std::optional<double> value;  ///< nothing: it was not reached
  double resolution = 0;        ///< of the measurement, in the metric's unit; 0: not known
  bool judged = false;          ///< an objective is about it
  std::optional<double> budget = std::nullopt;  ///< of the objective, as it was then
  bool missed = false;                          ///< the objective was
};

/// A person's word that what this run shows is the new normal: earlier ones no longer count as
/// usual.
struct Acceptance {
  std::string run;
  UtcTime at;
  std::string who, why;
};

/// One finished run as the history keeps it.
struct HistoryRun {
  std::string id;
  std::int64_t number = 0;
  std::string drill;
  std::string environment;
  std::string stack;  ///< its name; "": not known
  std::string series_key;
  std::string environment_digest;
  UtcTime started;
  UtcTime ended;
  std::string status;  ///< pass | fail | inconclusive | aborted | interrupted | broken
  int exit_code = 0;
  std::string headline;
  std::string version;        ///< label "version" of the run, or ""
  std::string result_digest;  ///< sha256() of result.json; "": whoever wrote it did not say
  std::string trial_group;
  Result::Profile profile;
  std::vector<Result::EnvironmentItem> settings;  ///< config and build; none: not known
  std::vector<HistoryMetric> metrics;             ///< by id and probe
  std::optional<Acceptance> accepted;
};

/// What the history keeps of a result.
HistoryRun history_run_of(const Result& result);

/// nullptr where the run has no such metric.
const HistoryMetric* metric_of(const HistoryRun& run, std::string_view id, std::string_view probe);

/// What differs between the settings of two runs, by key; nothing where one of them does not say
/// its own.
std::optional<std::vector<Result::SettingChange>> settings_changed(const HistoryRun& before,
                                                                   const HistoryRun& now);

}  // namespace muster
