#include <filesystem>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "probes/probe.h"
#include "probes/prober.h"
#include "probes/vantage.h"

using namespace muster;

namespace {

Stack two_regions() {
  Stack stack;
  stack.regions = {"us-east", "eu-west"};
  for (const std::string name : {"client-us", "client-eu", "db-us", "db-eu"}) {
    StackHost host;
    host.name = name;
    host.region = name.ends_with("us") ? "us-east" : "eu-west";
    stack.hosts.push_back(host);
  }
  for (const std::string name : {"client-us", "client-eu"}) {
    Vantage vantage;
    vantage.name = name;
    vantage.host = name;
    vantage.resolver = "10.1.0.53";
    vantage.region = stack.host(name)->region;
    stack.vantages.push_back(vantage);
  }
  StackService db;
  db.name = "db";
  db.kind = "postgres";
  db.hosts = {"db-us", "db-eu"};
  db.params = Params({{"dsn", {{"db-us", "host=10.1.0.20"}, {"db-eu", "host=10.2.0.20"}}}});
  stack.services.push_back(db);
  return stack;
}

ProbeSpec probe(std::string kind, json::object params) {
  ProbeSpec spec;
  spec.name = "watched";
  spec.kind = std::move(kind);
  spec.params = Params(std::move(params));
  return spec;
}

std::vector<ProbePlace> places_of(const ProbeSpec& spec, const Stack& stack) {
  return probe_kind(spec.kind)->places(spec, stack);
}

json::object http_params(const std::string& url) {
  return {{"url", url}, {"method", "GET"}, {"timeout", 1'000'000'000}};
}

bool says(const Error& error, std::string_view words) {
  return std::string_view(error.what()).find(words) != std::string_view::npos;
}

class Silence final : public Recorder {
 public:
  void record(const Sample&) override {}
  std::uint16_t text(std::string_view) override { return 0; }
};

constexpr std::string_view kStack = R"(muster_stack: 1
stack: two-regions
environment: lab
hosts:
  client: {reach: local}
  db-us: {reach: local}
  db-eu: {reach: local}
services:
  db:
    kind: postgres
    primary: db-us
    replicas: [db-eu]
    dsn: {db-us: host=10.1.0.20, db-eu: host=10.2.0.20}
  cache:
    kind: redis
    primary: db-us
    replicas: [db-eu]
vantages:
  me: {host: client, resolver: 10.1.0.53}
)";

/// A playbook with one probe of each kind, as its example writes it.
std::string playbook_of_examples() {
  std::string text =
      "muster: 1\ndrill: examples\ntitle: One probe of each kind\nstack: stack.yaml\nprobes:\n";
  for (const ProbeKind& kind : probe_kinds()) {
    text += fmt::format("  my-{}:\n", kind.spec.name);
    for (const std::string& line : split(kind.spec.example, '\n')) {
      if (!line.empty()) text += "    " + line + "\n";
    }
  }
  return text + "steps:\n  - baseline: 1s\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kinds)

BOOST_AUTO_TEST_CASE(the_example_of_each_kind_is_a_probe_that_an_agent_can_start) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("muster-kinds-{:x}", entropy());
  make_private_directories(folder);
  write_file_atomically(folder / "stack.yaml", kStack);
  write_file_atomically(folder / "drill.yaml", playbook_of_examples());
  const Drill drill =
      load_drill((folder / "drill.yaml").string(), Catalogue{{}, probe_specs()}, {});
  std::filesystem::remove_all(folder);

  boost::asio::io_context loop;
  SystemClock clock;
  Silence recorder;
  std::size_t items = 0;
  for (const AgentTask& task : agent_tasks(drill.playbook, drill.stack)) {
    for (const AgentTask::Item& item : task.items) {
      const Watch watch{loop.get_executor(), clock, task, item, recorder};
      BOOST_TEST(probe_kind(item.kind)->prober(watch)->in_flight() == 0U, item.kind);
      ++items;
    }
  }
  BOOST_TEST(items == probe_kinds().size() + 2);  // replication is watched from two hosts
}

BOOST_AUTO_TEST_CASE(every_kind_is_found_by_its_name_and_explains_itself) {
  std::set<std::string_view> names;
  for (const ProbeKind& kind : probe_kinds()) {
    BOOST_TEST(names.insert(kind.spec.name).second);
    BOOST_TEST(probe_kind(kind.spec.name) == &kind);
    BOOST_TEST(!kind.spec.summary.empty());
    BOOST_TEST(kind.spec.example.starts_with(std::string(kind.spec.name) + ":\n"));
    for (const Field& field : kind.spec.fields) BOOST_TEST(!field.help.empty());
  }
  BOOST_TEST(probe_kind("telepathy") == nullptr);
  BOOST_TEST(probe_specs().size() == probe_kinds().size());
}

BOOST_AUTO_TEST_CASE(only_kinds_that_show_the_control_plane_are_signals) {
  for (const ProbeKind& kind : probe_kinds()) BOOST_TEST(kind.signal == (kind.spec.name == "dns"));
}

BOOST_AUTO_TEST_CASE(a_probe_that_names_no_vantage_looks_from_every_one) {
  const Stack stack = two_regions();
  ProbeSpec spec = probe("http", http_params("http://www.novvista.test/"));
  BOOST_TEST(places_of(spec, stack).size() == 2U);
  spec.from = {"client-eu"};
  const auto places = places_of(spec, stack);
  BOOST_REQUIRE(places.size() == 1U);
  BOOST_TEST(places[0].vantage == "client-eu");
  BOOST_TEST(places[0].host == "client-eu");
  BOOST_TEST(places[0].region == "eu-west");
  BOOST_TEST(places[0].resolver == "10.1.0.53");
}

BOOST_AUTO_TEST_CASE(a_url_that_is_none_is_found_before_the_drill) {
  BOOST_CHECK_THROW(places_of(probe("http", http_params("www.novvista.test/x y")), two_regions()),
                    Error);
}

BOOST_AUTO_TEST_CASE(replication_is_watched_on_the_hosts_of_the_databases_themselves) {
  const auto places =
      places_of(probe("postgres_lag", {{"service", "db"}, {"timeout", 1}}), two_regions());
  BOOST_REQUIRE(places.size() == 2U);
  BOOST_TEST(places[0].vantage == "db-us");
  BOOST_TEST(places[0].host == "db-us");
  BOOST_TEST(text_at(places[0].params, "conninfo") == "host=10.1.0.20");
  BOOST_TEST(places[1].host == "db-eu");
  BOOST_TEST(text_at(places[1].params, "conninfo") == "host=10.2.0.20");
}

BOOST_AUTO_TEST_CASE(replication_of_something_else_than_postgres_is_refused) {
  Stack stack = two_regions();
  stack.services[0].kind = "redis";
  BOOST_CHECK_EXCEPTION(places_of(probe("postgres_lag", {{"service", "db"}}), stack),
                        Error,
                        [](const Error& error) { return says(error, "not of kind postgres"); });
}

BOOST_AUTO_TEST_CASE(a_key_that_two_writes_could_share_is_refused) {
  const json::object read = http_params("http://www.novvista.test/{key}");
  for (const char* key : {"{vantage}-{number}", "{run}-{number}", "{run}-{vantage}"}) {
    const ProbeSpec spec = probe("ledger", {{"write", read}, {"read", read}, {"key", key}});
    BOOST_CHECK_EXCEPTION(places_of(spec, two_regions()), Error, [](const Error& error) {
      return says(error, "two writes have the same");
    });
  }
}

BOOST_AUTO_TEST_CASE(probes_are_grouped_by_the_host_they_run_on) {
  Playbook playbook;
  playbook.probes.push_back(probe("http", http_params("http://www.novvista.test/")));
  playbook.probes.push_back(
      probe("dns", {{"name", "www.novvista.test"}, {"type", "A"}, {"timeout", 1}}));
  playbook.probes.push_back(probe("postgres_lag", {{"service", "db"}, {"timeout", 1}}));
  playbook.probes[0].rate = 50;
  playbook.probes[0].clients = 7;
  playbook.probes[1].from = {"client-us"};
  const auto tasks = agent_tasks(playbook, two_regions());
  BOOST_REQUIRE(tasks.size() == 4U);
  BOOST_TEST(tasks[0].vantage == "client-us");
  BOOST_REQUIRE(tasks[0].items.size() == 2U);
  BOOST_TEST(tasks[0].items[0].kind == "http");
  BOOST_TEST(tasks[0].items[0].rate == 50);
  BOOST_TEST(tasks[0].items[0].clients == 7);
  BOOST_TEST(tasks[0].items[0].resolver == "10.1.0.53");
  BOOST_TEST(tasks[0].items[1].kind == "dns");
  BOOST_TEST(tasks[1].vantage == "client-eu");
  BOOST_TEST(tasks[1].items.size() == 1U);
  BOOST_TEST(tasks[2].vantage == "db-us");
  BOOST_TEST(tasks[3].vantage == "db-eu");
}

BOOST_AUTO_TEST_CASE(what_users_of_a_page_cannot_do_is_said_before_anything_runs) {
  const auto complaint = [](std::string key, json::value value) {
    json::object params = http_params("http://www.example.test/");
    params[key] = std::move(value);
    try {
      places_of(probe("http", std::move(params)), two_regions());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  BOOST_TEST(complaint("version", "1.1") == "nothing");
  BOOST_TEST(complaint("version", "2") ==
             "HTTP/2 is spoken over TLS only; write an https URL instead of "
             "'http://www.example.test/'");
  BOOST_TEST(complaint("body", "{token}") ==
             "{token} is what a login gives; write  login: {url: ..., token: /access_token}");
  json::object repeated = http_params("http://www.example.test/");
  repeated["method"] = "POST";
  repeated["rate_while_failing"] = 50.0;
  BOOST_CHECK_EXCEPTION(
      places_of(probe("http", repeated), two_regions()), Error, [](const Error& error) {
        return std::string(error.what()) ==
               "'rate_while_failing' repeats requests, so it is for GET and HEAD only";
      });
}

BOOST_AUTO_TEST_SUITE_END()
