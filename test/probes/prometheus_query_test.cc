// prometheus_query against a real Prometheus, which scrapes a server of this test.
#include <set>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "probes/probe.h"
#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path kPrometheus = "/usr/bin/prometheus";

struct PrometheusIsInstalled {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    return std::filesystem::exists(kPrometheus);
  }
};

constexpr std::string_view kSettings =
    R"(global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: ["{folder}/rules.yml"]
scrape_configs:
  - job_name: origin
    static_configs: [{targets: ["127.0.0.1:{port}"]}]
)";

constexpr std::string_view kRules = R"(groups:
  - name: origin
    rules:
      - {alert: OriginIsBusy, expr: 'origin_load > 7', for: 400ms}
)";

AgentTask::Item item_of(std::string probe, const std::string& url, json::object what) {
  AgentTask::Item item;
  item.probe = std::move(probe);
  item.kind = "prometheus_query";
  item.rate = 10;
  item.params = std::move(what);
  item.params["url"] = url;
  item.params["timeout"] = 3'000'000'000;
  return item;
}

std::set<std::string> texts_of(Collector& collector, const std::string& probe) {
  std::set<std::string> texts;
  for (const Sample& sample : collector.of(probe)) texts.insert(collector.texts.at(sample.text));
  return texts;
}

/// Waits, not for ever, for an answer of `probe` that `seen` accepts.
template <class Seen>
Task<> until(Collector& collector, std::string probe, Seen seen) {
  SystemClock clock;
  for (int i = 0; i < 3000; ++i) {
    for (const Sample& sample : collector.of(probe))
      if (seen(sample)) co_return;
    co_await clock.sleep_for(10ms);
  }
  BOOST_ERROR("not seen: " + probe);
}

Task<> raise_the_load(Collector& collector, double& load) {
  const auto quiet = [](const Sample& sample) {
    return sample.outcome == Outcome::Good && sample.value == 5;
  };
  const auto busy = [](const Sample& sample) {
    return sample.value == 9;
  };
  const auto firing = [&](const Sample& sample) {
    return collector.texts.at(sample.text) == "firing";
  };
  co_await until(collector, "load", quiet);
  BOOST_TEST(texts_of(collector, "alert") == std::set<std::string>{"inactive"},
             boost::test_tools::per_element());
  load = 9;
  co_await until(collector, "load", busy);
  co_await until(collector, "alert", firing);
}

/// Until its rules are read: an agent asks for them before it starts.
Task<> until_rules_are_read(Host& here, std::string url) {
  for (int i = 0; i < 500; ++i) {
    const CommandResult rules = co_await here.try_run(command("curl", "-s", url + "/api/v1/rules"));
    if (rules.out.find("OriginIsBusy") != std::string::npos) co_return;
    co_await wait(20ms);
  }
  fail("Prometheus does not read its rules");
}

Task<> one_prometheus(Collector& collector) {
  auto executor = co_await boost::asio::this_coro::executor;
  double load = 5;
  SimHttpServer origin(executor, [&](const SimRequest&) {
    SimAnswer answer;
    answer.headers = {"Content-Type: text/plain; version=0.0.4"};
    answer.body = fmt::format("origin_load {}\n", load);
    return answer;
  });
  const ScratchFolder folder;
  std::string settings = replaced(std::string(kSettings), "{folder}", folder.path().string());
  settings = replaced(std::move(settings), "{port}", std::to_string(origin.port()));
  write_file_atomically(folder.path() / "prometheus.yml", settings);
  write_file_atomically(folder.path() / "rules.yml", kRules);
  const auto here = make_host("here", "this machine", {});
  const unsigned short port = free_port();
  std::vector<std::string> argv = {kPrometheus.string(),
                                   "--config.file=" + (folder.path() / "prometheus.yml").string(),
                                   "--storage.tsdb.path=" + (folder.path() / "data").string(),
                                   fmt::format("--web.listen-address=127.0.0.1:{}", port)};
  RealServer prometheus;
  co_await prometheus.start(*here, std::move(argv), port);
  const std::string url = fmt::format("http://127.0.0.1:{}", port);
  co_await until_rules_are_read(*here, url);
  const std::string nowhere = fmt::format("http://127.0.0.1:{}", free_port());
  const AgentTask task = task_of({item_of("load", url, {{"query", "sum(origin_load)"}}),
                                  item_of("scalar", url + "/", {{"query", "1 + 1"}}),
                                  item_of("absent", url, {{"query", "no_such_series"}}),
                                  item_of("no-number", url, {{"query", "0 / 0"}}),
                                  item_of("wrong", url, {{"query", "sum("}}),
                                  item_of("alert", url, {{"alert", "OriginIsBusy"}}),
                                  item_of("misspelt", url, {{"alert", "OriginIsBuzy"}}),
                                  item_of("unheard", nowhere, {{"query", "sum(origin_load)"}})});
  Task<> happening = raise_the_load(collector, load);
  const AgentHealth health = co_await measure_until(task, std::move(happening), collector);
  co_await prometheus.stop();
  co_await origin.stop();
  BOOST_TEST(health.died == "");
}

void check_all(Collector& collector,
               const std::string& probe,
               SampleKind kind,
               Outcome outcome,
               const std::string& text) {
  BOOST_TEST(collector.of(probe).size() >= 3U, probe);
  for (const Sample& sample : collector.of(probe)) {
    BOOST_TEST((sample.kind == kind), probe);
    BOOST_TEST((sample.outcome == outcome), fmt::format("{}: {}", probe, name_of(sample.outcome)));
    BOOST_TEST(collector.texts.at(sample.text).starts_with(text), collector.texts.at(sample.text));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prometheus_query)

BOOST_AUTO_TEST_CASE(values_alerts_and_what_is_neither_are_told_apart,
                     *boost::unit_test::precondition(PrometheusIsInstalled())) {
  Collector collector;
  run_task(one_prometheus(collector));
  check_all(collector, "scalar", SampleKind::Gauge, Outcome::Good, "");
  for (const Sample& sample : collector.of("scalar")) BOOST_TEST(sample.value == 2);
  check_all(collector, "absent", SampleKind::Gauge, Outcome::WrongBody, "absent");
  check_all(collector, "no-number", SampleKind::Gauge, Outcome::WrongBody, "NaN");
  check_all(collector, "wrong", SampleKind::Gauge, Outcome::HttpError, "invalid parameter");
  check_all(collector, "misspelt", SampleKind::Signal, Outcome::WrongBody, "no such alert");
  check_all(collector, "unheard", SampleKind::Gauge, Outcome::Refused, "");
  const std::set<std::string> states = texts_of(collector, "alert");
  BOOST_TEST(states.contains("pending"));
  BOOST_TEST(states.contains("firing"));
  for (const Sample& sample : collector.of("alert")) {
    BOOST_TEST((sample.kind == SampleKind::Signal));
    BOOST_TEST((sample.outcome == Outcome::Good));
  }
}

BOOST_AUTO_TEST_CASE(it_asks_for_a_value_or_for_an_alert_from_vantages_or_a_host) {
  Stack stack;
  StackHost monitor;
  monitor.name = "mon-us";
  monitor.region = "us-east";
  stack.hosts.push_back(monitor);
  Vantage vantage;
  vantage.name = vantage.host = "me";
  stack.vantages.push_back(vantage);
  const auto places = [&](json::object params) {
    ProbeSpec spec;
    spec.name = "load";
    spec.kind = "prometheus_query";
    params["url"] = "http://127.0.0.1:9090";
    spec.params = Params(std::move(params));
    return probe_kind(spec.kind)->places(spec, stack);
  };
  BOOST_TEST(places({{"query", "up"}}).at(0).vantage == "me");
  const ProbePlace there = places({{"query", "up"}, {"host", "mon-us"}}).at(0);
  BOOST_TEST(there.vantage == "mon-us");
  BOOST_TEST(there.host == "mon-us");
  BOOST_TEST(there.region == "us-east");
  const auto complains = [](const Error& error) {
    return std::string(error.what()).starts_with("probe 'load' needs either 'query' or 'alert'");
  };
  BOOST_CHECK_EXCEPTION(places({}), Error, complains);
  BOOST_CHECK_EXCEPTION(places({{"query", "up"}, {"alert", "X"}}), Error, complains);
}

BOOST_AUTO_TEST_SUITE_END()
