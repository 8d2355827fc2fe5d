#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drills/playbook.h"
#include "probes/sample.h"

namespace muster {

/// The state of one probe at one vantage right now, for the live view.
struct LiveRow {
  std::string probe;
  std::string vantage;
  std::uint64_t requests = 0;  ///< in the window
  std::uint64_t failed = 0;
  Duration p50{};  ///< from due; Duration::max() where it falls among the failed
  Duration p99{};
  std::vector<double> strip;  ///< failing share per second, oldest first, up to 60
  std::string served_by;      ///< the region that served most of the window
};

/// Metrics while the drill runs, for steady, stop_if, await and the live view. Fed with every
/// sample; keeps what the longest window needs. Uses the same definitions as the judgement
/// afterwards.
class LiveMetrics {
 public:
  virtual ~LiveMetrics() = default;
  virtual void add(std::string_view probe, std::string_view vantage, const Sample& sample) = 0;
  /// The condition's metric over its window ending at `now` (default 5 s), requests due in the
  /// window only; the worst vantage unless the condition names one. Nothing where there is no
  /// sample to say it by.
  virtual std::optional<double> value(const Condition& condition, Time now) const = 0;
  /// Since `since`, has the probe been good for its `settle` at every vantage, every request due in
  /// that window answered well and by none of `regions_out`? The start of that window then.
  /// Requests still in flight are not good yet.
  virtual std::optional<Time> settled_since(std::string_view probe,
                                            Time since,
                                            Time now,
                                            const std::vector<std::string>& regions_out) const = 0;
  virtual std::vector<LiveRow> rows(Time now) const = 0;
};

/// `texts` is the run's table of interned texts, which grows while the run goes on.
std::unique_ptr<LiveMetrics> make_live_metrics(const Playbook& playbook,
                                               const std::vector<std::string>& texts);

/// Whether `value` satisfies the condition's max and min (or, for stop_if, is beyond above or
/// below).
bool holds(const Condition& condition, double value);

}  // namespace muster
