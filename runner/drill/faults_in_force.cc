#include "runner/drill/faults_in_force.h"

#include <set>

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/text.h"
#include "runner/record/run_store.h"

namespace muster {

namespace asio = boost::asio;

struct FaultsInForce::Entry {
  std::size_t action = 0;        ///< index into record.actions
  std::unique_ptr<Guard> guard;  ///< nullptr until armed
  bool undoing = false;          ///< asked to undo: its guard ends as it should
  bool closed = false;           ///< undone, which is journalled
};

FaultsInForce::FaultsInForce(Clock& clock,
                             Guards& guards,
                             Journal& journal,
                             RunRecord& record,
                             std::function<void(std::string)> on_lost,
                             std::function<void(EventRecord)> on_event)
    : clock_(clock),
      guards_(guards),
      journal_(journal),
      record_(record),
      on_lost_(std::move(on_lost)),
      on_event_(std::move(on_event)) {}

FaultsInForce::~FaultsInForce() = default;

Task<> FaultsInForce::inject(const PlannedInject& planned) {
  auto executor = co_await asio::this_coro::executor;
  if (!watchers_) watchers_ = std::make_unique<TaskGroup>(executor);
  std::vector<Entry*> mine;
  std::set<int> orders;
  for (const Change& change : planned.plan.changes) {
    record_.actions.push_back({planned.step, planned.fault, change, {}, {}, ""});
    entries_.push_back(std::make_unique<Entry>());
    entries_.back()->action = record_.actions.size() - 1;
    mine.push_back(entries_.back().get());
    orders.insert(change.order);
    journal_.append("intent", change_record(change), true);
  }
  TaskGroup arming(executor);
  for (Entry* entry : mine) arming.spawn(arm(*entry));
  co_await arming.join();
  for (const int order : orders) {
    TaskGroup injecting(executor);
    for (Entry* entry : mine) {
      if (action(*entry).change.order == order) injecting.spawn(bring_in_force(*entry));
    }
    co_await injecting.join();
  }
  for (Entry* entry : mine) watchers_->spawn(watch(*entry));
}

Task<> FaultsInForce::arm(Entry& entry) {
  Change change = action(entry).change;
  try {
    entry.guard = co_await guards_.arm(std::move(change));
  } catch (const Error& error) {
    action(entry).error = error.what();
    throw;
  }
}

Task<> FaultsInForce::bring_in_force(Entry& entry) {
  Applied applied;
  try {
    applied = co_await entry.guard->inject();
  } catch (const Error& error) {
    action(entry).error = error.what();
    throw;
  }
  action(entry).applied = applied;
  journal_.append("applied", applied_record(action(entry).change, applied), false);
  // One that changes nothing is there for its undo.
  if (action(entry).change.apply.empty()) co_return;
  tell("fault", action(entry).change.host, action(entry).change.what, entry);
}

Task<> FaultsInForce::watch(Entry& entry) {
  const Undone undone = co_await entry.guard->lost();
  if (entry.undoing || entry.closed) co_return;
  // Where nobody could say how the target is, the undo of everything asks again: a second guard, or
  // the end of the lease, may have undone it by then.
  if (undone.clean()) {
    entry.closed = true;
    action(entry).undone = undone;
    journal_outcome(entry);
  }
  const std::string text = fmt::format("{}: ended before its time ({}): {}",
                                       action(entry).change.what,
                                       name_of(undone.state),
                                       undone.evidence);
  tell("rollback", action(entry).change.host, text, entry);
  on_lost_(text);
}

Task<> FaultsInForce::undo(std::string step) {
  std::string name = step;
  co_await undo_step(std::move(name));
  for (const auto& entry : entries_) {
    const ActionRecord& each = action(*entry);
    if (each.step != step || entry->closed || !each.undone) continue;
    on_lost_(fmt::format("{}: could not be undone ({}): {}",
                         each.change.what,
                         name_of(each.undone->state),
                         each.undone->evidence));
  }
}

Task<> FaultsInForce::undo_step(std::string step) {
  std::vector<Entry*> mine;
  for (const auto& entry : entries_) {
    if (action(*entry).step == step && !entry->closed) mine.push_back(entry.get());
  }
  co_await undo_entries(std::move(mine));
}

Task<> FaultsInForce::undo_all() {
  std::vector<std::string> steps;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    const std::string& step = action(**entry).step;
    if (std::find(steps.begin(), steps.end(), step) == steps.end()) steps.push_back(step);
  }
  // Begun newest first, but none waits until another was seen gone: fifty faults must not stay in
  // force fifty times as long.
  auto executor = co_await asio::this_coro::executor;
  TaskGroup undoing(executor);
  for (const std::string& step : steps) undoing.spawn(undo_step(step));
  co_await undoing.join();
  if (watchers_) co_await watchers_->stop();
}

Task<> FaultsInForce::undo_entries(std::vector<Entry*> entries) {
  auto executor = co_await asio::this_coro::executor;
  std::set<int, std::greater<>> orders;
  for (const Entry* entry : entries) orders.insert(action(*entry).change.order);
  for (const int order : orders) {
    TaskGroup undoing(executor);
    for (Entry* entry : entries) {
      if (action(*entry).change.order == order) undoing.spawn(put_back(*entry));
    }
    co_await undoing.join();
  }
}

Task<> FaultsInForce::put_back(Entry& entry) {
  entry.undoing = true;
  Undone undone;
  if (entry.guard) {
    undone = co_await entry.guard->undo();
  } else {
    // The guard never answered ARMED, so it was never told to inject, and its input is closed.
    undone.state = Undone::State::Clean;
    undone.began = undone.ended = undone.observed = clock_.now();
    undone.evidence = "never armed";
  }
  if (entry.closed) co_return;
  entry.closed = undone.clean();
  action(entry).undone = undone;
  journal_outcome(entry);
  const std::string& what = action(entry).change.what;
  const bool stays = action(entry).change.undo_class == UndoClass::Irreversible;
  tell("rollback",
       action(entry).change.host,
       undone.clean()
           ? (stays ? "left as it is, as was accepted: " : "undone: ") + what
           : fmt::format("NOT UNDONE ({}): {}: {}", name_of(undone.state), what, undone.evidence),
       entry);
}

void FaultsInForce::journal_outcome(const Entry& entry) {
  // The undo came first and its record second: a full disk must not keep another fault in force.
  const ActionRecord& done = action(entry);
  try {
    journal_.append("undone", undone_record(done.change, *done.undone), true);
  } catch (const Error& error) {
    on_lost_(error.what());
  }
}

std::vector<std::string> FaultsInForce::in_force() const {
  std::vector<std::string> lines;
  for (const auto& entry : entries_) {
    const ActionRecord& each = record_.actions[entry->action];
    const bool over = entry->closed && each.undone && each.undone->clean();
    if (!over && (each.applied || entry->guard)) lines.push_back(described(each.change));
  }
  return lines;
}

ActionRecord& FaultsInForce::action(const Entry& entry) {
  return record_.actions[entry.action];
}

void FaultsInForce::tell(std::string kind,
                         std::string source,
                         std::string text,
                         const Entry& entry) {
  on_event_({clock_.now(),
             std::move(kind),
             std::move(source),
             printable(text),
             "action:" + action(entry).change.id});
}

}  // namespace muster
