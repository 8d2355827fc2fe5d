#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

/// What reaches a guard from outside: frames, the ends of its input and output, signals, and time.
namespace muster {

namespace {

namespace fs = std::filesystem;

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "made-by-the-change";

  GuardProcess start() const { return {guard_program(), "serve", guards}; }
  /// Its output goes to `path`, where nobody reads frames.
  GuardProcess start_with_output(const std::string& path) const {
    const std::string script = directory / "elsewhere";
    write_content(script, "#!/bin/sh\nexec \"$@\" > " + path + "\n");
    fs::permissions(script, fs::perms::owner_all);
    return GuardProcess({script, guard_program(), "serve", "--dir", guards});
  }
  static Order order(const PlainChange& change) { return {"run-a", 1, change}; }
  /// "STAGE: WHY" of the last transition of the only record.
  std::string last_stage() const {
    std::string bytes = content_of(fs::directory_iterator(fs::path(guards) / "records")->path());
    std::string last;
    Frame frame;
    std::size_t used = 0;
    for (; decode(bytes, frame, used) == Decoded::Complete; bytes.erase(0, used)) {
      if (frame.type == FrameType::State) last = frame.fields[0] + ": " + frame.fields[2];
    }
    return last;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_contact, Setting)

BOOST_AUTO_TEST_CASE(the_end_of_the_input_undoes) {
  PlainChange change = touch_change(file);
  change.lease = 10 * kTestSecond;
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  process.close_input();
  const UndoneReport undone = process.undone();
  BOOST_TEST(undone.state == "clean-by-guard");
  BOOST_TEST(undone.cause == "the runner is gone (end of input)");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_output_undoes_at_once_and_does_not_wait_for_the_lease) {
  PlainChange change = touch_change(file);
  change.lease = 10 * kTestSecond;
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  process.close_output();
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(last_stage() == "clean-by-guard: the runner is gone (end of output)");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_terminal_that_was_its_output_undoes) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  BOOST_REQUIRE(terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0);
  GuardProcess process = start_with_output(::ptsname(terminal));
  process.send(to_frame(FrameType::Arm, order(touch_change(file))));
  process.send(FrameType::Inject);
  for (int look = 0; look < 1000 && !fs::exists(file); ++look) ::usleep(10'000);
  BOOST_TEST(fs::exists(file));
  ::close(terminal);
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(last_stage() == "clean-by-guard: the runner is gone (end of output)");
}

BOOST_AUTO_TEST_CASE(a_guard_that_cannot_say_that_it_is_armed_injects_nothing) {
  PlainChange change = touch_change(file);
  change.lease = 5 * kTestSecond;
  GuardProcess process = start_with_output("/dev/full");
  process.send_bytes(encode(to_frame(FrameType::Arm, order(change))) +
                     encode({FrameType::Inject, {}}));
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(last_stage() == "clean-by-guard: the runner is gone (end of output)");
}

BOOST_AUTO_TEST_CASE(a_runner_that_takes_nothing_of_what_it_is_answered_is_gone) {
  GuardProcess process = start();
  process.arm(order(touch_change(file)));
  process.inject();
  std::string beats;
  for (int beat = 0; beat < 1000; ++beat) beats += encode({FrameType::Heartbeat, {}});
  for (int time = 0; time < 20; ++time) process.send_bytes(beats);
  for (int look = 0; look < 1000 && fs::exists(file); ++look) ::usleep(10'000);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(every_heartbeat_is_answered) {
  PlainChange change = touch_change(file);
  change.lease = 10 * kTestSecond;
  GuardProcess process = start();
  process.arm(order(change));
  for (int time = 0; time < 2; ++time) {
    for (int beat = 0; beat < 3; ++beat) {
      process.send(FrameType::Heartbeat);
      BOOST_CHECK(process.receive_any()->type == FrameType::Alive);
    }
    if (time == 0) process.inject();
  }
}

BOOST_AUTO_TEST_CASE(silence_for_the_whole_lease_undoes) {
  PlainChange change = touch_change(file);
  change.lease = kTestSecond / 5;
  change.deadline = 5 * kTestSecond;
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  const UndoneReport undone = process.undone();
  BOOST_TEST(undone.state == "clean-by-guard");
  BOOST_TEST(undone.cause.find("lease") != std::string::npos);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(heartbeats_keep_the_lease_but_never_move_the_deadline) {
  PlainChange change = touch_change(file);
  change.lease = kTestSecond * 3 / 5;
  change.deadline = kTestSecond * 3 / 2;
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  for (int beat = 0; beat < 100 && fs::exists(file); ++beat) {
    process.send(FrameType::Heartbeat);
    ::usleep(50'000);
  }
  BOOST_TEST(!fs::exists(file));
  const UndoneReport undone = process.undone();
  BOOST_TEST(undone.cause == "the hard deadline was reached");
  BOOST_TEST(undone.state == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(heartbeats_without_a_pause_do_not_move_the_deadline_either) {
  PlainChange change = touch_change(file);
  change.deadline = kTestSecond;
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  // Two, so that there is always something to read; no longer than what a pipe takes whole.
  std::string beats;
  while (beats.size() < 4000) beats += encode({FrameType::Heartbeat, {}});
  std::vector<pid_t> floods(2);
  for (pid_t& flood : floods) {
    flood = ::fork();
    while (flood == 0) process.send_bytes(beats);
  }
  const UndoneReport undone = process.undone();
  for (const pid_t flood : floods) {
    ::kill(flood, SIGKILL);
    ::waitpid(flood, nullptr, 0);
  }
  BOOST_TEST(undone.cause == "the hard deadline was reached");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(term_undoes_and_hangup_does_not) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  ::kill(static_cast<pid_t>(armed.pid), SIGHUP);
  ::usleep(50'000);
  BOOST_TEST(fs::exists(file));
  ::kill(static_cast<pid_t>(armed.pid), SIGTERM);
  BOOST_TEST(process.undone().state == "clean-by-guard");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(garbage_undoes) {
  GuardProcess process = start();
  process.arm(order(touch_change(file)));
  process.inject();
  process.send_bytes(std::string(64, '\xff'));
  BOOST_TEST(process.undone().state == "clean-by-guard");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
