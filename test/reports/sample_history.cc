#include <fmt/format.h>

#include "reports/history/earlier.h"
#include "test/reports/sample_result.h"

namespace muster::sample {

namespace {

/// A day of drills: one every two days, the newest two days before `now`.
Result earlier_one(const Result& now, int ago, double failover_s, const std::string& ttl) {
  Story story;
  story.failover_s = failover_s;
  story.stale_reads = 11 + (ago * 7) % 13;
  Result run = drain(story);
  run.verdict = {failover_s > 30 ? "fail" : "pass", failover_s > 30 ? 1 : 0, "", "", {}};
  run.run.number = now.run.number - ago;
  run.run.id = fmt::format("01K9{:022}", run.run.number);
  run.run.trial_group = run.run.id;
  run.run.started_at = now.run.started_at - std::chrono::hours(48 * ago);
  run.run.ended_at = now.run.ended_at - std::chrono::hours(48 * ago);
  run.environment[0].value = ttl;
  return run;
}

/// `runs` before `now`; the newest `slower` of them with another TTL.
std::vector<HistoryRun> runs_before(const Result& now, int runs, int slower) {
  std::vector<HistoryRun> newest_first;
  newest_first.reserve(static_cast<std::size_t>(runs));
  for (int ago = 1; ago <= runs; ++ago) {
    const double varies = 1 + 0.02 * ((ago * 5) % 7 - 3);
    newest_first.push_back(history_run_of(ago <= slower
                                              ? earlier_one(now, ago, 8.2 * varies, "5s")
                                              : earlier_one(now, ago, 5.4 * varies, "2s")));
  }
  return newest_first;
}

}  // namespace

Result slower_than_usual() {
  Result result = passed();
  put_against_earlier(result, runs_before(result, 16, 0));
  return result;
}

Result failed_with_history() {
  Result result = failed();
  put_against_earlier(result, runs_before(result, 16, 4));
  return result;
}

Result few_before() {
  Result result = passed();
  put_against_earlier(result, runs_before(result, 3, 0));
  return result;
}

Result third_trial() {
  Result result = passed();
  std::vector<HistoryRun> runs = runs_before(result, 10, 2);
  runs[0].trial_group = runs[1].trial_group = runs[1].id;
  result.run.trial_group = runs[1].id;
  result.run.trial_index = result.run.trial_of = 3;
  put_against_earlier(result, runs);
  return result;
}

std::vector<HistoryRun> sixteen_runs() {
  const Result now = failed();
  std::vector<HistoryRun> runs = runs_before(now, 16, 4);
  runs.insert(runs.begin(), history_run_of(now));
  runs[9].status = "inconclusive";
  runs[12].accepted = {runs[12].id, runs[12].ended, "alice (uid 1000)", "the new balancer"};
  return runs;
}

}  // namespace muster::sample
