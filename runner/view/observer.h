#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/tasks.h"
#include "reports/live/live.h"
#include "reports/live/milestones.h"
#include "reports/measure/run_record.h"

namespace muster {

/// What does not change while a run goes on.
struct RunHead {
  std::string drill;
  std::string stack;
  std::string environment;
  std::string run_id;
  std::int64_t number = 0;
  int trial = 1;
  int trials = 1;
  std::uint64_t seed = 0;
  UtcTime started_utc;  ///< the wall clock at `started`
  Time started;

  UtcTime utc(Time at) const {
    return started_utc + std::chrono::duration_cast<std::chrono::microseconds>(at - started);
  }
};

/// A `stop_if`, and how near it is.
struct StopLimit {
  std::string text;
  std::string now;                ///< the metric's value in words, or ""
  bool breached = false;          ///< beyond its bound at this moment
  std::optional<Duration> since;  ///< for how long without a break
};

/// The drill as it is right now, for a view that redraws.
struct Snapshot {
  std::string step;  ///< what is being done: "await failover of readers, 12 s of 60 s"
  Time now;
  std::optional<Time> injected;
  std::vector<std::string> in_force;  ///< changes, one line each
  std::vector<LiveRow> rows;
  std::vector<LiveMilestone> milestones;
  LiveWrites writes;
  LiveLag lag;
  std::vector<StopLimit> stop_limits;
  std::string stopping;  ///< why everything is being undone before its time, or ""
};

/// Told what happens while a drill runs. Must not block and must not throw.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Before anything else, once.
  virtual void begin(const RunHead&) {}
  /// `at` counts from the start of the run.
  virtual void event(const EventRecord& event, Duration at) = 0;
  /// A milestone that was reached; comes before an event that says the same.
  virtual void milestone(const LiveMilestone&) {}
  /// Four times a second, and once at the end of the measurement.
  virtual void tick(const Snapshot& now) = 0;
  /// Something for whoever sits there, and not for the record: usually on stderr.
  virtual void notice(const std::string& line);
  /// From now on keys may be pressed: `abort` ends the run and undoes everything.
  virtual void take_keys(boost::asio::any_io_executor, std::function<void()> /*abort*/) {}
  /// Whether it puts questions to a person itself, by `ask`.
  virtual bool asks() const { return false; }
  virtual Task<bool> ask(std::string question);
  /// Before anything else is printed: a live view leaves the screen as it found it.
  virtual void finished() = 0;
};

/// One line an event and a heartbeat every 10 s; for pipes and CI.
std::unique_ptr<Observer> make_plain_observer();
/// One JSON object a line; with `progress` also how far the drill is, once a second.
std::unique_ptr<Observer> make_json_observer(bool progress = false);
/// Redraws in place on a terminal of at least 80 x 24, and goes on in plain lines while it is
/// smaller; nullptr where stdout is no terminal that it could have for itself.
std::unique_ptr<Observer> make_live_view();
/// The live view on a terminal, else plain lines; `json` for programs.
std::unique_ptr<Observer> make_observer(bool json, bool plain);

}  // namespace muster
