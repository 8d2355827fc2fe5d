#include <fstream>
#include <set>

#include <boost/test/unit_test.hpp>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.h"
#include "base/files.h"
#include "reports/history/history_text.h"
#include "store/history_store.h"
#include "store/store.h"
#include "test/reports/sample_result.h"

#include "sample_store.h"

using namespace muster;
using sample::in_processes;
using sample::StoreFolder;

namespace {

Result result(std::string id,
              std::int64_t number,
              int hours = 0,
              std::string drill = "drain-us-east") {
  static const Result kPassed = sample::passed();
  Result out = kPassed;
  out.series = {};
  out.run.id = std::move(id);
  out.run.number = number;
  out.run.drill = std::move(drill);
  out.run.started_at += std::chrono::hours(hours);
  out.run.ended_at += std::chrono::hours(hours);
  return out;
}

bool says(const std::string& part, const std::filesystem::path& file) {
  try {
    open_history(file);
  } catch (const Error& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return text.find(part) != std::string::npos && text.find(file.string()) != std::string::npos;
  }
  return false;
}

void execute(const std::filesystem::path& file, const std::string& statement) {
  soci::session sql(soci::sqlite3, "dbname=\"" + file.string() + "\"");
  sql << statement;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(history)

BOOST_AUTO_TEST_CASE(a_run_comes_back_as_it_was_added) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  const Result added = result("01KA", 46);
  history->add(history_run_of(added));
  const std::optional<HistoryRun> run = history->run("01KA");
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST(run->number == 46);
  BOOST_TEST(run->drill == "drain-us-east");
  BOOST_TEST(run->environment == "lab");
  BOOST_TEST(run->series_key == added.playbook.series_key);
  BOOST_TEST(run->environment_digest == added.environment_digest);
  BOOST_TEST((run->started == added.run.started_at));
  BOOST_TEST((run->ended == added.run.ended_at));
  BOOST_TEST(run->status == "pass");
  BOOST_TEST(run->exit_code == 0);
  BOOST_TEST(run->headline == added.verdict.headline);
  BOOST_TEST(run->version == "2026.46.1");
  bool found = false;
  for (const HistoryMetric& metric : run->metrics)
    found = found || (metric.id == "time_to_failover" && metric.value == 8.4 && metric.judged);
  BOOST_TEST(found);
  BOOST_TEST((!history->run("nobody")));
}

BOOST_AUTO_TEST_CASE(a_time_that_was_not_reached_is_kept_as_that_and_not_as_a_number) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  Result never = sample::never_detected();
  history->add(history_run_of(never));
  const auto kept = history->run(never.run.id);
  const auto failover = std::ranges::find(kept->metrics, "time_to_failover", &HistoryMetric::id);
  BOOST_REQUIRE((failover != kept->metrics.end()));
  BOOST_TEST(!failover->value.has_value());
}

BOOST_AUTO_TEST_CASE(adding_a_run_again_keeps_one_with_the_latest_verdict) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  Result one = result("01KA", 46);
  history->add(history_run_of(one));
  history->add(history_run_of(one));
  one.verdict.status = "fail";
  one.metrics.clear();
  history->add(history_run_of(one));
  const auto runs = history->runs("", 10);
  BOOST_REQUIRE(runs.size() == 1U);
  BOOST_TEST(runs[0].status == "fail");
  BOOST_TEST(runs[0].metrics.empty());
}

BOOST_AUTO_TEST_CASE(runs_come_newest_first_by_drill_and_limited) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  history->add(history_run_of(result("b", 2, 2)));
  history->add(history_run_of(result("a", 1, 1)));
  history->add(history_run_of(result("x", 1, 9, "other")));
  history->add(history_run_of(result("c", 3, 3)));
  const auto runs = history->runs("drain-us-east", 2);
  BOOST_REQUIRE(runs.size() == 2U);
  BOOST_TEST(runs[0].id == "c");
  BOOST_TEST(runs[1].id == "b");
  BOOST_TEST(history->runs("", 10).front().id == "x");
  BOOST_TEST(history->runs("nothing", 10).empty());
}

BOOST_AUTO_TEST_CASE(numbers_count_up_for_each_drill_and_survive_reopening) {
  const StoreFolder folder;
  BOOST_TEST(open_history(folder.file())->next_number("a") == 1);
  const auto history = open_history(folder.file());
  BOOST_TEST(history->next_number("a") == 2);
  BOOST_TEST(history->next_number("b") == 1);
  history->add(history_run_of(result("01KA", 46, 0, "a")));
  BOOST_TEST(history->next_number("a") == 47);
}

BOOST_AUTO_TEST_CASE(texts_with_quotes_are_data) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  Result one = result("01KA", 1);
  one.verdict.headline = "'); DROP TABLE run; -- \"";
  history->add(history_run_of(one));
  BOOST_TEST(history->run("01KA")->headline == one.verdict.headline);
}

BOOST_AUTO_TEST_CASE(several_processes_open_number_and_add_at_once) {
  const StoreFolder folder;
  constexpr int kProcesses = 6;
  constexpr int kRounds = 15;
  const int good = in_processes(kProcesses, [&](int process) {
    const auto history = open_history(folder.file());  // the first one makes the tables
    for (int i = 0; i < kRounds; ++i) {
      const std::int64_t number = history->next_number("d");
      history->add(history_run_of(
          result(std::to_string(process) + "-" + std::to_string(i), number, 0, "d")));
    }
  });
  BOOST_TEST(good == kProcesses);
  std::set<std::int64_t> numbers;
  const auto runs = open_history(folder.file())->runs("d", 1000);
  for (const auto& run : runs) numbers.insert(run.number);
  BOOST_TEST(runs.size() == static_cast<std::size_t>(kProcesses * kRounds));
  BOOST_TEST(numbers.size() == runs.size());
  BOOST_TEST(*numbers.rbegin() == kProcesses * kRounds);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused_and_left_alone) {
  const StoreFolder folder;
  const std::string content =
      "this is a shopping list, not a database; it is longer than a header of SQLite is\n";
  std::ofstream(folder.file()) << content << content;
  BOOST_TEST(says("not a database", folder.file()));
  BOOST_TEST(read_file(folder.file()) == content + content);
}

BOOST_AUTO_TEST_CASE(a_database_of_something_else_is_refused) {
  const StoreFolder folder;
  execute(folder.file(), "CREATE TABLE songs (title TEXT)");
  BOOST_TEST(says("not a store of muster", folder.file()));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused) {
  const StoreFolder folder;
  open_history(folder.file());
  execute(folder.file(), "UPDATE muster_schema SET version = 5");
  BOOST_TEST(says("newer muster", folder.file()));
}

BOOST_AUTO_TEST_CASE(each_probe_keeps_its_own_number) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  Result one = result("01KA", 1);
  one.metrics.clear();
  for (const auto& [probe, value] : {std::pair{"readers", 8.4}, std::pair{"api", 3.1}}) {
    Result::Metric metric;
    metric.id = "time_to_failover";
    metric.scope_probe = probe;
    metric.value = value;
    metric.lo = value - 0.05;
    metric.hi = value + 0.05;
    one.metrics.push_back(std::move(metric));
  }
  one.metrics.push_back(one.metrics.front());  // a second objective on the same
  one.metrics.back().budget = 30;
  history->add(history_run_of(one));
  const auto kept = history->run("01KA");
  BOOST_REQUIRE(kept->metrics.size() == 2U);
  BOOST_TEST(kept->metrics[0].probe == "api");
  BOOST_TEST(*kept->metrics[0].value == 3.1);
  BOOST_TEST(!kept->metrics[0].judged);
  BOOST_TEST(kept->metrics[1].judged);
  BOOST_TEST(kept->metrics[1].resolution == 0.1, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(how_the_failure_went_and_what_the_run_ran_on_come_back) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  HistoryRun one = history_run_of(result("01KA", 1));
  one.profile = {-2, 1, {0, 0, 0.5, 0.25}};
  one.settings = {{"dns.ttl", "5s \"quoted\"", "config"}, {"app", "2026.46\n1", "build"}};
  one.metrics = {{"time_to_failover", "readers", 8.4, 0.1, true, 30}};
  history->add(one);
  const auto kept = history->run("01KA");
  BOOST_TEST(kept->profile.from_s == -2);
  BOOST_TEST(kept->profile.failed == one.profile.failed, boost::test_tools::per_element());
  BOOST_REQUIRE(kept->settings.size() == 2U);
  BOOST_TEST(kept->settings[0].value == "5s \"quoted\"");
  BOOST_TEST(kept->settings[1].value == "2026.46\n1");
  BOOST_TEST(*kept->metrics.at(0).budget == 30);
}

BOOST_AUTO_TEST_CASE(a_person_accepts_a_run_as_the_new_normal) {
  const StoreFolder folder;
  const auto history = open_history(folder.file());
  history->add(history_run_of(result("01KA", 1)));
  history->add(history_run_of(result("01KB", 2, 1)));
  const UtcTime at = *parse_utc("2026-11-20T10:00:00Z");
  history->accept({"01KA", at, "alice (uid 1000)", "a slower\nbalancer; it's \"ours\""});
  const auto runs = history->runs("", 10);
  BOOST_TEST(!runs[0].accepted.has_value());
  BOOST_REQUIRE(runs[1].accepted.has_value());
  BOOST_TEST(runs[1].accepted->who == "alice (uid 1000)");
  BOOST_TEST(runs[1].accepted->why == "a slower\nbalancer; it's \"ours\"");
  BOOST_TEST((runs[1].accepted->at == at));
  history->accept({"01KA", at, "bob (uid 1001)", "the last word"});
  BOOST_TEST(history->run("01KA")->accepted->why == "the last word");
  BOOST_CHECK_THROW(history->accept({"01KX", at, "bob (uid 1001)", "nothing"}), Error);
  // Added anew: what a person said about the run stays.
  history->add(history_run_of(result("01KA", 1)));
  BOOST_TEST(history->run("01KA")->accepted.has_value());
}

BOOST_AUTO_TEST_CASE(a_history_of_the_third_schema_becomes_a_store) {
  const StoreFolder folder;
  for (const char* statement :
       {"CREATE TABLE muster_schema (version INTEGER NOT NULL)",
        "CREATE TABLE counter (drill TEXT PRIMARY KEY, last INTEGER NOT NULL)",
        "CREATE TABLE run (id TEXT PRIMARY KEY, number INTEGER NOT NULL, drill TEXT NOT NULL, "
        "environment TEXT NOT NULL, series_key TEXT NOT NULL, environment_digest TEXT NOT NULL, "
        "started TEXT NOT NULL, ended TEXT NOT NULL, status TEXT NOT NULL, exit_code INTEGER NOT "
        "NULL, headline TEXT NOT NULL, version TEXT NOT NULL, trial_group TEXT NOT NULL DEFAULT "
        "'', profile TEXT NOT NULL DEFAULT '', settings TEXT NOT NULL DEFAULT '')",
        "CREATE INDEX run_by_drill ON run (drill, started)",
        "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, probe TEXT NOT NULL, value "
        "REAL, resolution REAL NOT NULL, judged INTEGER NOT NULL, budget REAL, missed INTEGER NOT "
        "NULL DEFAULT 0, PRIMARY KEY (run, id, probe))",
        "CREATE TABLE accepted (run TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, why "
        "TEXT NOT NULL)",
        "INSERT INTO muster_schema VALUES (3)",
        "INSERT INTO counter VALUES ('d', 7)",
        "INSERT INTO run VALUES ('01K9', 7, 'd', 'lab', 'k', 'g', '2026-11-14T14:12:00Z', "
        "'2026-11-14T14:13:00Z', 'pass', 0, 'well', '', '01K9', '', '')",
        "INSERT INTO metric VALUES ('01K9', 'time_to_failover', 'readers', 6.5, 0.1, 1, 30, 0)",
        "INSERT INTO accepted VALUES ('01K9', '2026-11-15T09:00:00Z', 'alice', 'slower')"})
    execute(folder.file(), statement);
  const auto store = open_store("sqlite:" + folder.file().string());
  const HistoryRun old = store->history().run("01K9").value();
  BOOST_TEST(old.stack == "");
  BOOST_TEST(old.result_digest == "");
  BOOST_TEST(*old.metrics.at(0).value == 6.5);
  BOOST_TEST(*old.metrics[0].budget == 30);
  BOOST_TEST(old.accepted->who == "alice");
  BOOST_TEST(store->history().next_number("d") == 8);
  HistoryRun next = old;
  next.id = "01KB";
  next.stack = "shop";
  next.result_digest = "sha256:0123";
  store->history().add(next);
  BOOST_TEST(store->history().run("01KB")->stack == "shop");
  Occurrence turn;
  turn.schedule = "weekly";
  turn.due = turn.at = turn.latest = old.started;
  store->plan(turn);
  BOOST_TEST(store->claim({"weekly"}, "a", std::chrono::hours(1), 1, turn.at).has_value());
  BOOST_TEST(open_store("sqlite:" + folder.file().string())->history().runs("d", 9).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_history_of_the_second_schema_goes_on) {
  const StoreFolder folder;
  for (const char* statement :
       {"CREATE TABLE muster_schema (version INTEGER NOT NULL)",
        "CREATE TABLE counter (drill TEXT PRIMARY KEY, last INTEGER NOT NULL)",
        "CREATE TABLE run (id TEXT PRIMARY KEY, number INTEGER NOT NULL, drill TEXT NOT NULL, "
        "environment TEXT NOT NULL, series_key TEXT NOT NULL, environment_digest TEXT NOT NULL, "
        "started TEXT NOT NULL, ended TEXT NOT NULL, status TEXT NOT NULL, exit_code INTEGER NOT "
        "NULL, headline TEXT NOT NULL, version TEXT NOT NULL, trial_group TEXT NOT NULL DEFAULT "
        "'')",
        "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, probe TEXT NOT NULL, value "
        "REAL, resolution REAL NOT NULL, judged INTEGER NOT NULL, PRIMARY KEY (run, id, probe))",
        "CREATE TABLE accepted (run TEXT PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, why "
        "TEXT NOT NULL)",
        "INSERT INTO muster_schema VALUES (2)",
        "INSERT INTO run VALUES ('01K9', 7, 'd', 'lab', 'k', 'g', '2026-11-14T14:12:00Z', "
        "'2026-11-14T14:13:00Z', 'pass', 0, 'well', '', '01K9')",
        "INSERT INTO metric VALUES ('01K9', 'time_to_failover', 'readers', NULL, 0.1, 1)"})
    execute(folder.file(), statement);
  open_history(folder.file())->add(history_run_of(result("01KB", 8, 0, "d")));
  const auto old = open_history(folder.file())->run("01K9");
  BOOST_REQUIRE(old.has_value());
  BOOST_TEST(old->profile.failed.empty());
  BOOST_TEST(old->settings.empty());
  BOOST_REQUIRE(old->metrics.size() == 1U);
  BOOST_TEST(!old->metrics[0].value.has_value());
  BOOST_TEST(!old->metrics[0].budget.has_value());
  BOOST_TEST(open_history(folder.file())->runs("d", 10).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_history_of_the_first_schema_goes_on) {
  const StoreFolder folder;
  for (const char* statement :
       {"CREATE TABLE muster_schema (version INTEGER NOT NULL)",
        "CREATE TABLE counter (drill TEXT PRIMARY KEY, last INTEGER NOT NULL)",
        "CREATE TABLE run (id TEXT PRIMARY KEY, number INTEGER NOT NULL, drill TEXT NOT NULL, "
        "environment TEXT NOT NULL, series_key TEXT NOT NULL, environment_digest TEXT NOT NULL, "
        "started TEXT NOT NULL, ended TEXT NOT NULL, status TEXT NOT NULL, exit_code INTEGER NOT "
        "NULL, headline TEXT NOT NULL, version TEXT NOT NULL)",
        "CREATE INDEX run_by_drill ON run (drill, started)",
        "CREATE TABLE metric (run TEXT NOT NULL, id TEXT NOT NULL, value REAL NOT NULL, PRIMARY "
        "KEY (run, id))",
        "INSERT INTO muster_schema VALUES (1)",
        "INSERT INTO counter VALUES ('d', 7)",
        "INSERT INTO run VALUES ('01K9', 7, 'd', 'lab', 'k', 'g', '2026-11-14T14:12:00Z', "
        "'2026-11-14T14:13:00Z', 'pass', 0, 'well', '')",
        "INSERT INTO metric VALUES ('01K9', 'time_to_failover', 6.5)"})
    execute(folder.file(), statement);
  const auto history = open_history(folder.file());
  const auto runs = history->runs("d", 10);
  BOOST_REQUIRE(runs.size() == 1U);
  BOOST_REQUIRE(runs[0].metrics.size() == 1U);
  BOOST_TEST(*runs[0].metrics[0].value == 6.5);
  BOOST_TEST(runs[0].trial_group.empty());
  BOOST_TEST(history->next_number("d") == 8);
  history->add(history_run_of(result("01KB", 8, 0, "d")));
  BOOST_TEST(open_history(folder.file())->runs("d", 10).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_an_error_and_never_an_empty_history) {
  const StoreFolder folder;
  {
    const auto history = open_history(folder.file());
    for (int i = 0; i < 200; ++i)
      history->add(history_run_of(result("run " + std::to_string(i), i + 1, i)));
  }
  const auto size = std::filesystem::file_size(folder.file());
  BOOST_REQUIRE(size > 20'000U);
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(size - 4096, '\x5a');
  file.close();
  BOOST_CHECK_THROW(open_history(folder.file())->runs("", 1000), Error);
}

BOOST_AUTO_TEST_CASE(the_table_of_runs_lines_up_and_shows_what_is_missing_as_missing) {
  HistoryRun one;
  one.number = 9;
  one.drill = "a";
  one.started = *parse_utc("2026-11-14T14:12:00Z");
  one.status = "pass";
  one.headline = "Everyone was over after 8.40 s.";
  one.metrics = {{.id = "failed_requests", .probe = "readers", .value = 1681},
                 {.id = "time_to_failover", .probe = "api", .value = 3.1},
                 {.id = "time_to_failover", .probe = "readers", .value = 8.4}};
  HistoryRun two = one;
  two.number = 10;
  two.status = "inconclusive";
  two.metrics.clear();
  two.headline = "bad\x1b[2J";
  BOOST_TEST(render_history({two, one}) ==
             "run  when                  verdict       failover  failed  what happened\n"
             " 10  2026-11-14 14:12 UTC  inconclusive         —       —  bad\ufffd[2J\n"
             "  9  2026-11-14 14:12 UTC  pass            8.40 s    1681  Everyone was over after "
             "8.40 s.\n");
  one.accepted = Acceptance{"01KA", one.started, "alice (uid 1000)", "slower\x1b[2J on purpose"};
  BOOST_TEST(render_history({one}).ends_with(
      "  ^ the new normal, says alice (uid 1000): slower\ufffd[2J on purpose\n"));
  BOOST_TEST(render_history({}) == "no runs yet\n");
}

BOOST_AUTO_TEST_SUITE_END()
