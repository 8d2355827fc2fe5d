#include <fstream>
#include <set>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/json.h"
#include "runner/serve/scheduler.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/sim_store.h"
#include "test/runner/sim_clock.h"

using namespace muster;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

/// Virtual time with a wall clock that people and daemons may set.
class SteppedClock final : public Clock {
 public:
  SteppedClock(asio::io_context& loop, UtcTime begin) : sim(loop), offset_(begin - sim.utc_now()) {}

  SimClock sim;
  Time now() const override { return sim.now(); }
  UtcTime utc_now() const override { return sim.utc_now() + offset_; }
  Task<> sleep_until(Time at) override { co_await sim.sleep_until(at); }
  void step(std::chrono::microseconds by) { offset_ += by; }

 private:
  std::chrono::microseconds offset_;
};

struct Injection {
  std::string schedule;
  UtcTime due;
  UtcTime at;
  std::vector<std::string> forbidden;  ///< what the calendar says of that instant
};

/// What happens in the world beside the scheduler.
struct SimPlace {
  SteppedClock& clock;
  SimStore& store;
  Random& random;
  const std::vector<ScheduledDrill>& drills;
  bool held = false;               ///< the outside check says no
  bool hold_fails = false;         ///< ... or nothing
  bool something_is_left = false;  ///< of `muster recover`
  enum class Ends { Well, Broken, KilledInTheSecondTrial } turns_end = Ends::Well;
  int recovered = 0;
  std::vector<Injection> injections;
};

/// `muster turn`, as far as the scheduler sees it: a baseline, everything asked again, a fault.
class SimTurn final : public Channel {
 public:
  SimTurn(SimPlace& place, Host& here, TurnOrder order)
      : place_(place), here_(here), order_(std::move(order)) {}

  Task<> write(std::string) override {
    stopped_ = true;
    co_return;
  }
  Task<std::string> read() override {
    if (done_) co_return "";
    done_ = true;
    const Duration baseline = std::chrono::seconds(5 + place_.random.below(60));
    co_await place_.clock.sleep_for(baseline);
    co_await drill();
    std::string said = R"({"kind":"begin","run":"first"}
{"kind":"note","at_s":1,"text":"drilled"}
)";
    if (place_.turns_end == SimPlace::Ends::KilledInTheSecondTrial)
      said += R"({"verdict":{"status":"pass","headline":"well"}}
{"kind":"begin","run":"second"}
)";
    co_return said;
  }
  void close_input() override {}
  Task<int> wait() override { co_return exit_code_; }
  void kill() override {}
  std::string errors() const override { return ""; }

 private:
  Task<> drill() {
    const auto drill = std::ranges::find(
        place_.drills, order_.schedule, [](const ScheduledDrill& each) { return each.name(); });
    ClockWatch watch(place_.clock);
    SharedStore shared(place_.store);
    auto executor = co_await asio::this_coro::executor;
    TurnLeash leash(executor,
                    {drill->schedule,
                     order_,
                     drill->drill,
                     drill->environment,
                     {place_.clock, watch, here_, shared}});
    std::string run = "run";
    const std::vector<std::string> reasons = co_await leash.why_not_inject(std::move(run));
    if (!reasons.empty()) {
      exit_code_ = 6;
      std::string state = "skipped", why = reasons.front();
      co_await leash.finish(std::move(state), std::move(why));
      co_return;
    }
    const UtcTime now = place_.clock.utc_now();
    place_.injections.push_back({order_.schedule, order_.due, now, drill->schedule.forbidden(now)});
    co_await place_.clock.sleep_for(std::chrono::seconds(20));
    if (place_.turns_end == SimPlace::Ends::KilledInTheSecondTrial) {
      exit_code_ = 137;
      co_return;
    }
    const bool broken = place_.turns_end == SimPlace::Ends::Broken;
    exit_code_ = broken ? 4 : 0;
    std::string state = "finished", why = broken ? "broken" : "pass";
    co_await leash.finish(std::move(state), std::move(why));
  }

  SimPlace& place_;
  Host& here_;
  TurnOrder order_;
  bool done_ = false;
  bool stopped_ = false;
  int exit_code_ = 0;
};

class SimHere final : public Host {
 public:
  explicit SimHere(SimPlace& place) : place_(place) {}
  const std::string& name() const override { return name_; }
  std::string reach() const override { return "simulated"; }
  Task<CommandResult> try_run(Command command) override {
    CommandResult result;
    if (command.argv.back() == "recover") {
      ++place_.recovered;
      result.exit_code = place_.something_is_left ? 4 : 0;
    } else {
      if (place_.hold_fails) fail("the check cannot be started");
      result.exit_code = place_.held ? 1 : 0;
    }
    co_return result;
  }
  Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) override {
    std::unique_ptr<Channel> turn =
        std::make_unique<SimTurn>(place_, *this, turn_order_from(argv.back()));
    co_return turn;
  }

 private:
  SimPlace& place_;
  std::string name_ = "here";
};

ScheduleSettings line(const std::string& name, const std::string& when) {
  ScheduleSettings settings;
  settings.name = name;
  settings.when = when;
  settings.time_zone = "Europe/Berlin";
  settings.hold_while.push_back({});
  settings.hold_while.back().name = "incident";
  settings.hold_while.back().command = {"ask"};
  return settings;
}

/// May begin long after its time.
ScheduleSettings hourly_and_late() {
  ScheduleSettings late = line("hourly", "0 * * * *");
  late.missed.run_within = 6h;
  return late;
}

/// One world: schedulers come and go in it, the store stays.
class ServerWorld {
 public:
  ServerWorld(std::uint64_t seed, UtcTime begin, std::vector<ScheduleSettings> lines)
      : clock(loop, begin),
        store(clock),
        random(seed),
        place{clock, store, random, drills, false, false, false, SimPlace::Ends::Well, 0, {}} {
    for (ScheduleSettings& each : lines) {
      settings.drills.push_back(each);
      std::string drill = "drill-of-" + each.name;
      drills.push_back({Schedule(std::move(each)), std::move(drill), "", "", "lab", "lab"});
    }
    settings.file = "muster.yaml";
    settings.lease = 10min;  // no turn of these worlds takes so long, and none prolongs its claim
    settings.at_once = static_cast<int>(drills.size());
  }

  /// A server that lives so long, and then dies like one that is killed.
  void serve_for(Duration length, const std::function<Task<>(SteppedClock&)>& meanwhile = {}) {
    SharedStore shared(store);
    SimHere here(place);
    NotifySettings everybody;
    everybody.on = {NotifyEvent::Skipped, NotifyEvent::Overdue, NotifyEvent::Broken};
    Notifier notifier({everybody}, clock, here);  // carries nothing, and keeps what is told
    Log log(true);
    Scheduler scheduler({settings,
                         drills,
                         clock,
                         here,
                         shared,
                         notifier,
                         log,
                         random,
                         "server-" + std::to_string(++servers_),
                         ""});
    bool ended = false;
    const auto life = [&]() -> Task<> {
      auto executor = co_await asio::this_coro::executor;
      TaskGroup tasks(executor);
      tasks.spawn(scheduler.run());
      if (meanwhile) tasks.spawn(meanwhile(clock));
      co_await clock.sleep_for(length);
      co_await tasks.stop();
      co_await scheduler.drop_all();
      ended = true;
    };
    asio::co_spawn(loop, life(), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    BOOST_REQUIRE(clock.sim.run(clock.now().time_since_epoch() + length + 24h));
    BOOST_REQUIRE(ended);
    for (const Notifier::Delivery& each : notifier.deliveries()) told.push_back(each.event);
  }

  std::size_t times_told(NotifyEvent event) const {
    return static_cast<std::size_t>(std::ranges::count(told, event));
  }

  void pass_time(Duration length) {
    const auto sleep = [&]() -> Task<> {
      co_await clock.sleep_for(length);
    };
    asio::co_spawn(loop, sleep(), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    BOOST_REQUIRE(clock.sim.run(clock.now().time_since_epoch() + length + 1h));
  }

  /// What must hold whatever happened.
  void check() const {
    std::set<std::pair<std::string, UtcTime>> seen;
    for (const Injection& each : place.injections) {
      BOOST_TEST(each.forbidden.empty());
      const Schedule& schedule = std::ranges::find(drills, each.schedule, [](const auto& drill) {
                                   return drill.name();
                                 })->schedule;
      const std::vector<Turn> turns = schedule.turns(each.due, each.due + 1s, 1);
      BOOST_REQUIRE(!turns.empty());
      const Duration late = schedule.settings().missed.run_within.value_or(0s);
      const bool window = turns.front().end - turns.front().begin > kGrace;
      BOOST_TEST((each.at >= each.due));
      BOOST_TEST(
          (each.at <= turns.front().end + std::chrono::duration_cast<std::chrono::microseconds>(
                                              late + (window ? Duration(0s) : Duration(15min)))));
      BOOST_TEST(seen.emplace(each.schedule, each.due).second, each.schedule << " ran twice");
    }
  }

  asio::io_context loop;
  SteppedClock clock;
  SimStore store;
  Random random;
  Settings settings;
  std::vector<ScheduledDrill> drills;
  SimPlace place;
  std::vector<NotifyEvent> told;

 private:
  int servers_ = 0;
};

/// Worlds of random schedules, clocks and crashes; $MUSTER_TEST_WORLDS for more.
std::uint64_t worlds() {
  const char* asked = std::getenv("MUSTER_TEST_WORLDS");
  return asked == nullptr ? 2 : std::stoull(asked);
}

UtcTime at(const char* text) {
  return *parse_utc(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scheduler)

BOOST_AUTO_TEST_CASE(a_drill_runs_once_in_its_window_and_the_next_day_again) {
  const ScratchHome home;
  ServerWorld world(1, at("2026-11-02T06:00:00Z"), {line("weekly", "daily 10:00-12:00")});
  world.serve_for(48h);
  world.check();
  BOOST_TEST(world.place.injections.size() == 2U);
}

BOOST_AUTO_TEST_CASE(ten_thousand_missed_turns_are_not_caught_up) {
  const ScratchHome home;
  ServerWorld world(2, at("2026-11-02T06:00:30Z"), {line("every-minute", "* * * * *")});
  world.serve_for(5min);
  const std::size_t before = world.place.injections.size();
  BOOST_TEST(before >= 2U);
  world.pass_time(10'000min);
  world.serve_for(5min);
  world.check();
  BOOST_TEST(world.place.injections.size() - before <= 6U);
}

BOOST_AUTO_TEST_CASE(of_several_late_turns_only_the_newest_is_made_up_for) {
  const ScratchHome home;
  ServerWorld world(3, at("2026-11-02T06:10:00Z"), {hourly_and_late()});
  world.serve_for(10min);
  BOOST_TEST(world.place.injections.size() == 1U);  // that of 06:00, which is late
  world.pass_time(5h + 30min);
  world.serve_for(10min);
  world.check();
  BOOST_TEST(world.place.injections.size() == 2U);
  BOOST_TEST(format_utc(world.place.injections.back().due) == "2026-11-02T11:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(turns_that_were_missed_for_a_later_one_say_so_and_only_the_newest_starts) {
  const ScratchHome home;
  ScheduleSettings late = line("every-minute", "* * * * *");
  late.missed.run_within = 10min;
  ServerWorld world(11, at("2026-11-02T06:00:30Z"), {late});
  world.settings.at_once = 5;
  world.serve_for(10s);
  world.pass_time(4min);
  world.told.clear();
  world.serve_for(10s);
  std::vector<Occurrence> turns = world.store.occurrences("", 100);
  std::erase_if(turns, [](const Occurrence& each) {
    return each.due < at("2026-11-02T06:01:00Z") || each.due > at("2026-11-02T06:04:00Z");
  });
  BOOST_REQUIRE(turns.size() == 4U);
  BOOST_TEST(turns[0].state == "claimed");  // that of 06:04
  for (std::size_t i = 1; i < turns.size(); ++i) {
    BOOST_TEST(turns[i].state == "skipped");
    BOOST_TEST(turns[i].why == "missed: a later turn is due as well");
  }
  BOOST_TEST(world.times_told(NotifyEvent::Skipped) == 3U);
}

BOOST_AUTO_TEST_CASE(of_turns_that_were_kept_back_only_the_newest_is_made_up_for) {
  const ScratchHome home;
  ServerWorld world(9, at("2026-11-02T06:30:00Z"), {hourly_and_late()});
  world.place.something_is_left = true;
  world.serve_for(5h + 20min, [&](SteppedClock& clock) -> Task<> {
    co_await clock.sleep_for(4h + 40min);  // 07:00 to 11:00 came due meanwhile
    BOOST_TEST(world.place.injections.empty());
    world.place.something_is_left = false;
  });
  BOOST_REQUIRE(world.place.injections.size() == 1U);
  BOOST_TEST(format_utc(world.place.injections.front().due) == "2026-11-02T11:00:00.000000Z");
}

BOOST_AUTO_TEST_CASE(a_check_that_says_no_or_nothing_keeps_every_drill_back) {
  for (const bool fails : {false, true}) {
    const ScratchHome home;
    ServerWorld world(4, at("2026-11-02T06:00:00Z"), {line("daily", "daily 10:00-12:00")});
    world.place.held = !fails;
    world.place.hold_fails = fails;
    world.serve_for(30h);
    BOOST_TEST(world.place.injections.empty());
    BOOST_TEST(world.store.occurrences("", 10).front().state == "skipped");
  }
}

BOOST_AUTO_TEST_CASE(an_incident_that_begins_during_the_baseline_keeps_the_fault_back) {
  const ScratchHome home;
  ServerWorld world(5, at("2026-11-02T08:59:00Z"), {line("daily", "0 10 * * *")});
  world.serve_for(10min, [&](SteppedClock& clock) -> Task<> {
    co_await clock.sleep_for(63s);  // the turn started at 60 s, and its baseline lasts 5 s at least
    world.place.held = true;
  });
  BOOST_TEST(world.place.injections.empty());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_away_starts_nothing_and_is_used_again_when_it_is_back) {
  const ScratchHome home;
  ServerWorld world(6, at("2026-11-02T06:00:00Z"), {line("daily", "daily 10:00-12:00")});
  world.store.away = true;
  world.serve_for(24h);
  BOOST_TEST(world.place.injections.empty());
  world.store.away = false;
  world.serve_for(24h);
  world.check();
  BOOST_TEST(world.place.injections.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_undone_keeps_every_drill_back_until_it_is) {
  const ScratchHome home;
  ServerWorld world(8, at("2026-11-02T06:00:00Z"), {line("every-minute", "* * * * *")});
  world.place.something_is_left = true;
  world.serve_for(30min, [&](SteppedClock& clock) -> Task<> {
    co_await clock.sleep_for(17min);
    BOOST_TEST(world.place.injections.empty());
    BOOST_TEST(world.place.recovered > 1);  // it is tried again
    world.place.something_is_left = false;
  });
  BOOST_TEST(!world.place.injections.empty());
}

BOOST_AUTO_TEST_CASE(
    what_a_turn_left_in_force_is_recovered_and_a_trial_that_is_killed_cuts_its_turn) {
  for (const auto ends : {SimPlace::Ends::Broken, SimPlace::Ends::KilledInTheSecondTrial}) {
    const ScratchHome home;
    ServerWorld world(10, at("2026-11-02T05:59:00Z"), {line("daily", "0 7 * * *")});
    world.place.turns_end = ends;
    world.serve_for(10min);
    BOOST_TEST(world.place.injections.size() == 1U);
    BOOST_TEST(world.place.recovered == 2);  // when the server began, and after that turn
    const bool broken = ends == SimPlace::Ends::Broken;
    const std::vector<Occurrence> turns = world.store.occurrences("daily", 10);
    const auto turn = std::ranges::find(turns, at("2026-11-02T06:00:00Z"), &Occurrence::due);
    BOOST_REQUIRE((turn != turns.end()));
    BOOST_TEST(turn->state == (broken ? "finished" : "cut"));
  }
}

BOOST_AUTO_TEST_CASE(a_turn_that_waited_for_another_drill_says_for_which) {
  const ScratchHome home;
  ServerWorld world(12, at("2026-11-02T05:59:00Z"), {line("daily", "0 7 * * *")});
  Occurrence other;
  other.schedule = "elsewhere";
  other.latest = other.at = other.due = at("2026-11-02T05:59:00Z");
  other.state = "planned";
  world.store.plan(other);
  BOOST_REQUIRE(world.store.claim({"elsewhere"}, "another server", 1h, 1, other.due).has_value());
  world.serve_for(10min);
  const Occurrence turn = world.store.occurrences("daily", 1).front();
  BOOST_TEST(turn.state == "skipped");
  BOOST_TEST(turn.why.ends_with("(elsewhere runs, and at_once is 1)"), turn.why);
}

BOOST_AUTO_TEST_CASE(a_drill_is_overdue_when_it_had_its_time_and_told_once_a_day_whoever_restarts) {
  const ScratchHome home;
  ScheduleSettings daily = line("daily", "0 7 * * *");
  daily.overdue = 12h;
  ServerWorld world(13, at("2026-11-02T06:30:00Z"), {daily});
  world.serve_for(11h);
  BOOST_TEST(world.times_told(NotifyEvent::Overdue) == 0U);  // it is new
  world.serve_for(3h);
  for (int restarts = 0; restarts < 3; ++restarts) world.serve_for(1h);
  BOOST_TEST(world.times_told(NotifyEvent::Overdue) == 1U);
  world.serve_for(24h);
  BOOST_TEST(world.times_told(NotifyEvent::Overdue) == 2U);
}

BOOST_AUTO_TEST_CASE(the_engaged_lever_keeps_every_drill_back) {
  const ScratchHome home;
  ServerWorld world(7, at("2026-11-02T06:00:00Z"), {line("daily", "daily 10:00-12:00")});
  std::filesystem::create_directories(home.path);
  std::ofstream(home.path / "lever").close();
  world.serve_for(30h);
  BOOST_TEST(world.place.injections.empty());
}

BOOST_AUTO_TEST_CASE(whatever_clocks_and_crashes_do_no_turn_runs_twice_or_outside_its_time) {
  const ScratchHome home;
  const std::vector<std::string> whens = {"daily 01:00-04:00",
                                          "*/7 * * * *",
                                          "30 2 * * *",
                                          "Mon-Fri 10:00-15:00",
                                          "weekdays 22:00-02:00",
                                          "0 0 * * Sun"};
  std::size_t injected = 0;
  // Worlds in which hardly a turn came due show nothing; a few more are lived through then.
  for (std::uint64_t seed = 1; seed <= worlds() || (injected <= 5 && seed <= 20); ++seed) {
    Random dice(seed);
    std::vector<ScheduleSettings> lines;
    for (int i = 0; i < 3; ++i) {
      lines.push_back(line("d" + std::to_string(i), whens[dice.below(whens.size())]));
      if (dice.below(3) == 0) lines.back().missed.run_within = 2h;
      if (dice.below(3) == 0) lines.back().windows.push_back("daily 01:00-23:00");
      if (dice.below(3) == 0) lines.back().minimum_gap = 1h;
    }
    // Around both changes of the clocks.
    const bool spring = dice.below(2) == 0;
    ServerWorld world(seed, at(spring ? "2026-03-28T12:00:00Z" : "2026-10-24T12:00:00Z"), lines);
    std::size_t most = 0;
    for (int life = 0; life < 12; ++life) {
      world.store.away = dice.below(10) == 0;
      world.place.held = dice.below(10) == 0;
      world.serve_for(std::chrono::seconds(dice.below(7200)), [&](SteppedClock& clock) -> Task<> {
        co_await clock.sleep_for(std::chrono::seconds(dice.below(3600)));
        if (dice.below(3) == 0) clock.step(std::chrono::seconds(dice.below(7200)) - 1h);
      });
      world.store.away = false;
      if (dice.below(3) == 0) world.pass_time(std::chrono::seconds(dice.below(36000)));
      most += 3 * 7200 / 60;
    }
    world.check();
    BOOST_TEST(world.place.injections.size() <= most);
    injected += world.place.injections.size();
  }
  BOOST_TEST(injected > 5U);
}

BOOST_AUTO_TEST_SUITE_END()
