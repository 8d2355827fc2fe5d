#include "runner/record/stack_hold.h"

#include <filesystem>

#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "drills/values.h"
#include "runner/record/run_store.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "stack:";

std::string this_server() {
  char name[256] = {};
  const bool known = ::gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0';
  return fmt::format("{}:{}", known ? name : "localhost", muster_home().string());
}

/// Ids and names of drills hold no blank; a server's home may.
std::string written(const StackHolder& holder) {
  return fmt::format("{} {} {}", holder.run, holder.drill, holder.server);
}

/// What nobody here has written is a holder all the same, of an unknown run.
StackHolder holder_in(const std::string& text) {
  const std::size_t first = text.find(' ');
  const std::size_t second = first == std::string::npos ? first : text.find(' ', first + 1);
  if (second == std::string::npos || !is_run_id(text.substr(0, first))) return {"?", "?", text};
  return {
      text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

/// Whether the run's directory is in this home, or nobody can tell.
bool is_here(const SeenHold& hold) {
  std::error_code problem;
  return fs::exists(runs_directory() / hold.by.run, problem) || problem;
}

/// Of this home, by its run or by its name.
bool may_be_ours(const SeenHold& hold) {
  if (!is_run_id(hold.by.run) || !is_name(hold.stack)) return false;
  return hold.by.server == this_server() || is_here(hold);
}

/// To be asked by whoever has the home's lock of that stack: a run that begins now has it first.
void let_go_if_recovered(Store& store, const SeenHold& hold, LettingGo& outcome) {
  if (!is_here(hold)) {
    outcome.lines.push_back(fmt::format(
        "{} holds the stack {}, and nothing of that run is here: another home may have this name, "
        "or the run was deleted; where it is gone for good, look at its targets, then `muster "
        "recover --give-up {} --reason TEXT`",
        hold.by.text(),
        hold.stack,
        hold.by.run));
    return;
  }
  const RunTrace trace = trace_as_far_as_readable(hold.by.run);
  if (!trace.unreadable.empty()) {
    outcome.lines.push_back(fmt::format("{} keeps the stack {}", trace.text(), hold.stack));
    outcome.is_complete = false;
    return;
  }
  if (trace.running() || trace.needs_recovery()) return;
  store.release(hold.lease);
  outcome.lines.push_back(
      fmt::format("run {} of {} let go of the stack {}", hold.by.run, hold.by.drill, hold.stack));
}

/// The home's lock of its stack. Nothing where a run of this home is on it, or where that cannot be
/// told, which `outcome` then says.
std::unique_ptr<StackLock> lock_for(const SeenHold& hold, LettingGo& outcome) {
  try {
    return std::make_unique<StackLock>(hold.stack, hold.by.run);
  } catch (const Refused&) {
  } catch (const Error& error) {
    outcome.lines.push_back(
        fmt::format("{} keeps the stack {}: {}", hold.by.text(), hold.stack, error.what()));
    outcome.is_complete = false;
  }
  return nullptr;
}

}  // namespace

std::string StackHolder::text() const {
  return fmt::format("run {} of {} on {}", run, printable(drill, 64), printable(server, 200));
}

StackHolder holder_here(const std::string& run, const std::string& drill) {
  return {run, drill, this_server()};
}

std::vector<SeenHold> stack_holds(Store& store) {
  std::vector<SeenHold> holds;
  for (const TakenLease& each : store.leases(std::string(kPrefix)))
    holds.push_back({each.lease.name.substr(kPrefix.size()),
                     holder_in(each.lease.holder),
                     each.is_over(),
                     each.left > kUntilRecovered / 2,
                     each.lease});
  return holds;
}

StackHold::StackHold(Store& store, Clock& clock, std::string stack, StackHolder holder)
    : store_(store),
      clock_(clock),
      stack_(std::move(stack)),
      name_(std::string(kPrefix) + stack_),
      holder_(std::move(holder)) {}

StackHold::~StackHold() {
  if (!asked_ || may_be_open(holder_.run)) return;
  try {
    let_go();
  } catch (const Error&) {
  }
}

std::string StackHold::take() {
  if (store_.host().empty()) return "";
  asked_ = true;
  safe_until_ = clock_.now() + kStackHold;
  lease_ = store_.lease(name_, written(holder_), kStackHold);
  return lease_ ? "" : why_not();
}

std::string StackHold::why_not() const {
  for (const SeenHold& each : stack_holds(store_)) {
    if (each.lease.name != name_) continue;
    return fmt::format(
        "{} holds the stack {}; wait for it or end it there with `muster stop`, or, where it was "
        "killed, undo it there with `muster recover`",
        each.by.text(),
        stack_);
  }
  return fmt::format("another run held the stack {} at this very moment; try again", stack_);
}

void StackHold::let_go() {
  if (!asked_) return;
  // By its holder: one that ran out and was prolonged has another generation by now.
  const std::string holder = written(holder_);
  for (const TakenLease& each : store_.leases(name_))
    if (each.lease.name == name_ && each.lease.holder == holder) store_.release(each.lease);
  lease_.reset();
  asked_ = false;
}

void StackHold::keep_until_recovered() {
  if (asked_ && !store_.lease(name_, written(holder_), kUntilRecovered))
    fail("the hold on the stack {} is another run's by now", stack_);
}

LettingGo let_go_of_recovered(Store& store) {
  LettingGo outcome;
  for (const SeenHold& hold : stack_holds(store)) {
    if (!may_be_ours(hold)) continue;
    if (const auto lock = lock_for(hold, outcome)) let_go_if_recovered(store, hold, outcome);
  }
  return outcome;
}

}  // namespace muster
