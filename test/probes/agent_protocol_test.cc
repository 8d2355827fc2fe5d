#include "probes/agent_protocol.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

Sample full_sample() {
  Sample sample;
  sample.due = Time(1234567890123ns);
  sample.sent = Time(1234567890999ns);
  sample.done = Time(1234599990999ns);
  sample.client = 19;
  sample.dns_us = 1;
  sample.connect_us = 22;
  sample.tls_us = 333;
  sample.first_byte_us = 4444;
  sample.value = 0.125;
  sample.status = 503;
  sample.text = 7;
  sample.outcome = Outcome::HttpError;
  sample.kind = SampleKind::Write;
  return sample;
}

void check_same(const Sample& a, const Sample& b) {
  BOOST_TEST((a.due == b.due));
  BOOST_TEST((a.sent == b.sent));
  BOOST_TEST((a.done == b.done));
  BOOST_TEST(a.client == b.client);
  BOOST_TEST(a.dns_us == b.dns_us);
  BOOST_TEST(a.connect_us == b.connect_us);
  BOOST_TEST(a.tls_us == b.tls_us);
  BOOST_TEST(a.first_byte_us == b.first_byte_us);
  BOOST_TEST(a.value == b.value);
  BOOST_TEST(a.status == b.status);
  BOOST_TEST(a.text == b.text);
  BOOST_TEST((a.outcome == b.outcome));
  BOOST_TEST((a.kind == b.kind));
}

AgentFrame only_frame(std::string_view bytes) {
  AgentFrameReader reader;
  reader.add(bytes);
  auto frame = reader.next();
  BOOST_REQUIRE(frame.has_value());
  BOOST_TEST(!reader.next().has_value());
  return *frame;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(agent_protocol)

BOOST_AUTO_TEST_CASE(frames_come_out_whole_however_the_bytes_are_cut) {
  std::string bytes;
  for (int i = 0; i < 50; ++i) {
    bytes +=
        encode_frame(AgentFrameType::Health, std::string(static_cast<std::size_t>(i * 7), 'x'));
  }
  for (const std::size_t cut : {1U, 2U, 3U, 5U, 64U, 100000U}) {
    AgentFrameReader reader;
    std::size_t seen = 0;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      reader.add(std::string_view(bytes).substr(at, cut));
      while (auto frame = reader.next()) {
        BOOST_TEST((frame->type == AgentFrameType::Health));
        BOOST_TEST(frame->payload.size() == seen * 7);
        ++seen;
      }
    }
    BOOST_TEST(seen == 50U);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_frame_are_refused) {
  AgentFrameReader reader;
  reader.add("usage: muster COMMAND\n");
  BOOST_CHECK_THROW(reader.next(), Error);
}

BOOST_AUTO_TEST_CASE(samples_survive_the_wire) {
  Sample not_sent;
  not_sent.due = Time(5s);
  not_sent.outcome = Outcome::NotSent;
  const AgentFrame frame = only_frame(encode_samples(3, {full_sample(), not_sent}));
  const SamplesFrame back = decode_samples(frame.payload);
  BOOST_TEST(back.item == 3);
  BOOST_REQUIRE(back.samples.size() == 2U);
  check_same(back.samples[0], full_sample());
  check_same(back.samples[1], not_sent);
}

BOOST_AUTO_TEST_CASE(a_cut_sample_is_an_error_and_not_a_shorter_one) {
  const std::string payload = only_frame(encode_samples(0, {full_sample()})).payload;
  BOOST_CHECK_THROW(decode_samples(payload.substr(0, payload.size() - 1)), Error);
}

BOOST_AUTO_TEST_CASE(texts_and_written_numbers_survive_the_wire) {
  const TextFrame text = decode_text(only_frame(encode_text(9, "eu-west")).payload);
  BOOST_TEST(text.index == 9);
  BOOST_TEST(text.text == "eu-west");
  const WrittenFrame written = decode_written(
      only_frame(encode_written({"comments", "client-us", {1, 1ULL << 40U}})).payload);
  BOOST_TEST(written.probe == "comments");
  BOOST_TEST(written.writer == "client-us");
  BOOST_TEST(written.numbers == (std::vector<std::uint64_t>{1, 1ULL << 40U}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_task_survives_the_wire) {
  AgentTask task;
  task.run = "01RUN";
  task.vantage = "client-us";
  task.host = "here";
  task.region = "us-east";
  task.items.push_back({"readers", "http", 12.5, true, 20, "10.1.0.53", {{"url", "http://x/"}}});
  const json::value text = parse_json(compact_json(task_to_json(task)), "task");
  const AgentTask back = task_from_json(text.as_object());
  BOOST_TEST(back.run == task.run);
  BOOST_TEST(back.vantage == task.vantage);
  BOOST_TEST(back.host == task.host);
  BOOST_TEST(back.region == task.region);
  BOOST_REQUIRE(back.items.size() == 1U);
  BOOST_TEST(back.items[0].probe == "readers");
  BOOST_TEST(back.items[0].kind == "http");
  BOOST_TEST(back.items[0].rate == 12.5);
  BOOST_TEST(back.items[0].poisson);
  BOOST_TEST(back.items[0].clients == 20);
  BOOST_TEST(back.items[0].resolver == "10.1.0.53");
  BOOST_TEST(compact_json(back.items[0].params) == R"({"url":"http://x/"})");
}

BOOST_AUTO_TEST_CASE(an_agent_of_another_version_says_what_to_do) {
  json::object task = task_to_json({});
  task["protocol"] = 99;
  BOOST_CHECK_EXCEPTION(task_from_json(task), Error, [](const Error& error) {
    return std::string_view(error.what()).find("install the same muster") != std::string_view::npos;
  });
}

BOOST_AUTO_TEST_CASE(health_survives_the_wire) {
  AgentHealth health;
  health.due = 1000;
  health.sent = 990;
  health.not_sent = 10;
  health.send_lag_p50 = 31us;
  health.send_lag_p99 = 1ms;
  health.send_lag_max = 2s;
  health.longest_hiccup = 3ms;
  health.realtime = true;
  const AgentHealth back = health_from_json(health_to_json(health));
  BOOST_TEST(back.due == 1000U);
  BOOST_TEST(back.sent == 990U);
  BOOST_TEST(back.not_sent == 10U);
  BOOST_TEST((back.send_lag_p50 == 31us));
  BOOST_TEST((back.send_lag_p99 == 1ms));
  BOOST_TEST((back.send_lag_max == 2s));
  BOOST_TEST((back.longest_hiccup == 3ms));
  BOOST_TEST(back.realtime);
}

BOOST_AUTO_TEST_SUITE_END()
