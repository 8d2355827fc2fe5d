// tls against real servers: one that proves who it is, one that is somebody else, one whose
// certificate has ended.
#include <boost/test/unit_test.hpp>

#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// A server of OpenSSL with a certificate of its own for "localhost" and 127.0.0.1.
class SecureServer {
 public:
  Task<> start(Host& here, int days) {
    Command ask = command("openssl",
                          "req",
                          "-newkey",
                          "rsa:2048",
                          "-nodes",
                          "-keyout",
                          key(),
                          "-out",
                          file("request"),
                          "-subj",
                          "/CN=localhost",
                          "-addext",
                          "subjectAltName=DNS:localhost,IP:127.0.0.1");
    co_await here.run(std::move(ask));
    Command sign = command("openssl",
                           "x509",
                           "-req",
                           "-in",
                           file("request"),
                           "-signkey",
                           key(),
                           "-copy_extensions",
                           "copy",
                           "-days",
                           std::to_string(days),
                           "-out",
                           certificate());
    co_await here.run(std::move(sign));
    std::vector<std::string> argv = {"openssl",
                                     "s_server",
                                     "-quiet",
                                     "-naccept",
                                     "1000",
                                     "-accept",
                                     fmt::format("127.0.0.1:{}", port),
                                     "-cert",
                                     certificate(),
                                     "-key",
                                     key()};
    co_await server_.start(here, std::move(argv), port);
  }
  Task<> stop() { return server_.stop(); }

  std::string certificate() const { return file("certificate"); }
  const unsigned short port = free_port();

 private:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string key() const { return file("key"); }

  const ScratchFolder folder_;
  RealServer server_;
};

AgentTask::Item item_of(std::string probe, unsigned short port, const std::string& trusted) {
  AgentTask::Item item;
  item.probe = std::move(probe);
  item.kind = "tls";
  item.rate = 10;
  item.params = {{"host", "127.0.0.1"}, {"port", port}, {"timeout", 3'000'000'000}};
  if (!trusted.empty()) item.params["ca_file"] = trusted;
  return item;
}

Task<> three_servers(Collector& collector) {
  const auto here = make_host("here", "this machine", {});
  SecureServer good;
  SecureServer ended;
  co_await good.start(*here, 30);
  co_await ended.start(*here, -1);
  AgentTask::Item other_name = item_of("other-name", good.port, good.certificate());
  other_name.params["name"] = "www.novvista.test";
  AgentTask::Item by_name = item_of("by-name", good.port, good.certificate());
  by_name.params["name"] = "localhost";
  const AgentTask task = task_of({item_of("good", good.port, good.certificate()),
                                  by_name,
                                  other_name,
                                  item_of("unknown", good.port, ""),
                                  item_of("ended", ended.port, ended.certificate()),
                                  item_of("nobody", free_port(), "")});
  const AgentHealth health = co_await measure(task, 500ms, collector);
  co_await good.stop();
  co_await ended.stop();
  BOOST_TEST(health.died == "");
}

void check_all(Collector& collector,
               const std::string& probe,
               Outcome outcome,
               const std::string& text,
               double days) {
  BOOST_TEST(collector.of(probe).size() >= 3U, probe);
  for (const Sample& sample : collector.of(probe)) {
    BOOST_TEST((sample.outcome == outcome), fmt::format("{}: {}", probe, name_of(sample.outcome)));
    BOOST_TEST(collector.texts.at(sample.text) == text);
    BOOST_TEST((sample.value > days - 0.1 && sample.value <= days), sample.value);
    BOOST_TEST(sample.status == (days == 0 ? 0 : 1));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(a_certificate_is_good_for_so_many_days_or_it_is_said_why_it_is_not) {
  Collector collector;
  run_task(three_servers(collector));
  check_all(collector, "good", Outcome::Good, "", 30);
  check_all(collector, "by-name", Outcome::Good, "", 30);
  check_all(collector, "other-name", Outcome::Tls, "hostname mismatch", 30);
  check_all(collector, "unknown", Outcome::Tls, "self-signed certificate", 30);
  check_all(collector, "ended", Outcome::Tls, "certificate has expired", -1);
  check_all(collector, "nobody", Outcome::Refused, "", 0);
}

BOOST_AUTO_TEST_SUITE_END()
