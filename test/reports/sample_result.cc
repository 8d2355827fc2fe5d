#include "test/reports/sample_result.h"

namespace muster::sample {

namespace {

void say(
    Result& result, std::string status, int exit_code, std::string headline, std::string detail) {
  result.verdict = {std::move(status), exit_code, std::move(headline), std::move(detail), {}};
}

}  // namespace

Result passed() {
  Result result = drain({});
  say(result,
      "pass",
      0,
      "Everyone was on EU West 8.40 s after the drain; the budget is 30 s. No write was lost.",
      "Readers at Client US were unavailable for 5.09 s; Client EU noticed nothing.");
  return result;
}

Result failed() {
  Story story;
  story.failover_s = 38.2;
  story.undo_s = 58;
  story.recovered_s = 66.5;
  story.end_s = 90;
  story.lost_writes = 3;
  story.stale_reads = 41;
  Result result = drain(story);
  say(result,
      "fail",
      1,
      "Failover took 38.2 s against a budget of 30 s, and 3 acknowledged writes were lost.",
      "Clients kept the old address for up to 36 s although dns.ttl is 5 s.");
  result.verdict.reasons = {{"time_to_failover", "38.2 s, budget 30 s"},
                            {"lost_writes", "3, budget 0"}};
  return result;
}

Result inconclusive() {
  Result result = drain({});
  say(result,
      "inconclusive",
      3,
      "The drill says nothing: two of five conditions of a fair measurement did not hold.",
      "Nothing is known to be wrong with the system. Run it again.");
  result.validity[0] = {
      "probe-lag", false, "client-us left 212 ms late (p99): the vantage was overloaded"};
  result.validity[2] = {
      "baseline", false, "the baseline was not steady: 3.1 % failed, at most 1 % may"};
  for (auto& one : result.metrics) {
    if (one.budget) one.verdict = "inconclusive";
  }
  return result;
}

Result aborted() {
  Story story;
  story.ever_failed_over = false;
  story.stopped_s = 22;
  story.undo_s = 22.2;
  story.end_s = 62;
  story.stale_reads = 0;
  Result result = drain(story);
  result.run.state = "aborted";
  result.run.abort = "error_ratio of readers over 10 s was above 90 % for 20 s";
  result.events.push_back(
      {"e9", 22, 0, "abort", "muster", "Stop condition met: error_ratio above 90 % for 20 s", ""});
  result.events.push_back(
      {"e10", 22.2, 0, "rollback", "guard on dns", "us-east is back in rotation", ""});
  say(result,
      "aborted",
      5,
      "Stopped after 22 s: more than 90 % of the readers failed for 20 s.",
      "No failover happened before the stop.");
  result.verdict.reasons = {{"error_ratio", result.run.abort}};
  for (auto& one : result.metrics) {
    if (!one.budget) continue;
    one.verdict = "inconclusive";
    one.reason = "the run was stopped before its budget was over";
  }
  return result;
}

Result interrupted() {
  Result result = aborted();
  result.run.state = "interrupted";
  result.run.abort = "interrupted from the keyboard";
  result.events[result.events.size() - 2].text = "Interrupted from the keyboard";
  say(result,
      "interrupted",
      130,
      "Interrupted from the keyboard after 22 s; everything is back as it was.",
      "");
  return result;
}

Result broken() {
  Result result = drain({});
  Result::Action& cut = result.actions[0];
  cut.undo_verified = false;
  cut.undone_s.reset();
  cut.undo_state = "unknown";
  cut.undo_evidence.clear();
  cut.error = "app-us did not answer for 20 s";
  cut.residue = {"nft table muster_drain_2 on app-us"};
  result.validity[4] = {"undo", false, "1 of 2 changes was not seen undone"};
  say(result,
      "broken",
      4,
      "Something is still broken: app-us may still refuse connections.",
      "The measurement itself was completed: failover in 8.40 s.");
  result.verdict.reasons = {{"undo", "drain/2: the undo could not be verified on app-us"}};
  return result;
}

Result never_detected() {
  Story story;
  story.ever_failed_over = false;
  story.undo_s = 60;
  story.recovered_s = 68;
  story.end_s = 84;
  story.stale_reads = 0;
  Result result = drain(story);
  for (auto& milestone : result.milestones) {
    if (milestone.id == "detect") {
      milestone.value = 60;
      milestone.censored = true;
    }
  }
  std::erase_if(result.metrics, [](const auto& one) { return one.id == "time_to_detect"; });
  std::erase_if(result.events, [](const auto& event) { return event.kind == "detect"; });
  say(result,
      "fail",
      1,
      "Nobody failed over in 60 s: no health check noticed that us-east was gone.",
      "Readers at Client US had no service until the drain was undone.");
  result.verdict.reasons = {{"time_to_failover", "not within 60 s, budget 30 s"}};
  return result;
}

Result nothing_injected() {
  Story story;
  story.injected = false;
  story.end_s = 4;
  story.stale_reads = 0;
  Result result = drain(story);
  result.checks[0].second = false;
  result.validity[2] = {
      "baseline", false, "the baseline was not steady: 3.1 % failed, at most 1 % may"};
  say(result,
      "inconclusive",
      3,
      "Nothing was injected: the system was not steady before the drill.",
      "");
  return result;
}

Result many_vantages() {
  Story story;
  story.failover_s = 24;
  story.undo_s = 300;
  story.recovered_s = 316;
  story.end_s = 420;
  Result result = drain(story);
  const std::size_t count = result.series.rows.size();
  for (std::size_t i = 0; i < count; ++i) {
    Result::SeriesRow copy = result.series.rows[i];
    if (copy.probe == "replication" || copy.probe == "names") continue;
    copy.vantage += "-2";
    result.series.rows.push_back(copy);
    copy.vantage += "b";
    result.series.rows.push_back(copy);
  }
  say(result, "pass", 0, "Everyone was on EU West 24.0 s after the drain; the budget is 30 s.", "");
  return result;
}

Result hostile(const std::string& text) {
  Result result = failed_with_history();
  result.verdict.headline = result.verdict.detail = text;
  result.run.drill = result.run.service = result.run.environment = result.run.trigger = text;
  result.run.labels = {{text, text}, {"version", text}};
  result.playbook.path = result.playbook.text = result.playbook.digest = text;
  for (auto& event : result.events) event.text = event.source = text;
  for (auto& vantage : result.vantages) vantage.name = vantage.note = text;
  for (auto& phase : result.phases) phase.name = text;
  for (auto& action : result.actions) {
    action.what = action.error = action.evidence = action.undo_evidence = action.apply_text =
        action.undo_text = text;
    action.targets = action.residue = {text};
    action.undo_verified = false;
  }
  for (auto& one : result.metrics) one.name = one.reason = text;
  for (auto& clause : result.validity) clause.text = text;
  for (auto& check : result.checks) check.first = text;
  for (auto& item : result.environment) item.key = item.value = item.kind = text;
  for (auto& stage : result.prediction->stages) stage.name = stage.why = text;
  result.prediction->finding = text;
  for (auto& row : result.series.rows) {
    row.probe = text;
    for (auto& bin : row.fail) {
      if (!bin.empty()) bin = {{text, bin.begin()->second}};
    }
    for (auto& bin : row.served_by) {
      if (!bin.empty()) bin = {{text, bin.begin()->second}, {"us-east", 1}};
    }
  }
  for (auto& spread : result.client_spread) spread.probe = spread.vantage = text;
  result.samples->file = text;
  for (auto& run : result.earlier) run.id = run.status = text;
  result.changed = {{text, text, text}};
  if (result.series_step) result.series_step->changed = {{text, text, text}};
  result.verdict.status = "broken";
  return result;
}

std::vector<Named> all() {
  return {{"pass", passed()},
          {"fail", failed()},
          {"inconclusive", inconclusive()},
          {"aborted", aborted()},
          {"interrupted", interrupted()},
          {"broken", broken()},
          {"never-detected", never_detected()},
          {"nothing-injected", nothing_injected()},
          {"many-vantages", many_vantages()},
          {"slower-than-usual", slower_than_usual()},
          {"failed-with-history", failed_with_history()},
          {"few-before", few_before()},
          {"third-trial", third_trial()}};
}

}  // namespace muster::sample
