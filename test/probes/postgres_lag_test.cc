// postgres_lag against a real server, where this machine has one to start.
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "test/base/loop.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kPrograms = "/usr/lib/postgresql/15/bin";

struct PostgresIsInstalled {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    return std::filesystem::exists(kPrograms / "postgres");
  }
};

/// A directory that the server may use, gone at the end.
struct Scratch {
  Scratch()
      : path(std::filesystem::temp_directory_path() / fmt::format("muster-pg-{:x}", entropy())) {
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms::all);
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

/// Not as root: PostgreSQL refuses.
Command as_postgres(std::vector<std::string> argv) {
  Command command;
  if (::geteuid() == 0)
    command.argv = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
  command.argv.push_back((kPrograms / argv.front()).string());
  command.argv.insert(command.argv.end(), argv.begin() + 1, argv.end());
  command.timeout = 60s;
  return command;
}

AgentTask::Item lag_item(const std::string& directory) {
  AgentTask::Item item;
  item.probe = "replication";
  item.kind = "postgres_lag";
  item.rate = 20;
  const std::string conninfo =
      fmt::format("host={} port=5499 user=postgres dbname=postgres", directory);
  item.params = {{"service", "db"}, {"timeout", 1'000'000'000}, {"conninfo", conninfo}};
  return item;
}

/// Waits, not for ever, until `seen` holds of what was measured.
template <class Seen>
Task<> until_seen(Collector& collector, Seen seen) {
  SystemClock clock;
  for (int i = 0; i < 2000 && !seen(collector.of("replication")); ++i)
    co_await clock.sleep_for(10ms);
}

bool several(const std::vector<Sample>& samples) {
  return samples.size() >= 5;
}

bool grown(const std::vector<Sample>& samples) {
  return samples.back().value > samples.front().value;
}

bool failing(const std::vector<Sample>& samples) {
  return samples.back().outcome != Outcome::Good;
}

/// Writes while the agent looks, then takes the server away.
Task<> write_and_stop(Host& here, std::string directory, Collector& collector) {
  co_await until_seen(collector, several);
  Command write = as_postgres({"psql",
                               "-q",
                               "-h",
                               directory,
                               "-p",
                               "5499",
                               "-U",
                               "postgres",
                               "-c",
                               "create table t as select generate_series(1, 10000)"});
  co_await here.run(std::move(write));
  co_await until_seen(collector, grown);
  Command stop =
      as_postgres({"pg_ctl", "-D", directory + "/data", "-m", "immediate", "-w", "stop"});
  co_await here.run(std::move(stop));
  co_await until_seen(collector, failing);
}

Task<> watch_a_server(Collector& collector) {
  const Scratch scratch;
  const std::string directory = scratch.path.string();
  const auto here = make_host("here", "this machine", {});
  Command make =
      as_postgres({"initdb", "-N", "-A", "trust", "-U", "postgres", "-D", directory + "/data"});
  co_await here->run(std::move(make));
  const std::string options =
      fmt::format("-p 5499 -c listen_addresses= -c fsync=off -k {}", directory);
  Command start = as_postgres({"pg_ctl",
                               "-D",
                               directory + "/data",
                               "-l",
                               directory + "/log",
                               "-o",
                               options,
                               "-w",
                               "start"});
  co_await here->run(std::move(start));
  const AgentTask task = task_of({lag_item(directory)});
  Task<> writing = write_and_stop(*here, directory, collector);
  const AgentHealth health = co_await measure_until(task, std::move(writing), collector);
  BOOST_TEST(health.died == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_lag, *boost::unit_test::precondition(PostgresIsInstalled()))

BOOST_AUTO_TEST_CASE(the_position_in_the_log_grows_with_what_is_written_and_ends_with_the_server) {
  Collector collector;
  run_task(watch_a_server(collector));
  std::vector<double> positions;
  std::size_t failed = 0;
  for (const Sample& sample : collector.of("replication")) {
    BOOST_TEST((sample.kind == SampleKind::Gauge));
    if (sample.outcome != Outcome::Good) {
      ++failed;
      continue;
    }
    BOOST_TEST(collector.texts.at(sample.text) == "primary");
    if (!positions.empty()) BOOST_TEST(sample.value >= positions.back());
    positions.push_back(sample.value);
  }
  BOOST_REQUIRE(!positions.empty());
  BOOST_TEST(positions.back() > positions.front());
  BOOST_TEST(failed > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
