#include "test/runner/sim_life.h"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/judge/judge.h"
#include "runner/drill/recovery.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "test/runner/sim_disk.h"
#include "test/runner/sim_run.h"

namespace muster {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

const std::string kRunId = "01KA3H6Q9T3V8Y2N5W7B4C6D8E";
constexpr Duration kLongest = std::chrono::hours(2);

constexpr std::string_view kHead = R"(muster: 1
drill: {}
title: simulated
stack: stack.yaml
probes:
  users: {{http: {{url: "http://model.test/"}}, rate: 5/s, clients: 10, settle: 2s}}
steps:
  - baseline: 1s
)";

/// `steps`: +a injects a, -a undoes it, =2 holds for two seconds, ab injects both side by side, +z
/// injects once more what a did.
std::string playbook_of(std::string_view name, const std::vector<std::string_view>& steps) {
  std::string text = fmt::format(kHead, name);
  const auto inject = [](char letter, std::string_view margin) {
    const char does = letter == 'z' ? 'a' : letter;
    return fmt::format(
        "inject: {0}\n{1}  fault: {{command: {{host: here, apply: [do, {2}], undo: [undo, {2}], "
        "verify: [see, {2}], verify_undone: [see, no, {2}], timeout: 2s, within: 2s}}}}\n",
        letter,
        margin,
        does);
  };
  for (const std::string_view step : steps) {
    if (step[0] == '+')
      text += "  - " + inject(step[1], "  ");
    else if (step[0] == '-')
      text += fmt::format("  - undo: {}\n", step[1]);
    else if (step[0] == '=')
      text += fmt::format("  - hold: {}s\n", step[1]);
    else {
      text += "  - parallel:\n";
      for (const char letter : step) text += "      - " + inject(letter, "      ");
    }
  }
  return text;
}

const Drill& drill_of(std::uint64_t which) {
  static const std::vector<Drill> kDrills = [] {
    std::vector<Drill> drills;
    drills.push_back(simulated_drill(playbook_of("one", {"+a", "=3", "-a", "=1"})));
    drills.push_back(simulated_drill(playbook_of("left", {"+a", "+b", "=4"})));
    drills.push_back(simulated_drill(playbook_of("beside", {"ab", "=2", "-a", "+c", "=2"})));
    drills.push_back(simulated_drill(playbook_of("again", {"+a", "=1", "-a", "+z", "=1", "-z"})));
    drills.push_back(simulated_drill(playbook_of("long", {"abc", "=9", "=5"})));
    return drills;
  }();
  return kDrills[which % kDrills.size()];
}

/// A loop that can end like a process: what waits in it is never told, only destroyed.
class MortalLoop : public asio::io_context {
 public:
  MortalLoop() : asio::io_context(1) {}
  void die() { shutdown(); }
};

/// When a runner ends that nobody asked to.
struct Crash {
  std::optional<Duration> after;
  std::optional<std::uint64_t> at_sync;
  std::optional<std::uint64_t> at_frame;
  bool by_power = false;
};

class SimWorld {
 public:
  SimWorld(std::uint64_t seed, const SimLife& life, SimCounts& counts)
      : random_(seed),
        life_(life),
        counts_(counts),
        clock_(loop_),
        machine_(clock_, loop_, system_, counts, random_.next(), draw_storm(), life.defect),
        target_(machine_, runner_) {
    draw_utc_steps();
    runner_.on_sending = [this] {
      if (crash_.at_frame && ++frames_ == *crash_.at_frame) end_runner();
    };
    on_journal_durable([this](int file) { synced(file); });
  }
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;
  ~SimWorld() {
    on_journal_durable({});
    loop_.die();
    fs::remove_all(run_folder());
    fs::remove(marker());
  }

  SimFate live() {
    drill();
    for (std::uint64_t left = random_.below(4); left > 0; --left) {
      pass(random_.below(3) == 0 ? machine_.some(60s) : machine_.some(3s));
      recover(draw_crash(6s));
    }
    pass(machine_.some(20s));
    calm_down();
    recover({});
    look_at_the_end();
    SimFate fate;
    fate.broken_rules = system_.broken_rules;
    fate.journal = read_file_if_exists(journal()).value_or("");
    fate.log = std::move(machine_.log);
    return fate;
  }

 private:
  static fs::path run_folder() { return runs_directory() / kRunId; }
  static fs::path journal() { return run_folder() / "journal"; }
  static fs::path marker() { return muster_home() / "open" / kRunId; }

  // ---- what is drawn

  /// Each trouble is in some worlds only, so that there are quiet ones and terrible ones.
  SimStorm draw_storm() {
    SimStorm storm;
    for (double* trouble : {&storm.line_cut,
                            &storm.bad_line,
                            &storm.unreachable,
                            &storm.guard_killed,
                            &storm.second_killed,
                            &storm.both_killed,
                            &storm.guard_stopped,
                            &storm.recovery_killed,
                            &storm.refused,
                            &storm.apply_fails,
                            &storm.undo_fails,
                            &storm.stranger}) {
      if (random_.below(3) == 0) *trouble = random_.unit() * 0.5;
    }
    if (random_.below(3) == 0) storm.slowest = std::chrono::milliseconds(random_.below(1000));
    return storm;
  }

  Crash draw_crash(Duration within) {
    Crash crash;
    switch (random_.below(6)) {
      case 0:
      case 1:
        crash.after = Duration(
            static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(within.count()))));
        break;
      case 2:
      case 3:
        crash.at_sync = 1 + random_.below(12);
        break;
      case 4:
        crash.at_frame = 1 + random_.below(20);
        break;
      default:
        break;
    }
    crash.by_power = random_.below(4) == 0;
    return crash;
  }

  void draw_utc_steps() {
    const std::uint64_t count = random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      const Time at(Duration(static_cast<std::int64_t>(random_.below(60'000'000'000))));
      const auto seconds = static_cast<std::int64_t>(random_.below(200'000)) - 100'000;
      if (life_.wall_clock_steps) clock_.utc_steps.push_back({at, std::chrono::seconds(seconds)});
    }
  }

  // ---- a process of the runner, and its end

  /// Runs `work` in a process of its own, which is `loop`, until it ended or was ended. What the
  /// process had may be destroyed once this returns, and before `loop` is.
  template <class Work>
  void in_a_process(MortalLoop& loop, Crash crash, const Work& work) {
    crash_ = crash;
    syncs_ = frames_ = 0;
    runner_.dead = runner_.by_power = false;
    ++incarnation_;
    clock_.add(loop);
    bool ended = false;
    const auto on_end = [&](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
      ended = true;
      clock_.halt();
    };
    const auto end_later = [](SimWorld& world, Duration after, int incarnation) -> Task<> {
      co_await world.clock_.sleep_for(after);
      if (world.incarnation_ == incarnation) world.end_runner();
    };
    if (crash.after) asio::co_spawn(loop_, end_later(*this, *crash.after, incarnation_), kThrow);
    work(on_end);
    const bool in_time = clock_.run(clock_.now().time_since_epoch() + kLongest);
    if (!in_time || (!ended && !runner_.dead)) machine_.broken("the runner never ended");
    ++incarnation_;
    if (!ended) runner_.dead = true;
    clock_.remove(loop);
    loop.die();
  }

  static constexpr auto kThrow = [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  };

  /// Whatever it does from now on, nobody sees; its files are as they were in this moment.
  void end_runner() {
    if (runner_.dead) return;
    runner_.dead = true;
    runner_.by_power = crash_.by_power;
    ++counts_[crash_.by_power ? "runners without power" : "runners killed"];
    machine_.note(crash_.by_power ? "the runner's machine loses its power"
                                  : "the runner is killed");
    left_ = read_file_if_exists(journal());
    left_open_ = fs::exists(marker());
    if (left_ && crash_.by_power)
      left_->resize(durable_ + random_.below(left_->size() - durable_ + 1));
    clock_.halt();
  }

  /// After the process has ended: what it did since its end did not happen.
  void restore_files() {
    if (!runner_.dead) return;
    if (left_ && *left_ != read_file_if_exists(journal()))
      std::ofstream(journal(), std::ios::binary | std::ios::trunc) << *left_;
    if (left_open_ && !fs::exists(marker())) mark_open(kRunId);
  }

  /// The journal is durable up to its end.
  void synced(int file) {
    if (runner_.dead) return;
    struct stat status {};
    ::fstat(file, &status);
    const auto size = static_cast<std::size_t>(status.st_size);
    std::ifstream content(journal(), std::ios::binary);
    content.seekg(static_cast<std::streamoff>(durable_));
    std::string line;
    if (life_.defect != SimDefect::DiskForgets)
      while (std::getline(content, line)) note_durable(line);
    durable_ = size;
    if (crash_.at_sync && ++syncs_ == *crash_.at_sync) end_runner();
  }

  void note_durable(const std::string& line) {
    const bool intent = line.find(R"("kind":"intent")") != std::string::npos;
    const bool undone = line.find(R"("kind":"undone")") != std::string::npos;
    const bool closed = line.find(R"("kind":"closed")") != std::string::npos;
    if (!intent && !undone && !closed) return;
    const json::object record = parse_json(line.substr(line.find('{')), "a record").as_object();
    if (intent) machine_.intended(text_at(at(record, "change").as_object(), "id"));
    if (undone && flag_at(record, "clean")) machine_.called_clean(text_at(record, "change"));
    if (closed) machine_.called_closed(find(record, "why") != nullptr);
  }

  // ---- the drill

  struct Drilling {
    explicit Drilling(SimWorld& world)
        : guards(make_guards(world.target_, world.clock_, kRunId)),
          agents(world.clock_, world.system_, {}, 1),
          journal(Journal::create(SimWorld::journal())),
          engine({world.clock_, world.target_, *guards, agents, asker},
                 journal,
                 samples,
                 observer,
                 {kRunId, 1, 1, 1, "", {}}) {}
    std::unique_ptr<Guards> guards;
    SimAgents agents;
    NobodyToAsk asker;
    SamplesInMemory samples;
    SilentObserver observer;
    Journal journal;
    Engine engine;
  };

  void drill() {
    const Drill& drill = drill_of(random_.next());
    make_private_directories(run_folder());
    mark_open(kRunId);
    durable_ = 0;
    const auto lease = std::chrono::seconds(4 + random_.below(17));
    const auto deadline = std::chrono::seconds(random_.below(3) == 0 ? 5 + random_.below(20) : 600);
    std::optional<Duration> stop_after;
    if (random_.below(3) == 0) stop_after = machine_.some(15s);
    {
      MortalLoop loop;
      Drilling parts(*this);
      in_a_process(loop, draw_crash(20s), [&](const auto& on_end) {
        asio::co_spawn(loop, drive(*this, parts, drill, lease, deadline), on_end);
        if (stop_after) asio::co_spawn(loop, stop(*this, parts, *stop_after), kThrow);
        if (machine_.happens(machine_.storm.stranger))
          asio::co_spawn(loop_, intrude(*this), kThrow);
      });
    }
    restore_files();
  }

  static Task<> stop(SimWorld& world, Drilling& parts, Duration after) {
    co_await world.clock_.sleep_for(after);
    if (!world.runner_.dead && parts.engine.stop(RunState::Interrupted, "Ctrl-C"))
      ++world.counts_["runs stopped"];
  }

  static Task<> intrude(SimWorld& world) {
    const Duration after = world.machine_.some(10s);
    co_await world.clock_.sleep_for(after);
    const bool calm = world.machine_.storm.stranger <= 0;
    if (!calm) world.machine_.stranger_takes("command:do a");
  }

  /// As run_drill does it, from the plan to the end of the journal.
  static Task<> drive(
      SimWorld& world, Drilling& parts, const Drill& drill, Duration lease, Duration deadline) {
    std::vector<PlannedInject> planned = co_await plan_drill(drill, world.target_, kRunId);
    for (PlannedInject& each : planned) {
      for (Change& change : each.plan.changes) {
        change.lease = lease;
        change.deadline = deadline;
      }
    }
    std::optional<RunRecord> record;
    json::object why;
    bool refused = false;
    try {
      Drill copy = drill;
      record = co_await parts.engine.run(std::move(copy), std::move(planned));
    } catch (const Error& error) {
      refused = dynamic_cast<const Refused*>(&error) != nullptr;
      why["why"] = error.what();
    }
    if (record) world.judge_run(*record);
    const bool nothing_done = !record && (refused || !something_was_tried(run_folder()));
    if (nothing_done || (record && everything_undone(*record))) {
      parts.journal.append("closed", std::move(why), true);
      mark_closed(kRunId);
    }
  }

  static bool everything_undone(const RunRecord& record) {
    return std::ranges::all_of(record.actions, [](const ActionRecord& action) {
      return action.undone && action.undone->clean();
    });
  }

  void judge_run(RunRecord record) {
    const std::string verdict = judge(record).verdict.status;
    ++counts_["runs " + verdict];
    machine_.note("the run is judged: " + verdict);
    if (everything_undone(record) == system_.in_force.empty()) return;
    if (everything_undone(record))
      machine_.broken("the run says that all is undone");
    else if (verdict != "broken")
      machine_.broken("something is in force, and the run is " + verdict);
  }

  // ---- recovery

  void recover(Crash crash) {
    MortalLoop loop;
    in_a_process(
        loop, crash, [&](const auto& on_end) { asio::co_spawn(loop, recover_all(*this), on_end); });
    restore_files();
  }

  /// As `muster recover` does it.
  static Task<> recover_all(SimWorld& world) {
    for (RunTrace trace : open_runs()) {
      trace.runner = {};  // the process that wrote it is this one, which lives
      if (trace.closed) {
        mark_closed(trace.id);
        continue;
      }
      if (world.life_.defect == SimDefect::RecoverySkipsAChange && trace.open.size() > 1)
        trace.open.pop_back();
      ++world.counts_["recoveries"];
      try {
        const auto recovered = co_await recover_run(std::move(trace), world.target_, world.clock_);
        const bool clean = std::ranges::all_of(
            recovered, [](const RecoveredChange& each) { return each.undone.clean(); });
        world.machine_.note(clean ? "recovered" : "not all could be recovered");
        if (!clean) ++world.counts_["recoveries not clean"];
      } catch (const Error& error) {
        world.machine_.broken(fmt::format("a recovery failed: {}", error.what()));
      }
    }
  }

  // ---- time, and the end

  void pass(Duration length) {
    const auto wake = [](SimWorld& world, Duration after) -> Task<> {
      co_await world.clock_.sleep_for(after);
      world.clock_.halt();
    };
    asio::co_spawn(loop_, wake(*this, length), kThrow);
    clock_.run(clock_.now().time_since_epoch() + kLongest);
  }

  /// People have mended what a program cannot: the host is reached again, strangers have gone, and
  /// what was stopped goes on. A recovery waits for the lock of a stopped guard in vain.
  void calm_down() {
    machine_.storm = {};
    machine_.strangers_leave();
    machine_.let_all_go_on();
    machine_.note("all is calm");
  }

  void look_at_the_end() {
    if (!clock_.run(clock_.now().time_since_epoch() + kLongest))
      machine_.broken("a guard never ended");
    for (const std::string& change : system_.in_force)
      machine_.broken(change + " is in force after a recovery that nothing disturbed");
    if (fs::exists(marker()) && !trace_run(run_folder()).stack.empty())
      machine_.broken("the run is open after a recovery that nothing disturbed");
    const RunTrace trace = trace_run(run_folder());
    if (trace.damaged) machine_.broken("the journal is damaged");
  }

  Random random_;
  SimLife life_;
  SimCounts& counts_;
  MortalLoop loop_;
  SimClock clock_;
  SimSystem system_;
  SimMachine machine_;
  SimRunnerLife runner_;
  SimTarget target_;
  Crash crash_;
  std::uint64_t syncs_ = 0;
  std::uint64_t frames_ = 0;
  int incarnation_ = 0;
  std::size_t durable_ = 0;          ///< bytes of the journal
  std::optional<std::string> left_;  ///< the journal as a runner left it that was ended
  bool left_open_ = false;
};

}  // namespace

SimFate live_once(std::uint64_t seed, const SimLife& life, SimCounts& counts) {
  SimWorld world(seed, life, counts);
  return world.live();
}

}  // namespace muster
