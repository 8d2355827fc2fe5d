#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reports/live.h"
#include "reports/run_record.h"

namespace muster {

/// The drill as it is right now, for a view that redraws.
struct Snapshot {
  std::string drill;
  std::string run_id;
  std::string step;  ///< what is being done: "await failover of readers, 12 s of 60 s"
  Time now;
  Time started;
  std::optional<Time> injected;
  std::vector<std::string> in_force;  ///< changes, one line each
  std::vector<LiveRow> rows;
};

/// Told what happens while a drill runs. Must not block and must not throw.
class Observer {
 public:
  virtual ~Observer() = default;
  /// `at` counts from the start of the run.
  virtual void event(const EventRecord& event, Duration at) = 0;
  /// Four times a second.
  virtual void tick(const Snapshot& now) = 0;
  /// Before anything else is printed: a live view leaves the screen as it found it.
  virtual void finished() = 0;
};

/// One line an event and a heartbeat every 10 s; for pipes and CI.
std::unique_ptr<Observer> make_plain_observer();
/// One JSON object a line.
std::unique_ptr<Observer> make_json_observer();
/// Redraws in place on a terminal of at least 80 x 24; keys are the signals the terminal sends.
std::unique_ptr<Observer> make_live_view();
/// The live view on a terminal, else plain lines; `json` for programs.
std::unique_ptr<Observer> make_observer(bool json, bool plain);

}  // namespace muster
