#include "reports/history.h"

#include <fstream>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/error.h"
#include "base/files.h"
#include "reports/history_text.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

/// A folder of its own that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "muster history XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path file() const { return path_ / "history.db"; }

 private:
  std::filesystem::path path_;
};

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

/// Runs `work` in `count` processes at once; how many of them ended well.
template <class Work>
int in_processes(int count, Work work) {
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int status = 0;
      try {
        work(i);
      } catch (const std::exception& error) {
        ::dprintf(2, "%s\n", error.what());
        status = 1;
      }
      ::_exit(status);
    }
    children.push_back(child);
  }
  int good = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    good += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  return good;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(history)

BOOST_AUTO_TEST_CASE(a_run_comes_back_as_it_was_added) {
  const Folder folder;
  const auto history = open_history(folder.file());
  const Result added = result("01KA", 46);
  history->add(added);
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
  for (const auto& [id, value] : run->metrics)
    found = found || (id == "time_to_failover" && value == 8.4);
  BOOST_TEST(found);
  BOOST_TEST((!history->run("nobody")));
}

BOOST_AUTO_TEST_CASE(a_time_that_was_not_reached_is_left_out) {
  const Folder folder;
  const auto history = open_history(folder.file());
  Result never = sample::never_detected();
  history->add(never);
  const auto kept = history->run(never.run.id);
  for (const auto& [id, value] : kept->metrics) BOOST_TEST(id != "time_to_failover");
}

BOOST_AUTO_TEST_CASE(adding_a_run_again_keeps_one_with_the_latest_verdict) {
  const Folder folder;
  const auto history = open_history(folder.file());
  Result one = result("01KA", 46);
  history->add(one);
  history->add(one);
  one.verdict.status = "fail";
  one.metrics.clear();
  history->add(one);
  const auto runs = history->runs("", 10);
  BOOST_REQUIRE(runs.size() == 1U);
  BOOST_TEST(runs[0].status == "fail");
  BOOST_TEST(runs[0].metrics.empty());
}

BOOST_AUTO_TEST_CASE(runs_come_newest_first_by_drill_and_limited) {
  const Folder folder;
  const auto history = open_history(folder.file());
  history->add(result("b", 2, 2));
  history->add(result("a", 1, 1));
  history->add(result("x", 1, 9, "other"));
  history->add(result("c", 3, 3));
  const auto runs = history->runs("drain-us-east", 2);
  BOOST_REQUIRE(runs.size() == 2U);
  BOOST_TEST(runs[0].id == "c");
  BOOST_TEST(runs[1].id == "b");
  BOOST_TEST(history->runs("", 10).front().id == "x");
  BOOST_TEST(history->runs("nothing", 10).empty());
}

BOOST_AUTO_TEST_CASE(numbers_count_up_for_each_drill_and_survive_reopening) {
  const Folder folder;
  BOOST_TEST(open_history(folder.file())->next_number("a") == 1);
  const auto history = open_history(folder.file());
  BOOST_TEST(history->next_number("a") == 2);
  BOOST_TEST(history->next_number("b") == 1);
  history->add(result("01KA", 46, 0, "a"));
  BOOST_TEST(history->next_number("a") == 47);
}

BOOST_AUTO_TEST_CASE(texts_with_quotes_are_data) {
  const Folder folder;
  const auto history = open_history(folder.file());
  Result one = result("01KA", 1);
  one.verdict.headline = "'); DROP TABLE run; -- \"";
  history->add(one);
  BOOST_TEST(history->run("01KA")->headline == one.verdict.headline);
}

BOOST_AUTO_TEST_CASE(several_processes_open_number_and_add_at_once) {
  const Folder folder;
  constexpr int kProcesses = 6;
  constexpr int kRounds = 15;
  const int good = in_processes(kProcesses, [&](int process) {
    const auto history = open_history(folder.file());  // the first one makes the tables
    for (int i = 0; i < kRounds; ++i) {
      const std::int64_t number = history->next_number("d");
      history->add(result(std::to_string(process) + "-" + std::to_string(i), number, 0, "d"));
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
  const Folder folder;
  const std::string content =
      "this is a shopping list, not a database; it is longer than a header of SQLite is\n";
  std::ofstream(folder.file()) << content << content;
  BOOST_TEST(says("not a database", folder.file()));
  BOOST_TEST(read_file(folder.file()) == content + content);
}

BOOST_AUTO_TEST_CASE(a_database_of_something_else_is_refused) {
  const Folder folder;
  execute(folder.file(), "CREATE TABLE songs (title TEXT)");
  BOOST_TEST(says("not a history of muster", folder.file()));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused) {
  const Folder folder;
  open_history(folder.file());
  execute(folder.file(), "UPDATE muster_schema SET version = 2");
  BOOST_TEST(says("newer muster", folder.file()));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_an_error_and_never_an_empty_history) {
  const Folder folder;
  {
    const auto history = open_history(folder.file());
    for (int i = 0; i < 200; ++i) history->add(result("run " + std::to_string(i), i + 1, i));
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
  one.metrics = {{"failed_requests", 1681}, {"time_to_failover", 8.4}};
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
  BOOST_TEST(render_history({}) == "no runs yet\n");
}

BOOST_AUTO_TEST_CASE(a_comparison_names_what_got_worse_and_what_changed_around_it) {
  const Result before = sample::passed();
  Result after = sample::failed();
  after.run.number = 47;
  after.environment[0].value = "30s";
  const std::string text = render_comparison(before, after);
  BOOST_TEST_MESSAGE(text);
  BOOST_TEST(text.find("+29.8 s worse") != std::string::npos);
  BOOST_TEST(text.find("dns.ttl: 5s -> 30s") != std::string::npos);
  BOOST_TEST(text.find("do not measure the same thing") == std::string::npos);
  after.playbook.series_key = "sha256:ffff";
  BOOST_TEST(
      render_comparison(before, after).starts_with("these runs do not measure the same thing"));
  BOOST_TEST(render_comparison(before, before).find("nothing in the environment differs") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
