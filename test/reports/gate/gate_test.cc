#include "reports/gate/gate.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/gate/gate_oracle.h"
#include "test/reports/sample_gate.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::GateCase;
using sample::GateStanding;
using sample::good_gate_case;

namespace {

GateStanding standing(const GateCase& one) {
  return sample::standing_of(one.demand(), one.evidence);
}

bool says(const std::vector<std::string>& lines, std::string_view words) {
  return std::ranges::any_of(
      lines, [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

bool stays_on_its_line(const std::string& line) {
  return !line.empty() && line.find_first_of("\n\r\x1b") == std::string::npos;
}

/// As the good one, but its first metric is worse than usual in `trials` runs.
GateCase worse_in(std::size_t trials) {
  GateCase one = good_gate_case();
  Result::MetricChange change;
  change.test = trials == 1 ? "prediction-interval" : "mann-whitney-exact";
  change.n_new = trials;
  change.n_old = 8;
  change.result = "worse";
  change.text = "worse: 1.50 times the usual";
  one.result().metrics.front().change = change;
  return one;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate)

BOOST_AUTO_TEST_CASE(a_true_pass_allows_and_says_what_it_rests_on) {
  const GateCase one = good_gate_case();
  const DrillAnswer answer = one.decided();
  BOOST_TEST(answer.allow);
  BOOST_TEST(answer.run == one.evidence.result->run.id);
  BOOST_TEST(answer.reasons.size() == 6U);
  BOOST_TEST(answer.waived.empty());
  BOOST_TEST((standing(one) == GateStanding::Met));
}

BOOST_AUTO_TEST_CASE(a_drill_alone_can_be_asked_about_without_a_policy) {
  GateCase one = good_gate_case();
  const auto look = [&](const GateDemand&) {
    return one.evidence;
  };
  GateQuestion question;
  question.drill = one.evidence.result->run.drill;
  BOOST_TEST(gate_answer(question, nullptr, look).allow);
  question.version = "2026.46.1";
  question.environment = "production";
  question.configuration = one.evidence.result->environment_digest;
  BOOST_TEST(gate_answer(question, nullptr, look).allow);
  question.version = "2026.47.0";
  BOOST_TEST(!gate_answer(question, nullptr, look).allow);
}

BOOST_AUTO_TEST_CASE(every_single_violation_denies_with_one_line_reasons) {
  for (const auto& violation : sample::gate_violations()) {
    GateCase one = good_gate_case();
    violation.spoil(one);
    const DrillAnswer answer = one.decided();
    BOOST_TEST(!answer.allow, violation.name);
    BOOST_TEST(!answer.reasons.empty(), violation.name);
    const GateStanding expected =
        violation.may_be_waived ? GateStanding::Lacking : GateStanding::Unsafe;
    BOOST_TEST((standing(one) == expected), violation.name << ": the oracle");
    for (const auto& reason : answer.reasons) BOOST_TEST(stays_on_its_line(reason), violation.name);
  }
}

BOOST_AUTO_TEST_CASE(a_waiver_covers_what_may_be_waived_and_nothing_else) {
  for (const auto& violation : sample::gate_violations()) {
    GateCase one = good_gate_case();
    violation.spoil(one);
    one.policy.waivers = {sample::waiver_of(one)};
    const DrillAnswer answer = one.decided();
    BOOST_TEST(answer.allow == violation.may_be_waived, violation.name);
    if (!answer.allow) continue;
    BOOST_TEST(!answer.waived.empty(), violation.name);
    for (const auto& line : answer.waived) {
      BOOST_TEST(line.starts_with("waived by ops@example.org until "), line);
      BOOST_TEST(line.find("OPS-12; it would have denied: ") != std::string::npos, line);
      BOOST_TEST(stays_on_its_line(line));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_pair_of_violations_denies_and_no_waiver_covers_half_of_it) {
  int waived = 0;
  const auto& all = sample::gate_violations();
  for (auto each = all.begin(); each != all.end(); ++each) {
    for (const auto& second : std::ranges::subrange(each, all.end())) {
      const auto& first = *each;
      GateCase one = good_gate_case();
      first.spoil(one);
      second.spoil(one);
      const std::string names = first.name + " and " + second.name;
      const GateStanding expected = standing(one);
      BOOST_TEST((expected != GateStanding::Met), names << ": the oracle");
      BOOST_TEST(!one.decided().allow, names);
      one.policy.waivers = {sample::waiver_of(one)};
      const bool allow = one.decided().allow;
      BOOST_TEST(allow == (expected == GateStanding::Lacking), names << ", waived");
      waived += allow ? 1 : 0;
    }
  }
  BOOST_TEST(waived > 500);
}

BOOST_AUTO_TEST_CASE(an_older_pass_behind_a_newer_failure_never_counts) {
  GateCase one = good_gate_case();
  one.run().status = "fail";
  one.run().exit_code = 1;
  one.evidence.runs[1].status = "pass";
  one.evidence.runs[1].exit_code = 0;
  const DrillAnswer answer = one.decided();
  BOOST_TEST(!answer.allow);
  BOOST_TEST(answer.run == one.run().id);
}

BOOST_AUTO_TEST_CASE(a_newer_failure_elsewhere_says_nothing_of_here) {
  GateCase one = good_gate_case();
  HistoryRun in_the_lab = one.run();
  in_the_lab.id = in_the_lab.trial_group = "01KB0000000000000000000000";
  in_the_lab.environment = "lab";
  in_the_lab.started += 1h;
  in_the_lab.ended += 1h;
  in_the_lab.status = "fail";
  in_the_lab.exit_code = 1;
  one.evidence.runs.insert(one.evidence.runs.begin(), in_the_lab);
  BOOST_TEST(one.decided().allow);
  in_the_lab.environment = "production";
  one.evidence.runs.front() = in_the_lab;
  BOOST_TEST(!one.decided().allow);
}

BOOST_AUTO_TEST_CASE(a_newer_failure_on_another_stack_says_nothing_of_this_one) {
  GateCase one = good_gate_case();
  HistoryRun there = one.run();
  there.id = there.trial_group = "01KB0000000000000000000000";
  there.stack = "another-shop";
  there.started += 1h;
  there.ended += 1h;
  there.status = "fail";
  there.exit_code = 1;
  const auto allows = [&](const std::string& stack_asked_for) {
    GateCase other = one;
    other.evidence.runs.insert(other.evidence.runs.begin(), there);
    other.line().stack = stack_asked_for;
    return other.decided().allow;
  };
  BOOST_TEST(allows(one.line().stack));
  BOOST_TEST(!allows(""));
  there.stack.clear();  // it may have been here
  BOOST_TEST(!allows(one.line().stack));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_ahead_makes_no_older_pass_the_newest) {
  GateCase one = good_gate_case();
  HistoryRun after = one.run();  // on a machine whose clock was right
  after.id = after.trial_group = "01KB0000000000000000000000";
  ++after.number;
  after.started -= 1h;
  after.ended -= 1h;
  after.status = "inconclusive";
  after.exit_code = 3;
  one.evidence.runs.push_back(after);
  BOOST_TEST(!one.decided().allow);
  // Even where it passed: which of the two is the newer one is in doubt.
  one.evidence.runs.back().status = "pass";
  one.evidence.runs.back().exit_code = 0;
  BOOST_TEST(!one.decided().allow);
}

BOOST_AUTO_TEST_CASE(no_waiver_lets_a_drill_pass_that_goes_on) {
  GateCase one = good_gate_case();
  one.evidence.runs.clear();
  one.evidence.result.reset();
  one.policy.waivers = {sample::waiver_of(one)};
  BOOST_TEST(one.decided().allow);
  one.evidence.running.push_back({"01KE0000000000000000000000", "another", "shop"});
  BOOST_TEST(!one.decided().allow);
}

BOOST_AUTO_TEST_CASE(the_age_is_allowed_to_the_microsecond) {
  GateCase one = good_gate_case();
  one.evidence.now = one.run().ended + 24h * 7;
  BOOST_TEST(one.decided().allow);
  one.evidence.now += 1us;
  BOOST_TEST(!one.decided().allow);
  one.evidence.now = one.run().ended;
  BOOST_TEST(one.decided().allow);
  one.evidence.now -= 1us;
  BOOST_TEST(!one.decided().allow);
}

BOOST_AUTO_TEST_CASE(hostile_texts_stay_on_one_line) {
  GateCase one = good_gate_case();
  const std::string hostile = "a\nb\x1b[2J";
  one.evidence.unclean = {hostile};
  one.evidence.lever = one.evidence.history_error = one.evidence.files_error = hostile;
  one.evidence.is_signed = false;
  one.evidence.signature_error = hostile;
  one.evidence.running = {{hostile, hostile, ""}};
  one.result().run.abort = hostile;
  one.result().checks = {{hostile, false}};
  one.result().actions[0].error = hostile;
  one.policy.waivers = {sample::waiver_of(one)};
  one.policy.waivers[0].owner = one.policy.waivers[0].reason = hostile;
  const DrillAnswer answer = one.decided();
  for (const auto& line : answer.reasons) BOOST_TEST(stays_on_its_line(line));
  for (const auto& line : answer.waived) BOOST_TEST(stays_on_its_line(line));
}

BOOST_AUTO_TEST_CASE(times_at_the_ends_of_the_calendar_deny_and_do_no_harm) {
  for (const auto now : {UtcTime::min(), UtcTime::max()}) {
    for (const auto ended : {UtcTime::min(), UtcTime::max()}) {
      GateCase one = good_gate_case();
      one.run().ended = one.result().run.ended_at = ended;
      one.evidence.now = now;
      one.policy.waivers = {sample::waiver_of(good_gate_case())};
      one.policy.waivers[0].expires = ended;
      BOOST_TEST(one.decided().allow == (now == ended));
    }
  }
}

BOOST_AUTO_TEST_CASE(worse_than_usual_denies_only_where_that_was_asked_and_trials_confirm_it) {
  GateCase confirmed = worse_in(3);
  BOOST_TEST(!confirmed.decided().allow);
  BOOST_TEST(worse_in(1).decided().allow);
  confirmed.line().no_regression = false;
  BOOST_TEST(confirmed.decided().allow);
}

BOOST_AUTO_TEST_CASE(an_allow_says_what_is_worse_than_usual_and_what_cannot_be_told) {
  BOOST_TEST(says(worse_in(1).decided().reasons, "worse than usual"));
  BOOST_TEST(!says(good_gate_case().decided().reasons, "worse than usual"));
  GateCase unclear = worse_in(1);
  unclear.result().metrics.front().change->result = "unclear";
  unclear.result().metrics.front().change->text = "it cannot be told";
  BOOST_TEST(says(unclear.decided().reasons, "it cannot be told"));
}

BOOST_AUTO_TEST_CASE(an_unsigned_run_of_an_older_muster_is_told_what_to_do) {
  GateCase one = good_gate_case();
  one.evidence.is_signed = false;
  const DrillAnswer answer = one.decided();
  BOOST_TEST(says(answer.reasons, "is not signed; run the drill again with this muster"));
}

BOOST_AUTO_TEST_CASE(a_waiver_that_is_over_or_not_believable_covers_nothing) {
  const auto allows = [](auto change) {
    GateCase one = good_gate_case();
    one.question.version = "2026.47.0";
    Waiver waiver = sample::waiver_of(one);
    change(waiver, one);
    one.policy.waivers = {waiver};
    return one.decided().allow;
  };
  BOOST_TEST(allows([](Waiver&, GateCase&) {}));
  BOOST_TEST(allows([](Waiver& w, GateCase& c) { w.expires = c.evidence.now + 1us; }));
  BOOST_TEST(allows([](Waiver& w, GateCase& c) { w.expires = c.evidence.now + 24h * 90; }));
  BOOST_TEST(!allows([](Waiver& w, GateCase& c) { w.expires = c.evidence.now; }));
  BOOST_TEST(!allows([](Waiver& w, GateCase& c) { w.expires = c.evidence.now + 24h * 90 + 1us; }));
  BOOST_TEST(!allows([](Waiver& w, GateCase&) { w.expires = UtcTime::max(); }));
  BOOST_TEST(!allows([](Waiver& w, GateCase&) { w.owner.clear(); }));
  BOOST_TEST(!allows([](Waiver& w, GateCase&) { w.reason.clear(); }));
  BOOST_TEST(!allows([](Waiver& w, GateCase&) { w.drill = "another"; }));
  BOOST_TEST(!allows([](Waiver& w, GateCase&) { w.service = "another"; }));
  BOOST_TEST(!allows([](Waiver& w, GateCase&) { w.environment = "staging"; }));
}

BOOST_AUTO_TEST_CASE(who_relied_on_a_waiver_is_told_that_it_ended) {
  GateCase one = good_gate_case();
  one.question.version = "2026.47.0";
  one.policy.waivers = {sample::waiver_of(one)};
  one.policy.waivers[0].expires = one.evidence.now - 1min;
  BOOST_TEST(says(one.decided().reasons, "the waiver of ops@example.org ended at "));
}

BOOST_AUTO_TEST_CASE(every_drill_of_the_policy_must_be_met) {
  GateCase one = good_gate_case();
  PolicyDrill second = one.line();
  second.drill = "lose-primary";
  one.policy.services["web"]["production"].push_back(second);
  const GateEvidence good = one.evidence;
  const auto answered = [&](bool second_ran) {
    return gate_answer(one.question, &one.policy, [&](const GateDemand& demand) {
      if (demand.drill == good.result->run.drill) return good;
      GateEvidence evidence = good;
      evidence.result = nullptr;
      evidence.runs.clear();
      if (!second_ran) return evidence;
      Result other = *good.result;
      other.run.drill = demand.drill;
      evidence.result = std::make_shared<const Result>(other);
      evidence.runs = {history_run_of(other)};
      evidence.runs.front().result_digest = good.result_digest;
      return evidence;
    });
  };
  const GateAnswer denied = answered(false);
  BOOST_TEST(!denied.allow);
  BOOST_TEST(denied.drills.size() == 2U);
  BOOST_TEST(denied.drills[0].allow);
  BOOST_TEST(denied.reasons ==
                 std::vector<std::string>{"lose-primary: 'lose-primary' has never been run in the "
                                          "environment 'production' on the stack 'shop'"},
             boost::test_tools::per_element());
  const GateAnswer allowed = answered(true);
  BOOST_TEST(allowed.allow);
  BOOST_TEST(allowed.reasons.front().starts_with("drain-us-east: run "));
}

BOOST_AUTO_TEST_CASE(what_the_policy_does_not_name_is_denied_with_the_nearest_name) {
  const auto reason = [](auto change) {
    GateCase one = good_gate_case();
    change(one);
    const GateAnswer answer = one.answered();
    BOOST_TEST(!answer.allow);
    BOOST_TEST(answer.drills.empty());
    BOOST_REQUIRE(answer.reasons.size() == 1U);
    return answer.reasons[0];
  };
  BOOST_TEST(reason([](GateCase& c) { c.question.service = "wep"; }) ==
             "the policy says nothing about the service 'wep'; did you mean 'web'?");
  BOOST_TEST(reason([](GateCase& c) { c.question.environment = "prodution"; }) ==
             "the policy says nothing about 'web' in the environment 'prodution'; did you mean "
             "'production'?");
  BOOST_TEST(reason([](GateCase& c) { c.policy.services["web"]["production"].clear(); }) ==
             "the policy asks for no drill at all");
  BOOST_TEST(reason([](GateCase& c) { c.question.drill = "drain-us-east"; }) ==
             "ask about a service and its environment, or about a drill, not about both");
  BOOST_TEST(reason([](GateCase& c) { c.question.service.clear(); }) ==
             "nothing was asked about: name a service, or a drill");
}

BOOST_AUTO_TEST_CASE(a_service_without_a_policy_is_denied) {
  const GateCase one = good_gate_case();
  const GateAnswer answer =
      gate_answer(one.question, nullptr, [&](const GateDemand&) { return one.evidence; });
  BOOST_TEST(!answer.allow);
  BOOST_TEST(says(answer.reasons, "there is no policy"));
}

BOOST_AUTO_TEST_SUITE_END()
