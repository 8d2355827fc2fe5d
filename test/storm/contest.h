#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "faults/guard/protocol.h"
#include "faults/undone_report.h"

/// Proofs in which several hands reach for one thing: what they share. Each runs inside namespaces
/// of its own, prints one line a finding and one at its end, and returns 0 where nothing was wrong.
namespace muster {

struct ContestOptions {
  int rounds = 0;  ///< 0: as many as the proof has where nobody asks for others
  std::uint64_t seed = 1;
  std::string kind;  ///< any-order: only this one
  std::string guard;
};

/// Two runners want one resource and are paused, killed and fenced out at random instants.
int two_runners(const ContestOptions& options, const std::string& root);
/// Every class of local faults is undone once or often, by whoever may, in any order.
int any_order(const ContestOptions& options, const std::string& root);
/// The target ended and its number is a stranger's before the undo.
int reused_number(const ContestOptions& options, const std::string& root);
/// Somebody else replaced what the change had made before the undo.
int changed_meanwhile(const ContestOptions& options, const std::string& root);

/// The program that the proofs start: `contest --setting FILE [VALUE]` prints or sets a value.
/// Returns -1 where `arguments` is no such thing.
int run_contest_helper(const std::vector<std::string>& arguments);

// ---- for the proofs

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }
  bool one_in(std::int64_t count) { return below(count) == 0; }
  template <class Value>
  const Value& of(const std::vector<Value>& values) {
    return values[static_cast<std::size_t>(below(static_cast<std::int64_t>(values.size())))];
  }

 private:
  std::mt19937_64 random_;
};

/// Runs `work(0)`, `work(1)` ... in a process each, side by side; the worst of what they return.
int in_workers(int count, const std::function<int(int)>& work);

/// Memory that this process and all that it forks from now on have in common; zero at first.
void* shared_memory(std::size_t bytes);

/// A `recover` of this order from its start to its end; what it said.
UndoneReport recovered(const ContestOptions& options,
                       const std::string& directory,
                       const Order& order);
/// The exit code of a `sweep`.
int swept(const ContestOptions& options, const std::string& directory);

/// The records in this directory of a guard.
std::vector<std::string> records_in(const std::string& directory);
/// The stages in a record, one after the other; only the last with its detail.
std::vector<std::string> stages_in(const std::string& record);
bool is_clean_stage(std::string_view stage);

}  // namespace muster
