#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 20;  // seconds, on a busy machine

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "made-by-the-change";

  static Order order(const PlainChange& change) { return {"run-a", 1, change}; }
  GuardProcess start(const char* mode = "serve") const { return {guard_program(), mode, guards}; }
  UndoneReport recover(const PlainChange& change) const {
    GuardProcess process = start("recover");
    process.send(to_frame(FrameType::Recover, order(change)));
    return process.undone();
  }
  std::vector<Frame> transitions() const {
    std::vector<Frame> found;
    for (const auto& entry : fs::directory_iterator(fs::path(guards) / "records")) {
      std::string bytes = content_of(entry.path());
      Frame frame;
      std::size_t used = 0;
      for (; decode(bytes, frame, used) == Decoded::Complete; bytes.erase(0, used)) {
        if (frame.type == FrameType::State) found.push_back(frame);
      }
    }
    return found;
  }
  std::string last_stage() const {
    const auto all = transitions();
    return all.empty() ? "" : all.back().fields[0] + ": " + all.back().fields[2];
  }
};

pid_t first_of(const ArmedReport& armed) {
  return static_cast<pid_t>(armed.pid);
}
pid_t second_of(const ArmedReport& armed) {
  return static_cast<pid_t>(armed.second_guard);
}

/// A program that writes its arguments, one a line, to a file beside it.
void make_recorder(const std::string& path) {
  write_content(path, "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \"$0.argv\"\n");
  fs::permissions(path, fs::perms::owner_all);
}

bool may_mount() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execlp("unshare", "unshare", "--mount", "mount", "-t", "tmpfs", "none", "/run", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_second, Setting)

BOOST_AUTO_TEST_CASE(what_a_killed_guard_had_in_force_is_undone_by_its_second_without_recover) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  ::kill(first_of(armed), SIGKILL);
  BOOST_TEST(!process.receive());  // and the runner sees the end at once
  BOOST_TEST(no_guards_left(guards, kPatience));
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(last_stage() == "clean-by-guard: by the second guard: the first one had been killed");
}

BOOST_AUTO_TEST_CASE(an_apply_that_outlives_its_guard_is_awaited_before_it_is_undone) {
  PlainChange change = touch_change(file);
  // The grandchild does not die with the guard; its effect comes late.
  change.apply = operation("exec", {"sh", "-c", "(sleep 0.7; touch \"$0\") & wait", file});
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(change));
  process.send(FrameType::Inject);
  ::usleep(200'000);
  ::kill(first_of(armed), SIGKILL);
  BOOST_TEST(no_guards_left(guards, kPatience));
  BOOST_TEST(last_stage().starts_with("clean-by-guard: by the second guard"));
  ::usleep(1'000'000);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_stopped_guard_is_ended_at_its_deadline_and_its_change_undone) {
  PlainChange change = touch_change(file);
  change.deadline = 2 * kTestSecond;
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(change));
  process.inject();
  ::kill(first_of(armed), SIGSTOP);
  ::usleep(1'000'000);
  BOOST_TEST(fs::exists(file));  // it has until its deadline: a debugger may let it go on
  const bool ended = no_guards_left(guards, kPatience);
  if (!ended) kill_both(process, armed);  // a guard that stays stopped would be waited for
  BOOST_TEST(ended);
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(last_stage().starts_with("clean-by-guard: by the second guard: the first one was"));
}

BOOST_AUTO_TEST_CASE(a_guard_that_is_stopped_for_a_whole_lease_is_ended_and_its_change_undone) {
  PlainChange change = touch_change(file);
  change.lease = kTestSecond;
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(change));
  process.inject();
  ::kill(first_of(armed), SIGSTOP);
  BOOST_TEST(no_guards_left(guards, kPatience));
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_guard_that_goes_on_in_time_is_left_alone) {
  PlainChange change = touch_change(file);
  change.lease = 3 * kTestSecond;
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(change));
  process.inject();
  ::kill(first_of(armed), SIGSTOP);
  ::usleep(700'000);
  process.send(FrameType::Heartbeat);
  ::kill(first_of(armed), SIGCONT);
  BOOST_TEST(process.undo().state == "clean");
}

BOOST_AUTO_TEST_CASE(a_guard_without_its_second_undoes_at_once) {
  PlainChange change = touch_change(file);
  change.lease = 10 * kTestSecond;
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(change));
  process.inject();
  ::kill(second_of(armed), SIGKILL);
  const UndoneReport undone = process.undone();
  BOOST_TEST(undone.state == "clean-by-guard");
  BOOST_TEST(undone.cause == "the second guard has ended");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_guard_without_its_second_injects_nothing) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  ::kill(second_of(armed), SIGKILL);
  BOOST_TEST(process.undone().evidence == "nothing had been applied");
  process.send(FrameType::Inject);
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(what_both_left_is_undone_by_recover) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  kill_both(process, armed);
  BOOST_TEST(no_guards_left(guards, kPatience));
  BOOST_TEST(fs::exists(file));
  BOOST_TEST(recover(touch_change(file)).state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(neither_signals_nor_a_hangup_end_the_second) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::kill(second_of(armed), signal);
  ::usleep(100'000);
  BOOST_TEST(::getsid(second_of(armed)) == armed.second_guard);
  BOOST_TEST(fs::exists(file));
  BOOST_TEST(process.undo().state == "clean");
}

BOOST_AUTO_TEST_CASE(
    no_process_is_left_after_clean_after_a_refusal_and_after_the_end_of_the_input) {
  {
    GuardProcess process = start();
    process.arm(order(touch_change(file)));
    process.inject();
    process.undo();
  }
  BOOST_TEST(no_guards_left(guards, kPatience));
  {
    GuardProcess process = start();
    PlainChange change = touch_change(file);
    change.undo = operation("exec", {"no-such-program-of-muster"});
    process.send(to_frame(FrameType::Arm, order(change)));
    process.expect(FrameType::Refused);
  }
  BOOST_TEST(no_guards_left(guards, kPatience));
  {
    GuardProcess process = start();
    process.arm(order(touch_change(file)));
    process.inject();
    process.close_input();
    process.undone();
  }
  BOOST_TEST(no_guards_left(guards, kPatience));
  { const GuardProcess without_an_order = start(); }
  BOOST_TEST(no_guards_left(guards, kPatience));
}

BOOST_AUTO_TEST_CASE(the_second_of_a_refused_guard_leaves_the_change_of_another_alone) {
  GuardProcess holder = start();
  holder.arm(order(touch_change(file)));
  holder.inject();
  GuardProcess refused = start();  // the same run and change, and so the same record
  refused.send(to_frame(FrameType::Arm, order(touch_change(file))));
  refused.expect(FrameType::Refused);
  refused.wait();
  for (int look = 0; look < 1000 && guards_in(guards).size() > 3; ++look) ::usleep(10'000);
  BOOST_TEST(guards_in(guards).size() == 3U);  // the holder, its parent and its second
  BOOST_TEST(fs::exists(file));
  BOOST_TEST(holder.undo().state == "clean");
}

BOOST_AUTO_TEST_CASE(the_second_keeps_nothing_of_the_runner_open) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  for (const auto& entry :
       fs::directory_iterator("/proc/" + std::to_string(second_of(armed)) + "/fd")) {
    const std::string target = fs::read_symlink(entry.path());
    BOOST_TEST(!target.starts_with("pipe:"), target);
    BOOST_TEST(target.find("/locks/") == std::string::npos, target);
  }
}

BOOST_AUTO_TEST_CASE(an_undo_is_done_though_the_record_can_no_longer_be_written) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  const rlimit nothing{0, 0};
  BOOST_REQUIRE(::prlimit(first_of(armed), RLIMIT_FSIZE, &nothing, nullptr) == 0);
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(
    where_systemd_runs_a_timer_sweeps_after_the_deadline_and_is_stopped_when_clean) {
  if (!may_mount()) {
    BOOST_TEST_MESSAGE("no mount namespace here: not tested");
    return;
  }
  // Stands in for a host with systemd: programs that record what they are told, and the directory
  // by which its presence is known.
  for (const char* name : {"systemd-run", "systemctl"}) make_recorder(directory / name);
  const std::string script = directory / "guard-with-systemd";
  write_content(script,
                "#!/bin/sh\nexec unshare --mount sh -c '"
                "mount -t tmpfs none /run && mkdir -p /run/systemd/system && "
                "PATH=\"$0:$PATH\" exec \"$@\"' " +
                    fs::path(script).parent_path().string() + " " + guard_program() + " \"$@\"\n");
  fs::permissions(script, fs::perms::owner_all);
  GuardProcess process(script, "serve", guards);
  PlainChange change = touch_change(file);
  change.deadline = 60 * kTestSecond;
  const ArmedReport armed = process.arm(order(change));
  BOOST_TEST(armed.timer.starts_with("muster-guard-run-a_break_1-"));
  const std::string set = content_of(directory / "systemd-run.argv");
  BOOST_TEST(set.find("\n--unit=" + armed.timer + "\n") != std::string::npos, set);
  BOOST_TEST(set.find("\n--timer-property=AccuracySec=100ms\n") != std::string::npos, set);
  BOOST_TEST(set.ends_with("\n" + guard_program() + "\nsweep\n--dir\n" + guards + "\n"), set);
  const std::size_t after = set.find("\n--on-active=");
  BOOST_REQUIRE(after != std::string::npos);
  BOOST_TEST(std::stol(set.substr(after + 13)) > 60'000, set);
  process.inject();
  BOOST_TEST(!fs::exists(directory / "systemctl.argv"));
  process.undo();
  BOOST_TEST(no_guards_left(guards, kPatience));
  const std::string stopped = content_of(directory / "systemctl.argv");
  BOOST_TEST(stopped.ends_with("stop\n" + armed.timer + ".timer\n"), stopped);
}

BOOST_AUTO_TEST_CASE(without_systemd_there_is_no_timer) {
  if (fs::exists("/run/systemd/system")) return;
  GuardProcess process = start();
  BOOST_TEST(process.arm(order(touch_change(file))).timer.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
