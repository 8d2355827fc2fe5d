#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/history/history_run.h"
#include "reports/result.h"

namespace muster {

/// One metric of all of a run, of one probe, in two runs; at least one of them has it.
struct ComparedMetric {
  const Result::Metric* before = nullptr;
  const Result::Metric* after = nullptr;
  std::optional<double> change;  ///< after - before, where both have a value that was reached
  bool worse = false;            ///< the change is to the bad side
  /// The intervals of the two measurements do not touch: the two drills did differ. Whether the
  /// system did is another question, which two drills cannot answer (docs/regression.md).
  bool beyond_accuracy = false;

  const Result::Metric& any() const { return after != nullptr ? *after : *before; }
};

/// Two runs side by side. Points into the results, which must outlive it.
struct Comparison {
  const Result& before;
  const Result& after;
  /// In words, what keeps them from being held against each other: another drill, another
  /// environment, other playbooks; nothing where both measured the same.
  std::vector<std::string> unlike;
  std::vector<ComparedMetric> metrics;
  /// Config and build that differ; nothing: what one of them ran on is not known.
  std::optional<std::vector<Result::SettingChange>> settings;
};

Comparison compare(const Result& before, const Result& after);

/// For a terminal: verdicts, every metric with its difference, and what of the environment differs.
/// Says so first where the runs do not measure the same thing.
std::string render_comparison(const Comparison& comparison);
/// The same as one HTML file, with both failures over time.
std::string render_comparison_page(const Comparison& comparison);

}  // namespace muster
