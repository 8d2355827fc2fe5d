#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/host.h"
#include "base/tasks.h"
#include "faults/change.h"

namespace muster {

/// When a change took hold, on CLOCK_MONOTONIC of the target machine.
struct Applied {
  Time began;            ///< just before apply
  Time ended;            ///< apply had returned
  Time observed;         ///< verify saw it in force
  std::string evidence;  ///< what verify saw, printable
};

struct Undone {
  enum class State { Clean, CleanByGuard, TargetGone, Conflict, Unknown };
  State state = State::Unknown;
  Time began;
  Time ended;
  Time observed;                     ///< verify_undone saw it gone
  std::string evidence;              ///< what it saw, or why it is not clean
  std::vector<std::string> residue;  ///< one line per thing left behind

  bool clean() const {
    return state == State::Clean || state == State::CleanByGuard || state == State::TargetGone;
  }
};
std::string_view name_of(Undone::State state);

/// One armed change: a muster-guard process next to its target. Destroying it closes the guard's
/// input, which makes the guard undo by itself.
class Guard {
 public:
  virtual ~Guard() = default;
  virtual const Change& change() const = 0;
  /// Applies the change and waits until it was observed in force. On failure the guard has already
  /// undone it; throws Error that says so.
  virtual Task<Applied> inject() = 0;
  /// Undoes and verifies. Never throws for a failed undo: the state says it.
  virtual Task<Undone> undo() = 0;
  /// Completes when the guard undid by itself (deadline, error), died, or answered nothing for a
  /// lease; for the engine to notice. Where the state is not clean, undo() asks once more.
  virtual Task<Undone> lost() = 0;
};

/// Starts guards. The engine knows only this, so that a simulation can stand in.
class Guards {
 public:
  virtual ~Guards() = default;
  /// Starts a guard on the change's host: it takes the lock, snapshots, writes its own durable
  /// record of the undo and answers ARMED. Nothing is changed yet. `run_id` and `epoch` go into the
  /// record.
  virtual Task<std::unique_ptr<Guard>> arm(Change change) = 0;
  /// Undoes what a dead run left: on the change's host, under its lock, from the guard's own record
  /// if it is there, from `change` if not. Idempotent.
  virtual Task<Undone> recover(Change change) = 0;
};

/// The real one: runs `muster-guard` on the host. Heartbeats are sent while the guard lives.
std::unique_ptr<Guards> make_guards(Hosts& hosts, Clock& clock, std::string run_id);

}  // namespace muster
