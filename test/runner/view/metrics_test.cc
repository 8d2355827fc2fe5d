#include "runner/view/metrics.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/error.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;

/// A port that was free a moment ago.
std::string free_address() {
  asio::io_context context;
  const asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  return "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

/// What Prometheus would get.
std::string scrape(const std::string& address) {
  asio::ip::tcp::iostream connection("127.0.0.1", address.substr(address.find(':') + 1));
  connection << "GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n" << std::flush;
  std::string all;
  for (std::string line; std::getline(connection, line);) all += line + "\n";
  return all;
}

Playbook readers() {
  Playbook playbook;
  ProbeSpec probe;
  probe.name = "readers";
  probe.kind = "http";
  playbook.probes.push_back(probe);
  return playbook;
}

class KeptSamples final : public SampleFile {
 public:
  void add(std::string_view, std::string_view, const Sample&) override { ++count_; }
  void add_text(std::uint16_t, std::string_view) override {}
  void flush() override {}
  std::uint64_t count() const override { return count_; }
  std::vector<SampleSeries> read_back() const override { return {}; }

 private:
  std::uint64_t count_ = 0;
};

Sample request(Outcome outcome, Duration took) {
  Sample sample;
  sample.due = Time(10s);
  sample.sent = sample.due + 2ms;
  sample.done = sample.due + took;
  sample.outcome = outcome;
  return sample;
}

/// The signals that a thread of this process blocks, a bit each.
std::uint64_t blocked_in(const std::filesystem::path& task) {
  std::ifstream status(task / "status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigBlk:")) return std::stoull(line.substr(7), nullptr, 16);
  throw std::runtime_error("no SigBlk in " + task.string());
}

std::vector<std::uint64_t> blocked_in_other_threads() {
  std::vector<std::uint64_t> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    if (task.path().filename() != std::to_string(::getpid()))
      found.push_back(blocked_in(task.path()));
  return found;
}

bool says(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos ||
         text.find(line + "\r\n") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(requests_are_counted_on_their_way_to_the_file_by_how_they_ended) {
  const std::string address = free_address();
  const auto exposition = expose_metrics(address, readers());
  const auto file = exposition->counting(std::make_unique<KeptSamples>());
  for (int i = 0; i < 3; ++i) file->add("readers", "us", request(Outcome::Good, 20ms));
  file->add("readers", "us", request(Outcome::Timeout, 5s));
  BOOST_TEST(file->count() == 4U);
  const std::string text = scrape(address);
  BOOST_TEST(
      says(text,
           R"(muster_probe_requests_total{op="read",outcome="ok",probe="readers",vantage="us"} 3)"),
      text);
  BOOST_TEST(
      says(
          text,
          R"(muster_probe_requests_total{op="read",outcome="timeout",probe="readers",vantage="us"} 1)"),
      text);
  BOOST_TEST(
      says(
          text,
          R"(muster_probe_request_duration_seconds_count{op="read",probe="readers",vantage="us"} 3)"),
      text);
  BOOST_TEST(
      says(text,
           R"(muster_probe_send_lag_seconds_count{op="read",probe="readers",vantage="us"} 4)"),
      text);
}

BOOST_AUTO_TEST_CASE(a_fault_that_is_over_stays_as_zero) {
  const std::string address = free_address();
  const auto exposition = expose_metrics(address, readers());
  const auto observer = exposition->showing(make_plain_observer());
  Snapshot now;
  now.in_force = {"drain us-east"};
  observer->tick(now);
  BOOST_TEST(says(scrape(address), R"(muster_fault_active{fault="drain us-east"} 1)"));
  now.in_force.clear();
  observer->tick(now);
  BOOST_TEST(says(scrape(address), R"(muster_fault_active{fault="drain us-east"} 0)"));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_is_an_error_that_says_so_and_what_to_give) {
  const std::string address = free_address();
  const auto exposition = expose_metrics(address, readers());
  try {
    expose_metrics(address, readers());
    BOOST_FAIL("two can listen there");
  } catch (const UsageError& error) {
    BOOST_FAIL(error.what());
  } catch (const Error& error) {
    const std::string text = error.what();
    BOOST_TEST(text.find("Address already in use") != std::string::npos, text);
    BOOST_TEST(text.find("give a free ADDRESS:PORT") != std::string::npos, text);
    BOOST_TEST(text.find("CivetServer") == std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_with_a_port_is_a_mistake_of_the_command_line) {
  for (const char* wrong : {"9464",
                            ":9464",
                            "127.0.0.1",
                            "127.0.0.1:",
                            "127.0.0.1:0",
                            "127.0.0.1:65536",
                            "127.0.0.1:-1",
                            "127.0.0.1:+9464",
                            "127.0.0.1:9464s",
                            "127.0.0.1:9464,9465",
                            "9465,127.0.0.1:9464",
                            " 127.0.0.1:9464",
                            "somewhere:9464",
                            "::1:9464",
                            "[127.0.0.1]:9464",
                            "[::1%lo]:9464",
                            "[]:9464"}) {
    BOOST_TEST_CONTEXT(wrong) {
      BOOST_CHECK_THROW(check_metrics_address(wrong), UsageError);
      BOOST_CHECK_THROW(expose_metrics(wrong, readers()), UsageError);
    }
  }
  for (const char* good : {"", "127.0.0.1:9464", "0.0.0.0:1", "[::1]:65535"})
    BOOST_CHECK_NO_THROW(check_metrics_address(good));
}

BOOST_AUTO_TEST_CASE(the_threads_that_answer_take_no_signal_and_ours_takes_them_as_before) {
  const std::uint64_t before = blocked_in("/proc/thread-self");
  const auto exposition = expose_metrics(free_address(), readers());
  BOOST_TEST(blocked_in("/proc/thread-self") == before);
  const auto others = blocked_in_other_threads();
  BOOST_TEST(!others.empty());
  for (const std::uint64_t blocked : others)
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGTSTP, SIGQUIT})
      BOOST_TEST((blocked >> static_cast<unsigned>(number - 1) & 1U) == 1U, number);
}

BOOST_AUTO_TEST_CASE(without_an_address_everything_is_given_back_as_it_is) {
  auto file = std::make_unique<KeptSamples>();
  const SampleFile* same = file.get();
  BOOST_TEST(expose_metrics("", readers())->counting(std::move(file)).get() == same);
}

BOOST_AUTO_TEST_SUITE_END()
