#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace muster {

/// How long a hold lasts unless it is prolonged, by the store's clock: longer than a database needs
/// to start again.
constexpr Duration kStackHold = std::chrono::seconds(60);

/// A run, as all servers of a store know it.
struct StackHolder {
  std::string run;
  std::string drill;
  std::string server;  ///< "host.example:/var/lib/muster": the home that can undo it

  /// "run 01K... of drain on host.example:/var/lib/muster"
  std::string text() const;
};
StackHolder holder_here(const std::string& run, const std::string& drill);

/// Of a run that ended and could not undo everything: until `muster recover` lets go of it.
constexpr Duration kUntilRecovered = std::chrono::hours(24 * 365 * 10);

/// A hold that was not let go: its run goes on, or ended without everything being known as undone.
struct SeenHold {
  std::string stack;
  StackHolder by;
  bool is_over = false;    ///< nobody prolonged it in time
  bool is_broken = false;  ///< its run ended, and something of it may be in force
  Lease lease;
};
/// By stack; of all servers of the store. Throws Error where it cannot be asked.
std::vector<SeenHold> stack_holds(Store& store);

/// Keeps two drills off one stack over all servers that share a store: a lease with the stack's
/// name. Where the store is a file, nothing is held: there the home's own StackLock is enough.
class StackHold {
 public:
  StackHold(Store& store, Clock& clock, std::string stack, StackHolder holder);
  StackHold(const StackHold&) = delete;
  StackHold& operator=(const StackHold&) = delete;
  /// Lets go where nothing of the run is open in its home. What it cannot let go of, `muster
  /// recover` does.
  ~StackHold();

  /// Why it cannot be had; empty where it is held now, or needs not be. Throws Error where the
  /// store cannot be asked.
  std::string take();
  /// Whether it was taken, and not let go since.
  bool is_taken() const { return lease_.has_value(); }
  const std::string& stack() const { return stack_; }
  /// Of a hold that is taken.
  const Lease& lease() const { return *lease_; }
  /// Nobody else has it before that; counted from before the question was sent.
  Time safe_until() const { return safe_until_; }
  /// Once everything is undone. Throws Error where the store cannot be asked.
  void let_go();
  /// Where not everything could be undone. Throws Error where the store cannot be asked, and the
  /// hold is over when its time is; or where it is another's by now.
  void keep_until_recovered();

 private:
  std::string why_not() const;

  Store& store_;
  Clock& clock_;
  std::string stack_;
  std::string name_;  ///< of the lease
  StackHolder holder_;
  bool asked_ = false;  ///< the store may have given it, even where its answer was lost
  std::optional<Lease> lease_;
  Time safe_until_{};
};

/// What became of the holds that this home has, or that are in its name.
struct LettingGo {
  std::vector<std::string> lines;  ///< for people, one a hold
  bool is_complete = true;         ///< no hold stays because nobody can tell what its run did
};
/// Lets go of what dead runs of this home held and everything of which is undone. A run that goes
/// on, or needs `muster recover`, keeps its hold; so does one of which nothing is here, whatever
/// its server is called: two machines may have one name, and a home may have been copied. Throws
/// Error where the store cannot be asked.
LettingGo let_go_of_recovered(Store& store);

}  // namespace muster
