#include "reports/history/gate.h"

#include <algorithm>
#include <random>

#include <boost/test/unit_test.hpp>

#include "test/reports/sample_result.h"

using namespace muster;

namespace {

struct Case {
  GateQuestion question;
  GateEvidence evidence;
  HistoryRun& run() { return evidence.runs.front(); }
  Result& result() { return *evidence.result; }
};

/// A pass of two hours ago with an older failure behind it; everything the question asks for holds.
Case good() {
  static const Result kPassed = [] {
    Result result = sample::passed();
    result.series = {};  // no business of the gate, and large
    result.events.clear();
    result.environment.clear();
    result.milestones.clear();
    result.vantages.clear();
    result.probes.clear();
    result.phases.clear();
    result.client_spread.clear();
    result.prediction.reset();
    result.metrics.erase(result.metrics.begin(), result.metrics.end() - 2);
    return result;
  }();
  Case one;
  one.question.drill = kPassed.run.drill;
  one.question.for_version = "2026.46.1";
  one.question.environment = "lab";
  one.evidence.result = kPassed;
  HistoryRun older = history_run_of(kPassed);
  older.id = "01KA0000000000000000000000";
  older.number = 45;
  older.started -= std::chrono::hours(30);
  older.ended -= std::chrono::hours(30);
  older.status = "fail";
  older.exit_code = 1;
  older.trial_group = older.id;
  one.evidence.runs = {history_run_of(kPassed), older};
  one.evidence.now = kPassed.run.ended_at + std::chrono::hours(2);
  return one;
}

using Violation = void (*)(Case&);

/// One way each to break one clause; where a clause has several, several.
const std::vector<std::pair<std::string, Violation>>& violations() {
  static const std::vector<std::pair<std::string, Violation>> kAll = {
      {"no drill asked",
       [](Case& c) {
         c.question.drill.clear();
       }},
      {"another drill asked",
       [](Case& c) {
         c.question.drill = "other";
       }},
      {"no age allowed",
       [](Case& c) {
         c.question.max_age = Duration::zero();
       }},
      {"history unreadable",
       [](Case& c) {
         c.evidence.history_error = "disk I/O error";
       }},
      {"result unreadable",
       [](Case& c) {
         c.evidence.result_error = "no such file";
       }},
      {"no runs",
       [](Case& c) {
         c.evidence.runs.clear();
       }},
      {"no result",
       [](Case& c) {
         c.evidence.result.reset();
       }},
      {"residue elsewhere",
       [](Case& c) {
         c.evidence.unclean = {"drill x: nft table on app-us"};
       }},
      {"lever engaged",
       [](Case& c) {
         c.evidence.lever = "the safety lever is engaged";
       }},
      {"newer failure",
       [](Case& c) {
         if (c.evidence.runs.empty()) return;
         HistoryRun newer = c.run();
         newer.id = "01KB0000000000000000000000";
         newer.number = 47;
         newer.started += std::chrono::hours(1);
         newer.ended += std::chrono::hours(1);
         newer.status = "fail";
         newer.exit_code = 1;
         c.evidence.runs.push_back(newer);  // out of order on purpose
       }},
      {"history says fail",
       [](Case& c) {
         if (!c.evidence.runs.empty()) c.run().status = "fail";
       }},
      {"history says exit 3",
       [](Case& c) {
         if (!c.evidence.runs.empty()) c.run().exit_code = 3;
       }},
      {"expired",
       [](Case& c) {
         c.evidence.now += std::chrono::hours(24 * 8);
       }},
      {"from the future",
       [](Case& c) {
         c.evidence.now -= std::chrono::hours(3);
       }},
      {"another version",
       [](Case& c) {
         c.question.for_version = "2026.47.0";
       }},
      {"another environment",
       [](Case& c) {
         c.question.environment = "production";
       }},
      {"another id",
       [](Case& c) {
         if (c.evidence.result) c.result().run.id = "01KC0000000000000000000000";
       }},
      {"another drill in the result",
       [](Case& c) {
         if (c.evidence.result) c.result().run.drill = "other";
       }},
      {"another verdict",
       [](Case& c) {
         if (c.evidence.result) c.result().verdict.status = "inconclusive";
       }},
      {"another exit code",
       [](Case& c) {
         if (c.evidence.result) c.result().verdict.exit_code = 4;
       }},
      {"another place",
       [](Case& c) {
         if (c.evidence.result) c.result().run.environment = "staging";
       }},
      {"another digest",
       [](Case& c) {
         if (c.evidence.result) c.result().environment_digest = "sha256:00";
       }},
      {"another playbook",
       [](Case& c) {
         if (c.evidence.result) c.result().playbook.series_key = "sha256:00";
       }},
      {"another label",
       [](Case& c) {
         if (c.evidence.result) c.result().run.labels.clear();
       }},
      {"another end",
       [](Case& c) {
         if (c.evidence.result) c.result().run.ended_at += std::chrono::seconds(1);
       }},
      {"aborted",
       [](Case& c) {
         if (c.evidence.result) c.result().run.state = "aborted";
       }},
      {"a reason to abort",
       [](Case& c) {
         if (c.evidence.result) c.result().run.abort = "stop_if";
       }},
      {"nothing injected",
       [](Case& c) {
         if (c.evidence.result) c.result().actions.clear();
       }},
      {"not observed",
       [](Case& c) {
         if (c.evidence.result && !c.result().actions.empty())
           c.result().actions[1].applied_s.reset();
       }},
      {"undo not verified",
       [](Case& c) {
         if (c.evidence.result && !c.result().actions.empty())
           c.result().actions[0].undo_verified = false;
       }},
      {"undo in conflict",
       [](Case& c) {
         if (c.evidence.result && !c.result().actions.empty())
           c.result().actions[1].undo_state = "conflict";
       }},
      {"a change failed",
       [](Case& c) {
         if (c.evidence.result && !c.result().actions.empty())
           c.result().actions[0].error = "refused";
       }},
      {"left behind",
       [](Case& c) {
         if (c.evidence.result && !c.result().actions.empty())
           c.result().actions[0].residue = {"a table"};
       }},
      {"not fair",
       [](Case& c) {
         if (c.evidence.result && !c.result().validity.empty())
           c.result().validity.back().ok = false;
       }},
      {"fairness unknown",
       [](Case& c) {
         if (c.evidence.result) c.result().validity.clear();
       }},
      {"another trial failed",
       [](Case& c) {
         if (c.evidence.runs.empty()) return;
         HistoryRun trial = c.run();
         trial.id = "01KA1000000000000000000000";
         trial.started -= std::chrono::minutes(5);
         trial.ended -= std::chrono::minutes(5);
         trial.status = "fail";
         trial.exit_code = 1;
         c.run().trial_group = trial.trial_group = trial.id;
         c.evidence.runs.push_back(trial);
       }},
      {"a run that the history does not know",
       [](Case& c) {
         c.evidence.unremembered = {"01KD0000000000000000000000"};
       }},
      {"an objective missed",
       [](Case& c) {
         if (c.evidence.result) c.result().metrics.back().verdict = "fail";
       }},
  };
  return kAll;
}

/// The list of the gate once more, written another way and from the words of its contract, as the
/// judge of the judge.
bool should_allow(const GateQuestion& q, const GateEvidence& e) {
  if (q.drill.empty() || q.max_age.count() <= 0) return false;
  if (!e.history_error.empty() || !e.result_error.empty() || !e.unclean.empty()) return false;
  if (!e.lever.empty() || !e.unremembered.empty()) return false;
  if (e.runs.empty() || !e.result) return false;
  std::size_t last = 0;
  for (std::size_t i = 1; i < e.runs.size(); ++i) {
    const bool later =
        e.runs[i].started > e.runs[last].started ||
        (e.runs[i].started == e.runs[last].started && e.runs[i].number > e.runs[last].number);
    if (later) last = i;
  }
  const HistoryRun& h = e.runs[last];
  const Result& r = *e.result;
  for (const HistoryRun& other : e.runs) {
    const bool trial = !h.trial_group.empty() && other.trial_group == h.trial_group;
    if (trial && (other.status != "pass" || other.exit_code != 0)) return false;
  }
  if (h.drill != q.drill || h.status != "pass" || h.exit_code != 0) return false;
  if (h.ended > e.now ||
      e.now > h.ended + std::chrono::duration_cast<std::chrono::microseconds>(q.max_age))
    return false;
  if (!q.for_version.empty() && h.version != q.for_version) return false;
  if (!q.environment.empty() && h.environment != q.environment) return false;
  const std::string label = r.run.labels.contains("version") ? r.run.labels.at("version") : "";
  if (r.run.id != h.id || r.run.drill != h.drill || r.verdict.status != "pass" ||
      r.verdict.exit_code != 0)
    return false;
  if (r.run.environment != h.environment || r.environment_digest != h.environment_digest)
    return false;
  if (r.playbook.series_key != h.series_key || label != h.version || r.run.ended_at != h.ended)
    return false;
  if (r.run.state != "completed" || !r.run.abort.empty() || r.actions.empty() || r.validity.empty())
    return false;
  for (const auto& a : r.actions) {
    const bool clean = a.undo_state == "clean" || a.undo_state == "clean-by-guard" ||
                       a.undo_state == "target-gone";
    if (!a.applied_s || !a.undo_verified || !clean || !a.error.empty() || !a.residue.empty())
      return false;
  }
  for (const auto& v : r.validity) {
    if (!v.ok) return false;
  }
  for (const auto& m : r.metrics) {
    if (m.verdict == "fail") return false;
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate)

BOOST_AUTO_TEST_CASE(a_true_pass_allows_and_says_what_it_rests_on) {
  const Case one = good();
  const GateAnswer answer = decide(one.question, one.evidence);
  BOOST_TEST(answer.allow);
  BOOST_TEST(answer.run == one.evidence.result->run.id);
  BOOST_TEST(answer.reasons.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_question_without_version_and_environment_takes_any) {
  Case one = good();
  one.question.for_version.clear();
  one.question.environment.clear();
  BOOST_TEST(decide(one.question, one.evidence).allow);
}

BOOST_AUTO_TEST_CASE(every_single_violation_denies_with_one_line_reasons) {
  for (const auto& [name, violate] : violations()) {
    Case one = good();
    violate(one);
    const GateAnswer answer = decide(one.question, one.evidence);
    BOOST_TEST(!answer.allow, name);
    BOOST_TEST(!answer.reasons.empty(), name);
    BOOST_TEST(!should_allow(one.question, one.evidence), name << ": the oracle");
    for (const auto& reason : answer.reasons)
      BOOST_TEST(reason.find('\n') == std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(every_pair_of_violations_denies_and_hides_no_reason_of_either) {
  for (const auto& [first_name, first] : violations()) {
    for (const auto& [second_name, second] : violations()) {
      Case one = good();
      first(one);
      const auto alone = decide(one.question, one.evidence).reasons.size();
      second(one);
      const GateAnswer answer = decide(one.question, one.evidence);
      BOOST_TEST(!answer.allow, first_name << " and " << second_name);
      BOOST_TEST(!answer.reasons.empty());
      const bool removes = !one.evidence.result || one.evidence.runs.empty() ||
                           second_name == "nothing injected" || second_name == "fairness unknown" ||
                           second_name == "newer failure" || second_name == "another drill asked" ||
                           first_name == "another drill in the result";
      const bool undoes = first_name == second_name || second_name.starts_with("another") ||
                          first_name == "expired" || first_name == "from the future";
      if (!removes && !undoes)
        BOOST_TEST(answer.reasons.size() >= alone, first_name << " and " << second_name);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_older_pass_behind_a_newer_failure_never_counts) {
  Case one = good();
  one.run().status = "fail";
  one.run().exit_code = 1;
  one.evidence.runs[1].status = "pass";
  one.evidence.runs[1].exit_code = 0;
  const GateAnswer answer = decide(one.question, one.evidence);
  BOOST_TEST(!answer.allow);
  BOOST_TEST(answer.run == one.run().id);
}

BOOST_AUTO_TEST_CASE(the_age_is_allowed_to_the_microsecond) {
  Case one = good();
  one.evidence.now = one.run().ended + std::chrono::hours(24 * 7);
  BOOST_TEST(decide(one.question, one.evidence).allow);
  one.evidence.now += std::chrono::microseconds(1);
  BOOST_TEST(!decide(one.question, one.evidence).allow);
  one.evidence.now = one.run().ended;
  BOOST_TEST(decide(one.question, one.evidence).allow);
  one.evidence.now -= std::chrono::microseconds(1);
  BOOST_TEST(!decide(one.question, one.evidence).allow);
}

BOOST_AUTO_TEST_CASE(hostile_texts_stay_on_one_line) {
  Case one = good();
  one.evidence.unclean = {"a\nb\x1b[2J"};
  one.result().run.abort = "x\ny";
  for (const auto& reason : decide(one.question, one.evidence).reasons) {
    BOOST_TEST(reason.find_first_of("\n\x1b") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_random_evidences_are_judged_as_the_list_says) {
  std::mt19937_64 dice(20261114);
  const auto roll = [&](std::uint64_t sides) {
    return dice() % sides;
  };
  const Case start = good();
  int allowed = 0, wrong = 0;
  for (int i = 0; i < 100'000; ++i) {
    Case one = start;
    for (std::uint64_t left = roll(4); left > 0; --left)
      violations()[roll(violations().size())].second(one);
    one.evidence.now += std::chrono::minutes(static_cast<int>(roll(6000)) - 1000);
    if (roll(3) == 0) one.question.for_version.clear();
    if (roll(3) == 0) one.question.environment.clear();
    if (roll(8) == 0 && !one.evidence.runs.empty())
      std::swap(one.evidence.runs.front(), one.evidence.runs.back());
    const bool allow = decide(one.question, one.evidence).allow;
    allowed += allow ? 1 : 0;
    wrong += allow != should_allow(one.question, one.evidence) ? 1 : 0;
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(allowed > 1000);  // or the judge would only ever have been asked about denials
  BOOST_TEST(allowed < 90'000);
}

BOOST_AUTO_TEST_CASE(times_at_the_ends_of_the_calendar_deny_and_do_no_harm) {
  for (const auto now : {UtcTime::min(), UtcTime::max()}) {
    for (const auto ended : {UtcTime::min(), UtcTime::max()}) {
      Case one = good();
      one.evidence.now = now;
      one.run().ended = one.result().run.ended_at = ended;
      const bool same = now == ended;
      BOOST_TEST(decide(one.question, one.evidence).allow == same);
    }
  }
}

namespace {

/// As `good`, but its first metric is worse than usual in `trials` runs.
Case worse_in(std::size_t trials) {
  Case one = good();
  Result::MetricChange change;
  change.test = trials == 1 ? "prediction-interval" : "mann-whitney-exact";
  change.n_new = trials;
  change.n_old = 8;
  change.result = "worse";
  change.text = "worse: 1.50 times the usual";
  one.result().metrics.front().change = change;
  return one;
}

bool says_worse(const GateAnswer& answer) {
  return std::ranges::any_of(answer.reasons, [](const std::string& reason) {
    return reason.find("worse than usual") != std::string::npos;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(worse_than_usual_denies_only_where_that_was_asked_and_trials_confirm_it) {
  Case confirmed = worse_in(3);
  BOOST_TEST(decide(confirmed.question, confirmed.evidence).allow);
  confirmed.question.no_regression = true;
  BOOST_TEST(!decide(confirmed.question, confirmed.evidence).allow);
  Case once = worse_in(1);
  once.question.no_regression = true;
  BOOST_TEST(decide(once.question, once.evidence).allow);
}

BOOST_AUTO_TEST_CASE(an_allow_says_what_is_worse_than_usual) {
  const Case once = worse_in(1);
  BOOST_TEST(says_worse(decide(once.question, once.evidence)));
  const Case well = good();
  BOOST_TEST(!says_worse(decide(well.question, well.evidence)));
}

BOOST_AUTO_TEST_CASE(
    who_asks_for_no_regression_is_not_told_yes_by_a_run_that_was_compared_with_nothing) {
  Case one = good();
  one.question.no_regression = true;
  BOOST_TEST(!decide(one.question, one.evidence).allow);
  Case few = worse_in(1);
  few.question.no_regression = true;
  few.result().metrics.front().change->test = "none";
  few.result().metrics.front().change->result = "too-few-runs";
  BOOST_TEST(!decide(few.question, few.evidence).allow);
}

BOOST_AUTO_TEST_SUITE_END()
