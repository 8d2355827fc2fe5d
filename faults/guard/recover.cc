#include "faults/guard/recover.h"

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>

#include "faults/guard/control.h"
#include "faults/guard/operations.h"
#include "faults/guard/policy.h"
#include "faults/guard/serve.h"
#include "faults/guard/undoing.h"

namespace muster::guard {

namespace {

constexpr std::int64_t kLookEvery = 20 * kMillisecond;
constexpr std::int64_t kMargin = 5 * kSecond;

/// Who undoes after a dead guard.
struct Undoer {
  Stage clean;        ///< what it calls success
  const char* cause;  ///< for the record
};

constexpr Undoer kRecovery{Stage::Clean, "recovered"};

Outcome seen(Stage stage, const std::string& evidence) {
  return nothing_undone(stage, kRecovery.cause, evidence);
}

Outcome seen_before(const FoundRecord& found) {
  return seen(found.stage, "undone before: " + found.detail);
}

/// A guard that is alive undoes by itself when it is told to; only when it has ended may another do
/// it.
std::optional<ResourceLock> wait_for_lock(const Store& store,
                                          const Order& order,
                                          std::string& holder) {
  const PlainChange& change = order.change;
  const std::int64_t until =
      boottime_now() + change.apply.timeout + change.undo.timeout + change.undone_within + kMargin;
  bool told = false;
  for (;;) {
    if (auto lock = ResourceLock::take(store, order, holder)) return lock;
    const auto found = find_record(store.record_path(order.run_id, change));
    if (found && found->clean()) return std::nullopt;  // the resource is another change's by now
    if (!told && found && found->facts) HeldProcess(found->facts->guard).signal(SIGTERM);
    told = told || found.has_value();
    if (boottime_now() >= until) return std::nullopt;
    sleep_for(kLookEvery);
  }
}

/// What a killed guard had started to apply may still run: its effect must not come after our undo.
void wait_for_apply(const FoundRecord& found) {
  const PlainOperation& apply = found.facts->change.apply;
  if (found.stage != Stage::Injecting && apply.kind != "holder") return;
  const Descriptor file(::open(found.path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::int64_t until = boottime_now() + apply.timeout;
  while (file.open() && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && boottime_now() < until)
    sleep_for(kLookEvery);
}

bool is_of_earlier_boot(const Facts& facts) {
  return !facts.guard.boot_id.empty() && facts.guard.boot_id != boot_id();
}

Outcome undo_from(const Facts& facts, Record record, const Undoer& undoer) {
  Operations operations(facts, Operations::Need::Undo);
  // What ended with its boot is only looked at: whatever it was done to is not there any more.
  if (is_of_earlier_boot(facts) && operations.observes_undo()) {
    const Seen look = operations.verify_undone(facts.change.undone_within);
    if (look.answer == Answer::Yes) {
      record.append(undoer.clean, "ended with an earlier boot");
      return seen(undoer.clean, std::string("ended with an earlier boot: ") + look.text.c_str());
    }
  }
  return undo_and_observe(
      operations, record, facts.change.undone_within, undoer.clean, undoer.cause);
}

/// A full disk must not keep an undo from being done: it then leaves no record.
Record create_if_there_is_room(const std::string& path, const Facts& facts) {
  try {
    return Record::create(path, facts);
  } catch (const GuardError&) {
    return {};
  }
}

/// No record: by I1 nothing was applied here, unless the guard's directory was lost. What can be
/// undone without the facts of arming is undone all the same; for the rest the target is only
/// looked at.
Outcome undo_without_record(const Store& store, const Order& order) {
  Facts facts{order, {}, {}, {}};
  const PlainChange& change = order.change;
  const bool needs_facts = change.undo.kind == "signal" || change.undo.kind == "file";
  if (!needs_facts) {
    // A record holds what was allowed when it was armed; this is the word of whoever is on the
    // line.
    Policy::of_this_host(change.kind).check(change);
    Record record = create_if_there_is_room(store.record_path(order.run_id, change), facts);
    return undo_from(facts, std::move(record), kRecovery);
  }
  if (change.undo.kind == "file") {
    facts.file = ReplacedFile::snapshot_of(change.apply.args.at(0));
    const bool ours = facts.file.existed && facts.file.content == change.apply.input;
    if (!ours)
      return seen(Stage::Clean, "no record of it here, and the file is not what it would write");
    return seen(Stage::Unknown,
                "no record of it here: what " + facts.file.path + " held before is lost");
  }
  try {
    facts.process = identity_of(change.process);
  } catch (const NoSuchProcess& error) {
    return seen(Stage::TargetGone, error.what());
  }
  if (HeldProcess(facts.process).state() != 'T')
    return seen(Stage::Clean, "no record of it here, and the process is not stopped");
  return seen(
      Stage::Unknown,
      "process " + std::to_string(facts.process.pid) + " is stopped, but no record says by whom");
}

/// Under the lock.
Outcome undo_recorded(const Store& store, const Order& order, const Undoer& undoer = kRecovery) {
  const auto found = find_record(store.record_path(order.run_id, order.change));
  if (!found || !found->facts) return undo_without_record(store, order);
  if (found->clean()) return seen_before(*found);
  Record record = Record::open(found->path, found->good);
  if (found->stage == Stage::Armed && !found->corrupt) {
    record.append(undoer.clean, "never applied");
    return seen(undoer.clean, "it had not been applied");
  }
  wait_for_apply(*found);
  return undo_from(*found->facts, std::move(record), undoer);
}

void keep_older_runs_out(ResourceLock& lock, std::int64_t epoch) {
  try {
    lock.raise_epoch(epoch);
  } catch (const GuardError&) {
    // The undo stands. A higher epoch was seen already, or the disk is full: then an older run
    // finds no room for its record either.
  }
}

Outcome recover_change(const Store& store, const Order& order) {
  try {
    std::string holder;
    auto lock = wait_for_lock(store, order, holder);
    const auto found = find_record(store.record_path(order.run_id, order.change));
    if (!lock && found && found->clean()) return seen_before(*found);
    if (!lock) return seen(Stage::Unknown, "its resource is still held by " + holder);
    // By I7 nobody has been here since: such an undo waits neither until the wall clock is right
    // nor until the disk has room.
    const bool is_ours = found && found->facts;
    if (!is_ours) lock->raise_epoch(order.epoch);
    const Outcome outcome = undo_recorded(store, order);
    if (is_ours) keep_older_runs_out(*lock, order.epoch);
    return outcome;
  } catch (const std::exception& error) {
    return seen(Stage::Unknown, error.what());
  }
}

std::string one_line(const FoundRecord& found,
                     const std::string& guard,
                     const std::string& detail) {
  if (!found.facts) return "unreadable\t" + guard + "\t" + found.path;
  const PlainChange& change = found.facts->change;
  std::string line = found.corrupt ? "corrupt" : name_of(found.stage);
  for (const std::string& part :
       {guard, found.facts->run_id, change.id, change.place, change.resource, detail}) {
    Line inert;
    inert.assign(part);
    line += std::string("\t") + inert.c_str();
  }
  return line;
}

/// False where the record stays unclean though its guard is dead.
bool sweep_record(const Store& store, const FoundRecord& found) {
  if (!found.facts) {
    std::puts(one_line(found, "-", "").c_str());
    return false;
  }
  std::string holder;
  auto lock = ResourceLock::take(store, *found.facts, holder);
  if (!lock) {
    std::puts(one_line(found, "alive", "left to its guard").c_str());
    return true;
  }
  const Outcome outcome = undo_recorded(store, *found.facts);
  const auto after = find_record(found.path);
  std::puts(one_line(after.value_or(found), "dead", outcome.evidence.c_str()).c_str());
  return after && after->clean();
}

}  // namespace

void undo_after_guard(const Store& store, const Order& order, const char* cause) {
  std::string holder;
  const auto lock = wait_for_lock(store, order, holder);
  if (lock) undo_recorded(store, order, {Stage::CleanByGuard, cause});
}

int recover(const std::string& directory, std::optional<Frame> first) {
  Control control;
  try {
    const Order order = read_order(std::move(first), FrameType::Recover);
    const Store store(directory);
    Outcome outcome = recover_change(store, order);
    if (const std::string why = store.distrust(); !why.empty())
      outcome.evidence.assign(std::string(outcome.evidence.c_str()) + "; " + why);
    control.send(undone_frame(outcome).bytes());
    return is_clean(outcome.stage) ? kExitClean : kExitNotClean;
  } catch (const std::runtime_error& error) {
    control.send({FrameType::Refused, {error.what()}});
    return kExitRefused;
  }
}

int sweep(const std::string& directory) {
  const Store store(directory);
  if (const std::string why = store.distrust(); !why.empty())
    std::fprintf(stderr, "muster-guard: %s; its records are swept all the same\n", why.c_str());
  bool clean = true;
  for (const std::string& path : store.record_paths()) {
    const auto found = find_record(path);
    if (!found || found->clean()) continue;
    try {
      clean = sweep_record(store, *found) && clean;
    } catch (const std::exception& error) {
      std::puts(one_line(*found, "dead", error.what()).c_str());
      clean = false;
    }
  }
  return clean ? kExitClean : kExitNotClean;
}

int list(const std::string& directory) {
  const Store store(directory);
  for (const std::string& path : store.record_paths()) {
    const auto found = find_record(path);
    if (!found) continue;
    const bool alive = found->facts && !HeldProcess(found->facts->guard).gone();
    std::puts(
        one_line(*found, alive ? "alive" : "dead", found->facts ? found->facts->change.what : "")
            .c_str());
  }
  return kExitClean;
}

}  // namespace muster::guard
