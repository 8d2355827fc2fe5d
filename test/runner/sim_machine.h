#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "faults/guard/protocol.h"
#include "test/runner/sim_line.h"
#include "test/runner/sim_world.h"

namespace muster {

/// One thing that is wrong with a simulated world, so that its oracle has something to notice.
enum class SimDefect {
  None,
  DiskForgets,             ///< an fsync says that it worked and did nothing
  GuardIgnoresEnd,         ///< of its input
  GuardIgnoresLease,       ///< silence is nothing to it
  GuardIgnoresDeadline,    ///< heartbeats keep it for ever
  SecondGuardSleeps,       ///< it does nothing when the first is killed
  UndoTakesFromOthers,     ///< it does not compare before it restores
  UndoIsNotLookedAt,       ///< clean without a look
  ApplyOutlivesItsRecord,  ///< nobody waits for what a killed guard had started
  RecoverySkipsAChange,    ///< the newest of those that are open
};

/// What goes wrong in one world; probabilities are of each guard, line or operation.
struct SimStorm {
  double line_cut = 0;
  double bad_line = 0;  ///< loses, repeats and damages frames
  double unreachable = 0;
  double guard_killed = 0;
  double second_killed = 0;
  double both_killed = 0;  ///< in the same moment
  double guard_stopped = 0;
  double recovery_killed = 0;
  double refused = 0;
  double apply_fails = 0;
  double undo_fails = 0;  ///< each try
  double stranger = 0;    ///< takes the resource while the change is in force
  Duration slowest = std::chrono::milliseconds(20);
};

/// How often what happened, over all worlds: a trouble that never comes proves nothing.
using SimCounts = std::map<std::string, std::uint64_t>;

struct SimKilled {};

/// A process of the target: a guard, its second, a recovery, a program that applies.
struct SimProcess {
  std::string name;
  SimClock::Bell bell;
  bool alive = true;
  bool asked_to_end = false;  ///< TERM
  std::optional<Time> killed_at;
  std::optional<Time> stopped_at;  ///< SIGSTOP
  Time goes_on_at;
  SimProcess* watcher = nullptr;  ///< hears of its end at once
  std::string locked;             ///< resource
};

enum class SimStage { Armed, Injecting, Active, Undoing, Clean, CleanByGuard, Conflict, Unknown };
std::string_view name_of(SimStage stage);
bool is_clean(SimStage stage);

/// The guard's durable memory of one change.
struct SimRecord {
  Order order;
  SimStage stage = SimStage::Armed;
  SimProcess* guard = nullptr;
  SimProcess* applying = nullptr;  ///< holds the lock on the record while it lives
};

/// What may be said of the time a change is in force.
struct SimLimits {
  std::optional<Time> armed;
  Duration deadline{};
  Duration lease{};
  Time heard;  ///< last heartbeat, or the order to inject
  std::optional<Time> end_of_input;
  std::optional<Time> first_killed;
  std::optional<Time> second_killed;
  bool hampered = false;  ///< stopped, or its undo failed: no bound is promised
};

/// The machine the faults are on: what is in force there, locks, records and processes. It outlives
/// every runner, and judges whatever is done to it.
class SimMachine {
 public:
  SimMachine(SimClock& clock,
             boost::asio::io_context& loop,
             SimSystem& system,
             SimCounts& counts,
             std::uint64_t seed,
             SimStorm storm,
             SimDefect defect);
  SimMachine(const SimMachine&) = delete;
  SimMachine& operator=(const SimMachine&) = delete;

  /// Until `until`, or anything happens to `self`. Throws SimKilled where that is its end.
  Task<> wait(SimProcess& self, Time until);
  /// The whole time, whatever rings.
  Task<> spend(SimProcess& self, Duration length);
  /// Runs `work` as the body of `process`.
  void run(SimProcess& process, Task<> work);
  SimProcess& new_process(std::string name);
  void kill(SimProcess& process);

  // What is done to the system under test.
  void apply(const PlainChange& change);
  enum class Undo { Done, Failed, Conflict };
  Undo undo(const PlainChange& change);
  bool in_force(const PlainChange& change) const;
  void stranger_takes(const std::string& resource);
  void strangers_leave();
  void let_all_go_on();  ///< SIGCONT

  // What the runner's journal says, once it is durable.
  void intended(const std::string& change) { intended_.insert(change); }
  void called_clean(const std::string& change);
  void called_closed(bool with_reason);

  SimLimits& limits(const std::string& change) { return limits_[change]; }
  SimRecord* record(const Order& order);
  bool take_lock(SimProcess& process, const std::string& resource);
  bool happens(double probability) { return random.unit() < probability; }
  Duration some(Duration most);
  void broken(std::string rule);
  void note(std::string text);

  SimClock& clock;
  boost::asio::io_context& loop;
  SimSystem& system;
  SimCounts& counts;
  Random random;
  SimStorm storm;
  SimDefect defect;
  std::map<std::string, SimRecord> records;  ///< by change
  std::map<std::string, std::int64_t> epochs;
  std::string log;

 private:
  Task<> live(SimProcess& process, Task<> work);
  void ended(SimProcess& process);
  void check_limits(const std::string& change);
  void taken_back(const std::string& change);

  std::list<SimProcess> processes_;
  std::map<std::string, SimProcess*> locks_;
  std::map<std::string, std::string> holders_;  ///< of resources: a change, or a stranger
  std::map<std::string, SimLimits> limits_;
  std::set<std::string> intended_;
  std::set<std::string> called_clean_;
};

/// Serves one connection as muster-guard does: `serve` or `recover`.
void start_guard(SimMachine& machine, const std::string& command, std::shared_ptr<SimLine> line);

/// The one host of the simulated stack, as its runners reach it.
class SimTarget final : public Hosts, private Host {
 public:
  SimTarget(SimMachine& machine, SimRunnerLife& runner) : machine_(machine), runner_(runner) {}
  Host& host(std::string_view) override { return *this; }

 private:
  const std::string& name() const override { return name_; }
  std::string reach() const override { return "simulated"; }
  Task<CommandResult> try_run(Command command) override;
  Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) override;
  Task<std::unique_ptr<Channel>> open_guard(std::string command) override;

  SimMachine& machine_;
  SimRunnerLife& runner_;
  std::string name_ = "here";
};

}  // namespace muster
