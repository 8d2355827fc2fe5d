// HTTP/2 with TLS against a real nginx: what users get must not depend on a connection's being
// used again.
#include <filesystem>
#include <set>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "test/base/loop.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kSettings = R"(daemon off;
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
  server {
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    location / {
      add_header x-by "$server_protocol on $connection";
      return 200 "well\n";
    }
  }
}
)";

unsigned short free_port() {
  boost::asio::io_context loop;
  const boost::asio::ip::tcp::endpoint any(boost::asio::ip::make_address("127.0.0.1"), 0);
  return boost::asio::ip::tcp::acceptor(loop, any).local_endpoint().port();
}

/// A folder of its own, an nginx that serves from it, and a certificate for "localhost" and
/// 127.0.0.1 that only who trusts the folder's trusts.
class Nginx {
 public:
  Nginx() : port_(free_port()) {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("muster-nginx-{:x}", entropy());
    std::filesystem::create_directory(folder_);
    std::string settings = replaced(std::string(kSettings), "{folder}", folder_.string());
    write_file_atomically(folder_ / "nginx.conf",
                          replaced(std::move(settings), "{port}", std::to_string(port_)));
  }
  ~Nginx() { std::filesystem::remove_all(folder_); }

  Task<> start(Host& here) {
    Command certify = command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes");
    for (const std::string& word : {std::string("-keyout"),
                                    (folder_ / "key.pem").string(),
                                    std::string("-out"),
                                    certificate(),
                                    std::string("-subj"),
                                    std::string("/CN=localhost"),
                                    std::string("-addext"),
                                    std::string("subjectAltName=DNS:localhost,IP:127.0.0.1")})
      certify.argv.push_back(word);
    const CommandResult made = co_await here.try_run(certify);
    if (!made.ok()) fail("openssl: {}", made.err);
    std::vector<std::string> argv = {"/usr/sbin/nginx", "-p", folder_.string(), "-c", "nginx.conf"};
    channel_ = co_await here.open(std::move(argv));
    for (int i = 0; i < 200 && !std::filesystem::exists(folder_ / "pid"); ++i) co_await wait(10ms);
  }

  Task<> stop() {
    channel_->kill();
    const int code = co_await channel_->wait();
    (void)code;
    channel_.reset();
  }

  std::string url() const { return fmt::format("https://127.0.0.1:{}/", port_); }
  std::string certificate() const { return (folder_ / "certificate.pem").string(); }

 private:
  std::filesystem::path folder_;
  unsigned short port_;
  std::unique_ptr<Channel> channel_;
};

/// Outcomes by name, and the protocols and connections that answered.
struct Seen {
  std::map<std::string, int> outcomes;
  std::set<std::string> by;
};

Task<> ask(json::object params, bool trusted, Seen& seen) {
  LocalHosts hosts;
  Host& here = hosts.host("here");
  Nginx nginx;
  co_await nginx.start(here);
  // Seldom where nobody is named whom to trust: each multi handle reads the authorities of the
  // system once, which takes long under sanitizers.
  AgentTask::Item item = http_item("page", nginx.url(), trusted ? 20 : 5);
  item.clients = 3;
  item.params["served_by"] = json::object{{"header", "x-by"}};
  for (const auto& [key, value] : params) item.params[key] = value;
  if (trusted) item.params["ca_file"] = nginx.certificate();
  Collector collector;
  const AgentTask task = task_of({item});
  Task<> seeing = wait_until(
      [&collector, trusted] { return collector.of("page").size() >= (trusted ? 9U : 5U); });
  co_await measure_until(task, std::move(seeing), collector);
  co_await nginx.stop();
  for (const Sample& sample : collector.of("page")) {
    if (sample.kind != SampleKind::Request) continue;
    ++seen.outcomes[std::string(name_of(sample.outcome))];
    if (sample.text != 0) seen.by.insert(collector.texts.at(sample.text));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http2)

BOOST_AUTO_TEST_CASE(users_of_http_2_share_no_connection_and_keep_their_own) {
  Seen seen;
  run_task(ask({{"version", "2"}}, true, seen));
  BOOST_TEST(seen.outcomes["ok"] >= 9);
  BOOST_TEST(seen.outcomes.size() == 1U);
  BOOST_TEST(seen.by.size() == 3U);
  for (const std::string& by : seen.by) BOOST_TEST(by.starts_with("HTTP/2.0 on "));
}

BOOST_AUTO_TEST_CASE(users_who_do_not_ask_for_http_2_speak_1_1) {
  Seen seen;
  run_task(ask({}, true, seen));
  BOOST_TEST(seen.outcomes["ok"] >= 9);
  for (const std::string& by : seen.by) BOOST_TEST(by.starts_with("HTTP/1.1 on "));
}

BOOST_AUTO_TEST_CASE(a_certificate_that_nobody_vouches_for_is_a_failure_of_tls) {
  Seen seen;
  run_task(ask({}, false, seen));
  BOOST_TEST(seen.outcomes["tls"] >= 5);
  for (const auto& [outcome, count] : seen.outcomes)
    BOOST_TEST(outcome == "tls", fmt::format("{} times {}", count, outcome));
}

BOOST_AUTO_TEST_SUITE_END()
