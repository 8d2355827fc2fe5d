#include "runner/view/plain_lines.h"

#include <boost/test/unit_test.hpp>

using namespace muster;
using namespace std::chrono_literals;
using Kind = LiveMilestone::Kind;

namespace {

constexpr Time kStart{1000s};
constexpr Time kInjected = kStart + 120s;

PlainLines begun() {
  PlainLines lines;
  RunHead head;
  head.drill = "drain-us-east";
  head.stack = "novvista";
  head.environment = "lab";
  head.number = 146;
  head.seed = 7;
  head.run_id = "01KA3H6Q9T3V8Y2N5W7B4C6D8E";
  head.started = kStart;
  head.started_utc = UtcTime(1'763'129'400s);  // 14:10:00
  lines.begin(head);
  return lines;
}

LiveMilestone injected() {
  return {Kind::Injected, "", {}, kInjected - 300ms, 300ms};
}

LiveRow row(const std::string& vantage, std::uint64_t failed) {
  LiveRow made;
  made.probe = "readers";
  made.vantage = vantage;
  made.requests = 100;
  made.failed = failed;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plain_lines)

BOOST_AUTO_TEST_CASE(an_event_has_its_clock_and_after_the_injection_its_offset) {
  PlainLines lines = begun();
  BOOST_TEST(lines.event({kStart, "note", "muster", "measuring the baseline for 120s", ""}) ==
             "14:10:00.0           note      measuring the baseline for 120s");
  lines.milestone(injected());
  BOOST_TEST(lines.event({kInjected, "fault", "ns1", "force us-east down", ""}) ==
             "14:12:00.0     +0.0  fault     ns1: force us-east down");
}

BOOST_AUTO_TEST_CASE(a_milestone_says_its_budget_and_whether_it_was_kept) {
  PlainLines lines = begun();
  lines.milestone(injected());
  BOOST_TEST(lines.milestone({Kind::Detected, "dns", 15s, kInjected, 11400ms}) ==
             "14:12:11.4    +11.4  detected  first sign in the control plane, seen by dns  11.4 s  "
             "budget 15 s  ok");
  BOOST_TEST(lines.milestone({Kind::FailedOver, "readers", 30s, kInjected, 38200ms}) ==
             "14:12:38.2    +38.2  failover  readers good again everywhere  38.2 s  budget 30 s  "
             "OVER by 8.20 s");
}

BOOST_AUTO_TEST_CASE(what_a_milestone_said_is_not_said_again) {
  PlainLines lines = begun();
  const EventRecord event{
      kInjected + 40s, "failover", "muster", "failover of readers: reached and settled", ""};
  BOOST_TEST(!lines.event(event).empty());
  lines.milestone({Kind::FailedOver, "readers", 30s, kInjected, 38200ms});
  BOOST_TEST(lines.event(event).empty());
  BOOST_TEST(!lines.event(event).empty());  // a second failover is news
}

BOOST_AUTO_TEST_CASE(a_heartbeat_comes_after_10_s_without_a_line) {
  PlainLines lines = begun();
  lines.milestone(injected());
  Snapshot now;
  now.step = "hold";
  now.rows = {row("fra", 100), row("iad", 28)};
  now.now = kStart + 9s;
  BOOST_TEST(lines.heartbeat(now).empty());
  now.now = kInjected + 10s;
  BOOST_TEST(lines.heartbeat(now) ==
             "14:12:10.0    +10.0  ...       failed 64 %  fra 100 %  iad 28 %  (hold)");
  BOOST_TEST(lines.heartbeat(now).empty());
  lines.event({kInjected + 15s, "note", "muster", "something", ""});
  now.now = kInjected + 21s;
  BOOST_TEST(lines.heartbeat(now).empty());
  now.now = kInjected + 25s;
  BOOST_TEST(!lines.heartbeat(now).empty());
}

BOOST_AUTO_TEST_CASE(a_line_is_one_line_whatever_is_in_it) {
  PlainLines lines = begun();
  const std::string line = lines.event({kStart, "note", "host\n", "a\r\nb\x1b[31m", ""});
  BOOST_TEST(line.find_first_of("\r\n\x1b") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
