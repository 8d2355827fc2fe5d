// cdn against real edges: an nginx that caches, and a Varnish that is purged.
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "probes/cache_status.h"
#include "probes/probe.h"
#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kNginx = R"(daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=pages:1m;
  server {
    listen 127.0.0.1:{port};
    location / {
      proxy_pass http://127.0.0.1:{origin};
      proxy_cache pages;
      proxy_cache_valid 200 1s;
      proxy_cache_use_stale error;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
)";

constexpr std::string_view kVarnish = R"(vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "{origin}"; }
sub vcl_recv { if (req.method == "PURGE") { return (purge); } }
sub vcl_backend_response { set beresp.ttl = 60s; }
)";

struct IsInstalled {
  const char* program;
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    return std::filesystem::exists(program);
  }
};

std::string filled_in(std::string_view settings,
                      const ScratchFolder& folder,
                      unsigned short port,
                      unsigned short origin) {
  std::string text = replaced(std::string(settings), "{folder}", folder.path().string());
  text = replaced(std::move(text), "{port}", std::to_string(port));
  return replaced(std::move(text), "{origin}", std::to_string(origin));
}

constexpr std::int64_t kSecond = 1'000'000'000;

AgentTask::Item cdn_item(const std::string& url, const std::string& cache_header) {
  AgentTask::Item item;
  item.probe = "readers";
  item.kind = "cdn";
  item.rate = 20;
  item.params = {
      {"url", url}, {"method", "GET"}, {"timeout", 3 * kSecond}, {"cache_header", cache_header}};
  return item;
}

std::size_t count_of(Collector& collector, CacheStatus status) {
  std::size_t count = 0;
  for (const Sample& sample : collector.of("readers")) {
    const bool answered = sample.kind == SampleKind::Request && sample.outcome == Outcome::Good;
    count += answered && sample.value == static_cast<double>(status) ? 1 : 0;
  }
  return count;
}

Task<> until(Collector& collector, CacheStatus status, std::size_t count) {
  for (int i = 0; i < 2000; ++i) {
    if (count_of(collector, status) >= count) co_return;
    co_await wait(10ms);
  }
  BOOST_ERROR(fmt::format("the cache never said {}", static_cast<int>(status)));
}

Task<> lose_the_origin(bool& gone, Collector& collector) {
  co_await until(collector, CacheStatus::Hit, 5);
  co_await until(collector, CacheStatus::Expired, 1);
  BOOST_TEST(count_of(collector, CacheStatus::Stale) == 0U);
  gone = true;
  co_await until(collector, CacheStatus::Stale, 5);
}

Task<> an_nginx(Collector& collector) {
  auto executor = co_await boost::asio::this_coro::executor;
  bool gone = false;
  SimHttpServer origin(executor, [&](const SimRequest&) {
    SimAnswer answer;
    if (gone) answer.way = SimAnswer::Way::Reset;
    return answer;
  });
  const ScratchFolder folder;
  const unsigned short port = free_port();
  write_file_atomically(folder.path() / "nginx.conf",
                        filled_in(kNginx, folder, port, origin.port()));
  const auto here = make_host("here", "this machine", {});
  std::vector<std::string> argv = {
      "/usr/sbin/nginx", "-p", folder.path().string(), "-c", "nginx.conf"};
  RealServer nginx;
  co_await nginx.start(*here, std::move(argv), port);
  const AgentTask task = task_of({cdn_item(fmt::format("http://127.0.0.1:{}/", port), "x-cache")});
  Task<> happening = lose_the_origin(gone, collector);
  const AgentHealth health = co_await measure_until(task, std::move(happening), collector);
  co_await nginx.stop();
  co_await origin.stop();
  BOOST_TEST(health.died == "");
}

/// The gauges of one place, or of the cache's age where it is "".
std::vector<Sample> gauges_of(Collector& collector, const std::string& place, Outcome outcome) {
  std::vector<Sample> found;
  for (const Sample& sample : collector.of("readers")) {
    if (sample.kind == SampleKind::Gauge && sample.outcome == outcome &&
        collector.texts.at(sample.text) == place)
      found.push_back(sample);
  }
  return found;
}

Task<> publish_twice(Collector& collector) {
  for (int i = 0; i < 2000; ++i) {
    if (gauges_of(collector, "purged", Outcome::Good).size() >= 2 &&
        gauges_of(collector, "kept", Outcome::Timeout).size() >= 1)
      co_return;
    co_await wait(10ms);
  }
  BOOST_ERROR("no purge was seen");
}

Task<> a_varnish(Collector& collector) {
  auto executor = co_await boost::asio::this_coro::executor;
  std::string content = "nothing yet";
  SimHttpServer origin(executor, [&](const SimRequest& request) {
    if (request.method == "PUT") content = request.body;
    SimAnswer answer;
    answer.body = content;
    return answer;
  });
  const ScratchFolder folder;
  const unsigned short port = free_port();
  write_file_atomically(folder.path() / "edge.vcl",
                        filled_in(kVarnish, folder, port, origin.port()));
  const auto here = make_host("here", "this machine", {});
  std::vector<std::string> argv = {"/usr/sbin/varnishd",
                                   "-F",
                                   "-a",
                                   fmt::format("127.0.0.1:{}", port),
                                   "-f",
                                   (folder.path() / "edge.vcl").string(),
                                   "-n",
                                   (folder.path() / "work").string(),
                                   "-s",
                                   "malloc,16m",
                                   "-j",
                                   "none"};
  RealServer varnish;
  co_await varnish.start(*here, std::move(argv), port);
  const std::string edge = fmt::format("http://127.0.0.1:{}/", port);
  AgentTask::Item item = cdn_item(edge + "page", "x-varnish");
  const json::object write = {{"url", origin.url("/page")},
                              {"method", "PUT"},
                              {"timeout", 3 * kSecond},
                              {"body", "number {number}"}};
  const json::object purge = {
      {"url", edge + "page"}, {"method", "PURGE"}, {"timeout", 3 * kSecond}};
  // What nobody purges shows the old content until it is too old.
  item.params["publish"] = {{"write", write},
                            {"purge", {purge}},
                            {"read", {{"purged", edge + "page"}, {"kept", edge + "other"}}},
                            {"every", kSecond},
                            {"give_up", kSecond / 2}};
  const AgentTask task = task_of({item});
  Task<> happening = publish_twice(collector);
  const AgentHealth health = co_await measure_until(task, std::move(happening), collector);
  co_await varnish.stop();
  co_await origin.stop();
  BOOST_TEST(health.died == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cdn)

BOOST_AUTO_TEST_CASE(what_caches_say_is_understood) {
  const auto is = [](std::string_view header, CacheStatus status) {
    BOOST_TEST((cache_status_from(header) == status), header);
  };
  is("HIT", CacheStatus::Hit);
  is("Hit from cloudfront", CacheStatus::Hit);
  is("RefreshHit from cloudfront", CacheStatus::Revalidated);
  is("MISS, HIT", CacheStatus::Hit);
  is("HIT, MISS", CacheStatus::Miss);
  is("DYNAMIC", CacheStatus::Bypass);
  is("UPDATING", CacheStatus::Updating);
  is("32770", CacheStatus::Miss);
  is("32770 3", CacheStatus::Hit);
  is("", CacheStatus::NotTold);
  is("perhaps", CacheStatus::NotTold);
}

BOOST_AUTO_TEST_CASE(an_edge_serves_stale_when_its_origin_is_gone,
                     *boost::unit_test::precondition(IsInstalled{"/usr/sbin/nginx"})) {
  Collector collector;
  run_task(an_nginx(collector));
  BOOST_TEST(count_of(collector, CacheStatus::NotTold) == 0U);
  BOOST_TEST(gauges_of(collector, "", Outcome::Good).empty());  // nginx says no age
}

BOOST_AUTO_TEST_CASE(what_is_purged_shows_the_new_content_and_what_is_not_does_not,
                     *boost::unit_test::precondition(IsInstalled{"/usr/sbin/varnishd"})) {
  Collector collector;
  run_task(a_varnish(collector));
  BOOST_TEST(count_of(collector, CacheStatus::Hit) > 0U);
  BOOST_TEST(!gauges_of(collector, "", Outcome::Good).empty());  // Varnish does
  BOOST_TEST(gauges_of(collector, "purged", Outcome::Timeout).empty());
}

BOOST_AUTO_TEST_CASE(what_is_published_must_differ_each_time) {
  Stack stack;
  Vantage vantage;
  vantage.name = vantage.host = "me";
  stack.vantages.push_back(vantage);
  ProbeSpec spec;
  spec.name = "readers";
  spec.kind = "cdn";
  const std::string url = "http://www.example.test/page";
  json::object params = cdn_item(url, "x-cache").params;
  params["publish"] = {{"write", {{"url", url}, {"method", "PUT"}, {"timeout", kSecond}}},
                       {"read", {{"here", url}}},
                       {"every", kSecond},
                       {"give_up", kSecond}};
  spec.params = Params(std::move(params));
  BOOST_CHECK_EXCEPTION(probe_kind("cdn")->places(spec, stack), Error, [](const Error& error) {
    return std::string(error.what())
        .starts_with("probe 'readers': what 'write' sends needs {number}");
  });
}

BOOST_AUTO_TEST_SUITE_END()
