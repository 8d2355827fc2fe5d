#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drills/playbook.h"
#include "probes/sample.h"

namespace muster {

/// What became of the requests due within one of the equal lengths that a strip is made of.
struct LiveBin {
  std::uint32_t answered = 0;  ///< well or not
  std::uint32_t failed = 0;    ///< of these
};

/// The failing share over the whole run so far, for a picture.
struct LiveStrip {
  Time from;                      ///< where the first bin begins
  Duration bin{};                 ///< length of each
  std::span<const LiveBin> bins;  ///< oldest first; valid until the next sample is added
};

/// Writes of all ledgers so far, by what their users were told.
struct LiveWrites {
  std::uint64_t acknowledged = 0;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;  ///< nobody knows whether it happened
  bool any() const { return acknowledged + refused + unknown > 0; }
};

/// How well the probes keep their schedule, over the last seconds.
struct LiveLag {
  Duration p99{};              ///< from due to sent, at the vantage where it is worst
  std::uint64_t not_sent = 0;  ///< since the start of the run
  bool late = false;           ///< by half a period or more: the measurement would not be fair
};

/// The state of one probe at one vantage right now, for the live view.
struct LiveRow {
  std::string probe;
  std::string vantage;
  std::uint64_t requests = 0;  ///< in the window
  std::uint64_t failed = 0;
  Duration p50{};  ///< from due; Duration::max() where it falls among the failed
  Duration p99{};
  LiveStrip strip;
  std::string served_by;  ///< the region that served most of the window
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
  /// When the first request due at or after `since` failed: the instant it was due. Looks no
  /// further back than what is kept.
  virtual std::optional<Time> first_failure(std::string_view probe, Time since) const = 0;
  /// The first answer of a signal probe after `since` that it never gave before: when it was seen,
  /// and by which probe.
  virtual std::optional<std::pair<Time, std::string>> first_sign(Time since) const = 0;
  virtual std::vector<LiveRow> rows(Time now) const = 0;
  virtual LiveWrites writes() const = 0;
  virtual LiveLag lag(Time now) const = 0;
};

/// `texts` is the run's table of interned texts, which grows while the run goes on.
std::unique_ptr<LiveMetrics> make_live_metrics(const Playbook& playbook,
                                               const std::vector<std::string>& texts);

/// Whether `value` satisfies the condition's max and min (or, for stop_if, is beyond above or
/// below).
bool holds(const Condition& condition, double value);

}  // namespace muster
