#include "reports/live/milestones.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
using Kind = LiveMilestone::Kind;

namespace {

/// Users fail from 10 s to 13 s; the fault is undone at 30 s, which they do not notice.
RecordBuilder failover_of_3_seconds() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13s, 100)
      .good("readers", "client-us", 13s, 60s, 100);
  Playbook& playbook = run.record().playbook;
  playbook.steps.push_back({BaselineStep{10s}, {}});
  run.fault(10s);
  AwaitStep await;
  await.kind = AwaitStep::Kind::Failover;
  await.probe = "readers";
  await.within = 60s;
  playbook.steps.push_back({await, {}});
  await.kind = AwaitStep::Kind::Recovery;
  playbook.steps.push_back({await, {}});
  return run;
}

/// The whole run as it would have been known at `now`.
RunRecord known_at(const RecordBuilder& run, Duration now) {
  RecordBuilder copy = run;
  RunRecord record = copy.record();
  if (now >= 0s) record.baseline_began = at(0s);
  if (now >= 10s) record.baseline_ended = at(10s);
  std::erase_if(record.actions,
                [&](const ActionRecord& action) { return action.applied->began > at(now); });
  for (ActionRecord& action : record.actions) {
    if (action.undone && action.undone->ended > at(now)) action.undone.reset();
  }
  return record;
}

class Followed {
 public:
  explicit Followed(RecordBuilder run)
      : run_(std::move(run)),
        live_(make_live_metrics(run_.record().playbook, run_.record().texts)),
        milestones_(run_.record().playbook) {}

  std::vector<LiveMilestone> look(Duration now) {
    for (const SampleSeries& series : run_.record().series) {
      for (const Sample& sample : series.samples) {
        if (sample.done <= at(now) && sample.done > fed_)
          live_->add(series.probe, series.vantage, sample);
      }
    }
    fed_ = at(now);
    return milestones_.look(known_at(run_, now), *live_, at(now));
  }
  const LiveMilestone& one(Kind kind) const {
    for (const LiveMilestone& each : milestones_.all()) {
      if (each.kind == kind) return each;
    }
    fail("there is no such milestone");
  }
  std::string_view phase() const { return phase_of(milestones_.all()); }

 private:
  RecordBuilder run_;
  std::unique_ptr<LiveMetrics> live_;
  LiveMilestones milestones_;
  Time fed_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(milestones)

BOOST_AUTO_TEST_CASE(an_objective_is_the_budget_and_else_the_step) {
  Followed by_step(failover_of_3_seconds());
  BOOST_TEST((by_step.one(Kind::FailedOver).budget == 60s));
  RecordBuilder run = failover_of_3_seconds();
  run.objective("time_to_failover", "readers", 2).objective("time_to_failover", "readers", 30);
  Followed by_objective(std::move(run));
  BOOST_TEST((by_objective.one(Kind::FailedOver).budget == 2s));
  BOOST_TEST((by_objective.one(Kind::Recovered).budget == 60s));
}

BOOST_AUTO_TEST_CASE(one_counts_from_its_beginning_and_is_reached_where_the_window_began) {
  Followed run(failover_of_3_seconds());
  run.look(5s);
  BOOST_TEST(!run.one(Kind::FailedOver).running());
  run.look(12s);
  BOOST_TEST(run.one(Kind::FailedOver).running());
  BOOST_TEST((run.one(Kind::FailedOver).taken(at(12s)) == 2s));
  const auto reached = run.look(19s);
  BOOST_REQUIRE(reached.size() == 1u);
  BOOST_TEST((reached[0].kind == Kind::FailedOver));
  BOOST_TEST((*reached[0].took == 3s));
  BOOST_TEST(run.look(20s).empty());
}

BOOST_AUTO_TEST_CASE(one_that_is_reached_stays_so_when_its_samples_are_forgotten) {
  RecordBuilder records_of_long = failover_of_3_seconds();
  records_of_long.good("readers", "client-us", 60s, 900s, 100);
  Followed run(std::move(records_of_long));
  run.look(19s);
  run.look(900s);
  BOOST_TEST((*run.one(Kind::FailedOver).took == 3s));
}

BOOST_AUTO_TEST_CASE(one_is_over_its_budget_before_it_is_reached) {
  RecordBuilder records_with_budget = failover_of_3_seconds();
  records_with_budget.objective("time_to_failover", "readers", 2);
  Followed run(std::move(records_with_budget));
  run.look(11s);
  BOOST_TEST(!run.one(Kind::FailedOver).over(at(11s)));
  run.look(12500ms);
  BOOST_TEST(run.one(Kind::FailedOver).over(at(12500ms)));
  run.look(19s);
  BOOST_TEST(run.one(Kind::FailedOver).over(at(50s)));
}

BOOST_AUTO_TEST_CASE(that_users_are_well_after_the_undo_is_no_failover) {
  RecordBuilder records_of_none = records();
  records_of_none.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 30s, 100)
      .good("readers", "client-us", 30s, 60s, 100)
      .objective("time_to_failover", "readers", 5)
      .fault(10s)
      .undo(30s);
  Followed run(std::move(records_of_none));
  run.look(29s);
  run.look(50s);
  BOOST_TEST(!run.one(Kind::FailedOver).reached());
}

BOOST_AUTO_TEST_CASE(recovery_waits_until_nothing_is_in_force) {
  RecordBuilder records_of_two = failover_of_3_seconds();
  records_of_two.undo(20s).fault(15s, 15s, "other");
  Followed run(std::move(records_of_two));
  run.look(50s);
  BOOST_TEST(!run.one(Kind::Recovered).running());
  BOOST_TEST(!run.one(Kind::Undone).reached());
}

BOOST_AUTO_TEST_CASE(a_step_is_injected_when_all_its_changes_are) {
  RecordBuilder run = failover_of_3_seconds();
  run.fault(11s);
  RunRecord record = known_at(run, 12s);
  record.actions[1].applied.reset();
  LiveMilestones milestones(record.playbook);
  const auto live = make_live_metrics(record.playbook, record.texts);
  const auto is_injected = [&] {
    for (const LiveMilestone& each : milestones.look(record, *live, at(12s))) {
      if (each.kind == Kind::Injected) return true;
    }
    return false;
  };
  BOOST_TEST(!is_injected());
  record.actions[1].error = "refused";
  BOOST_TEST(is_injected());
}

BOOST_AUTO_TEST_CASE(the_phase_follows_the_milestones) {
  RecordBuilder whole = failover_of_3_seconds();
  whole.undo(30s);
  Followed run(std::move(whole));
  BOOST_TEST(run.phase() == "starting");
  const auto phase_at = [&](Duration now) {
    run.look(now);
    return run.phase();
  };
  BOOST_TEST(phase_at(5s) == "baseline");
  BOOST_TEST(phase_at(11s) == "failing over");
  BOOST_TEST(phase_at(19s) == "failed over");
  BOOST_TEST(phase_at(31s) == "recovering");
  BOOST_TEST(phase_at(36s) == "recovered");
}

BOOST_AUTO_TEST_SUITE_END()
