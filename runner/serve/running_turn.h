#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/host.h"
#include "runner/serve/turn.h"

namespace muster {

/// What became of the process that ran a turn.
struct TurnOutcome {
  int exit_code = 0;     ///< of `muster turn`; 128 + signal where one ended it
  std::string status;    ///< of the verdict; "" where it gave none
  std::string headline;  ///< of the verdict
  std::string errors;    ///< what it said on stderr, at most a few lines
};

/// One line of `muster turn`, which is one of `muster run --json`.
struct TurnLine {
  std::string text_json;  ///< as it came
  Duration at{};          ///< from the start of the run
  std::string kind;
  std::string source;
  std::string text;
};

/// One turn that this server runs, in a process of its own: what it measures is not disturbed by
/// whoever asks the server meanwhile, and it undoes everything by itself where the server dies.
class RunningTurn {
 public:
  RunningTurn(TurnOrder order, std::string drill, UtcTime began);

  /// Runs the process to its end. Throws Error where it could not be started.
  Task<TurnOutcome> run(Host& here, std::string settings_file);
  /// Asks it to undo everything and end; it takes as long as the undo takes.
  Task<> stop(std::string reason);

  const TurnOrder& order() const { return order_; }
  const std::string& drill() const { return drill_; }
  UtcTime began() const { return began_; }
  /// Id of its run, once it has one.
  const std::string& run_id() const { return run_id_; }
  /// The step it is at, and the faults in force, as it last said.
  const std::string& step() const { return step_; }
  const std::vector<std::string>& in_force() const { return in_force_; }
  bool ended() const { return ended_; }

  /// What it said from line `from` on; the oldest are dropped after `kLinesKept`. Progress of every
  /// second is not kept, but for the newest.
  std::vector<TurnLine> lines_from(std::uint64_t from) const;
  std::uint64_t lines_said() const { return first_ + lines_.size(); }
  const std::string& progress() const { return progress_; }

  static constexpr std::size_t kLinesKept = 2000;
  static constexpr std::size_t kLongestLine = 1U << 20U;  ///< a longer one is dropped

 private:
  void take_line(const std::string& line);
  void take_result(const json::object& result);
  void keep(TurnLine line);

  TurnOrder order_;
  std::string drill_;
  UtcTime began_;
  std::string run_id_;
  std::string step_;
  std::string progress_;
  std::vector<std::string> in_force_;
  std::deque<TurnLine> lines_;
  std::uint64_t first_ = 0;
  std::string stop_reason_;  ///< asked for, perhaps before there was a process to tell
  bool ended_ = false;
  TurnOutcome outcome_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace muster
