#include "runner/schedule/admission.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "base/text.h"
#include "test/runner/schedule/schedule_samples.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::utc;

namespace {

using Texts = std::vector<std::string>;

HoldCheck hold(std::string name) {
  HoldCheck check;
  check.name = std::move(name);
  return check;
}

/// Tuesday to Thursday, 10:00 to 15:00 in Berlin; what may run there runs on the 1st.
ScheduleSettings good_settings() {
  ScheduleSettings settings =
      sample::with_windows(sample::settings("Tue-Thu 10:00-15:00"), {"Mon-Thu 09:00-16:00"});
  settings.blackouts = {{"2026-12-02", "2026-12-02", "audit"}};
  settings.minimum_gap = 72h;
  settings.hold_while = {hold("incident"), hold("deploy")};
  return settings;
}

AdmissionFacts good_facts() {
  AdmissionFacts facts;
  facts.due = utc("2026-12-01T09:00:00Z");
  facts.now = utc("2026-12-01T11:30:00Z");
  facts.latest = utc("2026-12-01T11:31:00Z");
  facts.ran_at = utc("2026-11-24T12:00:00Z");
  facts.holds = {{"deploy", HoldAnswer::Clear}, {"incident", HoldAnswer::Clear}};
  return facts;
}

struct Violation {
  const char* about;  ///< two of the same may undo each other
  void (*commit)(ScheduleSettings& settings, AdmissionFacts& facts);
  const char* reason;
};

/// Each of them alone keeps the drill back, with its own reason.
const std::vector<Violation>& violations() {
  using Settings = ScheduleSettings;
  using Facts = AdmissionFacts;
  static const std::vector<Violation> kAll = {
      {"enabled",
       [](Settings& settings, Facts&) { settings.enabled = false; },
       "the drill is not enabled"},
      {"time",
       [](Settings&, Facts& facts) { facts.now = utc("2026-12-01T08:59:59.999999Z"); },
       "it is not due before Tue 2026-12-01 10:00 CET"},
      {"time",
       [](Settings&, Facts& facts) { facts.latest = facts.now - 1min; },
       "it is too late: it could start until Tue 2026-12-01 12:29 CET"},
      {"time",
       [](Settings&, Facts& facts) { facts.due -= 1us; },
       "no turn of the schedule begins at Tue 2026-12-01 09:59 CET; was it changed?"},
      {"clock",
       [](Settings&, Facts& facts) { facts.clock_doubt = true; },
       "the clock of this machine was set since the last look; nothing starts until it has been "
       "looked at again"},
      {"skew",
       [](Settings&, Facts& facts) { facts.clock_skew = true; },
       "the clock of this machine is far from the store's; set one of them right"},
      {"history",
       [](Settings&, Facts& facts) { facts.history_error = "disk\nfull"; },
       "when it ran last is not known: disk full"},
      {"ran",
       [](Settings&, Facts& facts) { facts.ran_at = facts.now - 72h + 1us; },
       "its last run ended at Sat 2026-11-28 12:30 CET, and the minimum gap is 3d"},
      {"ran",
       [](Settings&, Facts& facts) { facts.ran_at = facts.now + 1us; },
       "its last run ended in the future, at Tue 2026-12-01 12:30 CET: a clock is wrong"},
      {"ran",
       [](Settings&, Facts& facts) { facts.ran_at = UtcTime::max(); },
       "its last run ended in the future, at "},
      {"hold",
       [](Settings&, Facts& facts) { facts.holds[0].second = HoldAnswer::Held; },
       "hold 'deploy' keeps it from starting"},
      {"hold",
       [](Settings&, Facts& facts) { facts.holds[1].second = HoldAnswer::Error; },
       "hold 'incident' gave no clear answer"},
      {"hold",
       [](Settings&, Facts& facts) { facts.holds[1].second = HoldAnswer{7}; },
       "hold 'incident' gave no clear answer"},
      {"hold",
       [](Settings&, Facts& facts) { facts.holds.pop_back(); },
       "hold 'incident' was not asked once for each time it is written"},
      {"hold",
       [](Settings&, Facts& facts) { facts.holds.push_back(facts.holds[0]); },
       "hold 'deploy' was not asked once for each time it is written"},
      {"hold",
       [](Settings&, Facts& facts) { facts.holds.emplace_back("weather", HoldAnswer::Clear); },
       "hold 'weather' is none of this drill"},
      {"unclean",
       [](Settings&, Facts& facts) { facts.unclean = {"run x: delay\x1b[2J on eth0"}; },
       "a fault may still be in force: run x: delay\uFFFD[2J on eth0"},
      {"unclean error",
       [](Settings&, Facts& facts) { facts.unclean_error = "cannot look"; },
       "whether faults are still in force is not known: cannot look"},
      {"lever",
       [](Settings&, Facts& facts) { facts.lever = "the safety lever is engaged"; },
       "the safety lever is engaged"},
      {"running",
       [](Settings&, Facts& facts) { facts.running = 1; },
       "1 drill in force, and at_once is 1"},
      {"running",
       [](Settings&, Facts& facts) { facts.running = -1; },
       "how many drills run is not known"},
      {"running",
       [](Settings&, Facts& facts) { facts.at_once = 0; },
       "how many drills run is not known"},
      {"claim",
       [](Settings&, Facts& facts) { facts.claim_lost = true; },
       "this server has lost its claim on the turn"},
      {"store",
       [](Settings&, Facts& facts) { facts.store_error = "timeout"; },
       "the store does not answer: timeout"},
      {"time",
       [](Settings& settings, Facts&) {
         settings.blackouts.push_back({"2026-12-01 12:30", "2026-12-01 12:31", "call"});
       },
       "blackout: call, until 2026-12-01 12:31"},
  };
  return kAll;
}

bool has(const Texts& reasons, std::string_view wanted) {
  return std::any_of(reasons.begin(), reasons.end(), [&](const std::string& reason) {
    return reason.starts_with(wanted);
  });
}

Texts reasons_of(ScheduleSettings settings, const AdmissionFacts& facts) {
  return why_not_now(Schedule(std::move(settings)), facts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_admission)

BOOST_AUTO_TEST_CASE(a_drill_may_start_where_nothing_speaks_against_it) {
  BOOST_TEST(reasons_of(good_settings(), good_facts()) == Texts());
  AdmissionFacts first = good_facts();
  first.ran_at.reset();
  BOOST_TEST(reasons_of(good_settings(), first) == Texts());
  first.now = first.due;
  BOOST_TEST(reasons_of(good_settings(), first) == Texts());
}

BOOST_AUTO_TEST_CASE(each_violation_alone_is_a_reason_and_the_only_one) {
  for (const Violation& violation : violations()) {
    ScheduleSettings settings = good_settings();
    AdmissionFacts facts = good_facts();
    violation.commit(settings, facts);
    const Texts reasons = reasons_of(settings, facts);
    BOOST_TEST_CONTEXT(violation.reason) {
      BOOST_REQUIRE(reasons.size() >= 1U);
      BOOST_TEST(reasons.size() == 1U, reasons.back());
      BOOST_TEST(reasons[0].starts_with(violation.reason), reasons[0]);
      BOOST_TEST(reasons[0].find('\n') == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(of_two_violations_each_is_told) {
  for (const Violation& one : violations()) {
    for (const Violation& other : violations()) {
      if (std::string_view(one.about) == other.about) continue;
      ScheduleSettings settings = good_settings();
      AdmissionFacts facts = good_facts();
      one.commit(settings, facts);
      other.commit(settings, facts);
      const Texts reasons = reasons_of(settings, facts);
      // Without the times in it, which the other may have moved.
      const std::string_view begin = std::string_view(other.reason).substr(0, 20);
      BOOST_TEST_CONTEXT(one.reason) {
        BOOST_TEST(has(reasons, begin), other.reason);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_turn_that_the_calendar_excludes_is_not_admitted_at_all) {
  AdmissionFacts facts = good_facts();
  facts.due += 24h;
  facts.now += 24h;
  facts.latest += 24h;
  const Texts reasons = reasons_of(good_settings(), facts);
  BOOST_TEST(has(reasons, "the turn is excluded: blackout: audit, until 2026-12-02"));
  BOOST_TEST(has(reasons, "blackout: audit, until 2026-12-02"));
}

BOOST_AUTO_TEST_CASE(a_missed_turn_starts_late_only_where_that_is_allowed) {
  AdmissionFacts facts = good_facts();
  facts.now = utc("2026-12-01T14:00:00Z");
  facts.latest = utc("2026-12-31T00:00:00Z");  // whoever says so is not believed
  BOOST_TEST(reasons_of(good_settings(), facts) == Texts());
  facts.now += 1us;
  BOOST_TEST(reasons_of(good_settings(), facts) ==
             Texts({"the turn ended at Tue 2026-12-01 15:00 CET; a missed turn is skipped"}));
  ScheduleSettings late = good_settings();
  late.missed.run_within = 30min;
  BOOST_TEST(reasons_of(late, facts) == Texts());
  facts.now = utc("2026-12-01T14:30:00.000001Z");
  BOOST_TEST(reasons_of(late, facts) ==
             Texts({"the turn ended at Tue 2026-12-01 15:00 CET; a missed turn may start within "
                    "30m"}));
  late.missed.run_within = 24h;
  facts.now = utc("2026-12-01T15:00:00Z");
  BOOST_TEST(reasons_of(late, facts) == Texts({"outside the window Mon-Thu 09:00-16:00"}));
}

BOOST_AUTO_TEST_CASE(who_asks_for_a_drill_needs_no_turn_but_everything_else) {
  AdmissionFacts facts = good_facts();
  facts.due = facts.now - 1min;
  BOOST_TEST(reasons_of(good_settings(), facts).size() == 1U);
  facts.by_person = true;
  BOOST_TEST(reasons_of(good_settings(), facts) == Texts());
  facts.lever = "the safety lever is engaged";
  facts.now += 4h;
  facts.latest = facts.now;
  BOOST_TEST(reasons_of(good_settings(), facts) ==
             Texts({"outside the window Mon-Thu 09:00-16:00", "the safety lever is engaged"}));
}

BOOST_AUTO_TEST_CASE(a_baseline_has_its_time_after_an_instant_and_none_behind_a_window) {
  AdmissionFacts facts = good_facts();
  facts.latest = utc("2026-12-31T00:00:00Z");
  facts.measured = true;
  facts.now = utc("2026-12-01T14:01:00.000001Z");
  BOOST_TEST(reasons_of(good_settings(), facts).size() == 1U);
  ScheduleSettings instant = good_settings();
  instant.when = "Tue 10:00";
  facts.now = facts.due + std::chrono::duration_cast<UtcTime::duration>(kGrace * 2 + kToFirstFault);
  BOOST_TEST(reasons_of(instant, facts) == Texts());
  facts.now += 1us;
  BOOST_TEST(reasons_of(instant, facts).size() == 1U);
  facts.now = facts.due + 2min + 1us;
  facts.measured = false;
  BOOST_TEST(reasons_of(instant, facts).size() == 1U);
}

BOOST_AUTO_TEST_CASE(
    a_further_trial_is_bound_to_windows_and_to_everything_that_may_come_up_meanwhile) {
  AdmissionFacts facts = good_facts();
  facts.measured = true;
  facts.further_trial = true;
  facts.ran_at = facts.now - 1s;  // the trial before
  facts.latest = facts.due;
  BOOST_TEST(reasons_of(good_settings(), facts) == Texts());
  facts.holds[0].second = HoldAnswer::Held;
  BOOST_TEST(reasons_of(good_settings(), facts) == Texts({"hold 'deploy' keeps it from starting"}));
  facts.holds[0].second = HoldAnswer::Clear;
  facts.now = utc("2026-12-01T14:00:00.000001Z");
  BOOST_TEST(reasons_of(good_settings(), facts).size() == 1U);
  ScheduleSettings instant = good_settings();
  instant.when = "Tue 10:00";
  BOOST_TEST(reasons_of(instant, facts) == Texts());
}

BOOST_AUTO_TEST_CASE(a_clock_that_shows_nonsense_is_a_reason) {
  for (const UtcTime at : {UtcTime::min(), UtcTime::max(), UtcTime{}, kCalendarEnd}) {
    AdmissionFacts facts = good_facts();
    facts.now = at;
    BOOST_TEST(has(reasons_of(good_settings(), facts), "the calendar reaches from "));
    facts.due = at;
    facts.latest = at;
    facts.ran_at = at;
    BOOST_TEST(has(reasons_of(good_settings(), facts), "no turn of the schedule begins at "));
  }
}

BOOST_AUTO_TEST_CASE(holds_of_the_same_name_are_each_asked) {
  ScheduleSettings settings = good_settings();
  settings.hold_while.push_back(hold("incident"));
  AdmissionFacts facts = good_facts();
  BOOST_TEST(!reasons_of(settings, facts).empty());
  facts.holds.emplace_back("incident", HoldAnswer::Clear);
  BOOST_TEST(reasons_of(settings, facts) == Texts());
  facts.holds.back().second = HoldAnswer::Error;
  BOOST_TEST(reasons_of(settings, facts).size() == 1U);
}

namespace {

/// A state at random, and whether everything in it is clear, by what was drawn alone.
struct Drawn {
  AdmissionFacts facts;
  bool clear = true;
};

class Drawer {
 public:
  explicit Drawer(const Schedule& schedule) : schedule_(schedule) {}

  Drawn draw() {
    Drawn out;
    out.facts.latest = utc("2026-12-31T00:00:00Z");
    draw_time(out);
    draw_history(out);
    for (const HoldCheck& check : schedule_.settings().hold_while) draw_hold(out, check.name);
    out.clear = out.clear && schedule_.settings().enabled;
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.unclean = {"delay on eth0"}; });
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.unclean_error = "no answer"; });
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.lever = "engaged"; });
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.clock_doubt = true; });
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.clock_skew = true; });
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.claim_lost = true; });
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.store_error = "no answer"; });
    out.facts.at_once = 1 + static_cast<int>(random_.below(3));
    out.facts.running = static_cast<int>(random_.below(2)) * static_cast<int>(random_.below(4));
    refuse_if(out, out.facts.running >= out.facts.at_once, [] {});
    refuse_if(out, random_.below(32) == 0, [&] { out.facts.running = -1; });
    return out;
  }

 private:
  template <class Commit>
  static void refuse_if(Drawn& out, bool happens, Commit commit) {
    if (!happens) return;
    commit();
    out.clear = false;
  }

  /// Turns of Tuesday the 1st and Thursday the 3rd, in UTC 09:00 to 14:00, and half an hour more
  /// for a missed one; Wednesday is blacked out, and windows are open from 08:00 to 15:00.
  void draw_time(Drawn& out) {
    const auto day = static_cast<int>(random_.below(4));  // 0 is Tuesday
    const bool has_turn = day == 0 || day == 2;
    const auto late =
        std::chrono::seconds(static_cast<std::int64_t>(random_.below(6 * 3600)) - 900);
    out.facts.due = utc("2026-12-01T09:00:00Z") + 24h * day;
    out.facts.now = out.facts.due + late;
    if (random_.below(8) == 0) out.facts.latest = out.facts.due + 2h;
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.due += 1s; });
    refuse_if(out, !has_turn, [] {});
    refuse_if(out, late < 0s || late > 5h + 30min || out.facts.now > out.facts.latest, [] {});
  }

  void draw_history(Drawn& out) {
    refuse_if(out, random_.below(16) == 0, [&] { out.facts.history_error = "no answer"; });
    if (random_.below(4) == 0) return;
    const auto ago =
        std::chrono::seconds(static_cast<std::int64_t>(random_.below(9 * 86400)) - 86400);
    out.facts.ran_at = out.facts.now - ago;
    refuse_if(out, ago < 72h, [] {});
  }

  void draw_hold(Drawn& out, const std::string& name) {
    const auto kind = random_.below(24);
    refuse_if(out, kind == 0, [&] { out.facts.holds.emplace_back(name, HoldAnswer::Held); });
    refuse_if(out, kind == 1, [&] { out.facts.holds.emplace_back(name, HoldAnswer::Error); });
    refuse_if(out, kind == 2, [&] { out.facts.holds.emplace_back("?" + name, HoldAnswer::Clear); });
    refuse_if(out, kind == 3, [] {});  // not asked
    if (kind > 3) out.facts.holds.emplace_back(name, HoldAnswer::Clear);
  }

  const Schedule& schedule_;
  Random random_{72};
};

}  // namespace

BOOST_AUTO_TEST_CASE(of_ten_thousand_states_exactly_those_are_admitted_in_which_all_is_clear) {
  ScheduleSettings settings = good_settings();
  settings.missed.run_within = 30min;
  const Schedule schedule(settings);
  Drawer drawer(schedule);
  int admitted = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Drawn drawn = drawer.draw();
    const Texts reasons = why_not_now(schedule, drawn.facts);
    BOOST_REQUIRE_MESSAGE(reasons.empty() == drawn.clear,
                          format_utc(drawn.facts.now) << ": " << join(reasons, "; "));
    admitted += reasons.empty() ? 1 : 0;
  }
  BOOST_TEST(admitted > 300);
  BOOST_TEST(admitted < 5000);
}

BOOST_AUTO_TEST_SUITE_END()
