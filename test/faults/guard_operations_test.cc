#include <cstdio>
#include <memory>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "file";

  GuardProcess start(const char* mode = "serve") const { return {guard_program(), mode, guards}; }
  static Order order(const PlainChange& change) { return {"run-a", 1, change}; }
  std::string refusal(const PlainChange& change) const {
    GuardProcess process = start();
    process.send(to_frame(FrameType::Arm, order(change)));
    return process.expect(FrameType::Refused).fields[0];
  }
  /// Injects and undoes; what the undo says.
  UndoneReport round_trip(const PlainChange& change) const {
    GuardProcess process = start();
    process.arm(order(change));
    process.inject();
    return process.undo();
  }
  UndoneReport recover_after_death(const PlainChange& change) const {
    GuardProcess process = start();
    const ArmedReport armed = process.arm(order(change));
    process.inject();
    kill_both(process, armed);
    return recover(change);
  }
  UndoneReport recover(const PlainChange& change) const {
    GuardProcess process = start("recover");
    process.send(to_frame(FrameType::Recover, order(change)));
    return process.undone();
  }
  void replace_in_facts(const std::string& field, const std::string& by) const {
    for (const auto& entry : fs::directory_iterator(fs::path(guards) / "records")) {
      const std::string bytes = content_of(entry.path());
      Frame facts;
      std::size_t used = 0;
      if (decode(bytes, facts, used) != Decoded::Complete) throw std::runtime_error("no facts");
      std::ranges::replace(facts.fields, field, by);
      write_content(entry.path(), encode(facts) + bytes.substr(used));
    }
  }
  PlainChange write_change(std::string content) const {
    PlainChange change = plain_change("file:" + file);
    change.apply = operation("file", {file});
    change.apply.input = std::move(content);
    change.verify = operation("file", {file});
    change.undo = operation("file", {file});
    change.verify_undone = operation("file", {file});
    return change;
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 07777;
}

constexpr int kNotPermitted = 77;

/// Runs `body` as process 1 of a pid namespace of its own, where the next process number can be
/// chosen.
int in_pid_namespace(int (*body)(const Setting&)) {
  const pid_t outer = ::fork();
  if (outer == 0) {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(kNotPermitted);
    const pid_t first = ::fork();
    if (first == 0) {
      if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
        ::_exit(kNotPermitted);
      }
      try {
        const Setting setting;
        ::_exit(body(setting));
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        ::_exit(3);
      }
    }
    int status = 0;
    ::waitpid(first, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
  }
  int status = 0;
  ::waitpid(outer, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

/// Nothing where the kernel does not let us choose.
std::unique_ptr<Victim> victim_with_number(pid_t number) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    write_content("/proc/sys/kernel/ns_last_pid", std::to_string(number - 1));
    auto victim = std::make_unique<Victim>();
    if (victim->pid() == number) return victim;
  }
  return nullptr;
}

constexpr useconds_t kTwoTicks = 20'000;

/// A pidfd's inode is its process's own, since Linux 6.9.
bool kernel_numbers_processes() {
  struct statfs system {};
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
  const bool told = ::fstatfs(pidfd, &system) == 0 && system.f_type == 0x50494446;
  ::close(pidfd);
  return told;
}

/// Field 22 of /proc/PID/stat.
std::string start_ticks_of(pid_t pid) {
  const std::string stat = process_text(pid, "stat");
  std::size_t field = stat.rfind(')');
  for (int number = 2; number < 22; ++number) field = stat.find(' ', field + 1);
  return stat.substr(field + 1, stat.find(' ', field + 1) - field - 1);
}

/// 0 where the later process, which is stopped, was left alone; 1 where the first was not seen to
/// be gone; 2 where an innocent one was signalled.
int recover_where_the_number_was_given_again(const Setting& s, bool in_the_same_tick) {
  auto victim = std::make_unique<Victim>();
  const pid_t number = victim->pid();
  const std::string ticks = start_ticks_of(number);
  ::usleep(kTwoTicks);
  GuardProcess process = s.start();
  const ArmedReport armed = process.arm(Setting::order(pause_change(number)));
  process.inject();
  kill_both(process, armed);
  victim->end();
  const auto successor = victim_with_number(number);
  if (!successor) return kNotPermitted;
  ::kill(number, SIGSTOP);
  while (successor->state() != 'T') ::usleep(100);
  // Too short a time to meet, but the record can say that it was met.
  if (in_the_same_tick) s.replace_in_facts(ticks, start_ticks_of(number));
  if (s.recover(pause_change(number)).state != "target-gone") return 1;
  return successor->state() == 'T' ? 0 : 2;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_operations, Setting)

BOOST_AUTO_TEST_CASE(a_process_is_stopped_and_goes_on) {
  Victim victim;
  GuardProcess process = start();
  process.arm(order(pause_change(victim.pid())));
  BOOST_TEST(process.inject().evidence.ends_with("in state T"));
  BOOST_TEST(victim.state() == 'T');
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(victim.state() != 'T');
}

BOOST_AUTO_TEST_CASE(a_process_that_was_stopped_before_is_refused) {
  Victim victim;
  ::kill(victim.pid(), SIGSTOP);
  while (victim.state() != 'T') ::usleep(100);
  BOOST_TEST(refusal(pause_change(victim.pid())).ends_with("is stopped already"));
  BOOST_TEST(victim.state() == 'T');
}

BOOST_AUTO_TEST_CASE(a_process_that_ended_meanwhile_is_target_gone) {
  Victim victim;
  GuardProcess process = start();
  process.arm(order(pause_change(victim.pid())));
  process.inject();
  victim.end();
  const UndoneReport undone = process.undo();
  BOOST_TEST(undone.state == "target-gone");
  BOOST_TEST(process.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_stopped_process_of_a_killed_guard_goes_on_after_recover) {
  Victim victim;
  BOOST_TEST(recover_after_death(pause_change(victim.pid())).state == "clean");
  BOOST_TEST(victim.state() != 'T');
}

BOOST_AUTO_TEST_CASE(without_a_record_a_stopped_process_is_not_woken_but_reported) {
  Victim victim;
  BOOST_TEST(recover(pause_change(victim.pid())).state == "clean");
  ::kill(victim.pid(), SIGSTOP);
  while (victim.state() != 'T') ::usleep(100);
  BOOST_TEST(recover(pause_change(victim.pid())).state == "unknown");
  BOOST_TEST(victim.state() == 'T');
}

BOOST_AUTO_TEST_CASE(a_process_that_does_not_run_is_refused) {
  Victim victim;
  const PlainChange change = pause_change(victim.pid());
  victim.end();
  BOOST_TEST(refusal(change).ends_with("runs here"));
  PlainChange no_file = change;
  no_file.process = directory / "no.pid";
  BOOST_TEST(refusal(no_file).starts_with("pid file "));
}

BOOST_AUTO_TEST_CASE(a_killed_process_is_gone_and_its_successor_alive) {
  Victim victim;
  write_content(file, std::to_string(victim.pid()) + "\nmore of the postmaster's\n");
  PlainChange change = plain_change("process:" + file);
  change.process = file;
  change.apply = operation("signal", {"SIGKILL"});
  change.verify = operation("gone");
  change.undo =
      operation("exec", {"sh", "-c", "sleep 30 >/dev/null 2>&1 & echo $! > \"$0\"", file});
  change.verify_undone = operation("alive", {file});
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  BOOST_TEST(victim.state() == 'Z');
  BOOST_TEST(process.undo().state == "clean");
  const pid_t successor = std::stoi(content_of(file));
  BOOST_TEST(::kill(successor, SIGKILL) == 0);
}

namespace {

PlainChange setting_change(const std::string& file) {
  PlainChange change = plain_change("setting:" + file);
  change.apply = operation("exec", {"sh", "-c", "echo drain > \"$0\"", file});
  change.verify = operation("exec", {"cat", file});
  change.verify.contains = "drain";
  change.undo = operation("exec", {"sh", "-c", "echo up > \"$0\"", file});
  change.undo.contains = "drain";
  change.verify_undone = operation("exec", {"cat", file});
  change.verify_undone.contains = "up";
  return change;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_value_that_somebody_else_set_meanwhile_is_a_conflict_and_is_left_alone) {
  write_content(file, "up\n");
  GuardProcess process = start();
  process.arm(order(setting_change(file)));
  process.inject();
  write_content(file, "maintenance\n");
  const UndoneReport undone = process.undo();
  BOOST_TEST(undone.state == "conflict");
  BOOST_TEST(!undone.residue.empty());
  BOOST_TEST(content_of(file) == "maintenance\n");
}

BOOST_AUTO_TEST_CASE(a_value_that_cannot_be_looked_at_is_put_back_all_the_same) {
  write_content(file, "up\n");
  PlainChange change = setting_change(file);
  change.verify_undone = operation("exec", {"sh", "-c", "grep up \"$0\"", file});
  change.verify_undone.contains = "up";
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(content_of(file) == "up\n");
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_and_put_back_with_its_mode) {
  write_content(file, "before");
  ::chmod(file.c_str(), 0604);
  GuardProcess process = start();
  process.arm(order(write_change("after")));
  process.inject();
  BOOST_TEST(content_of(file) == "after");
  BOOST_TEST(mode_of(file) == 0604U);
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(content_of(file) == "before");
  BOOST_TEST(mode_of(file) == 0604U);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_not_there_is_removed) {
  BOOST_TEST(round_trip(write_change("after")).state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_file_that_somebody_changed_meanwhile_is_a_conflict_and_is_left_alone) {
  write_content(file, "before");
  GuardProcess process = start();
  process.arm(order(write_change("after")));
  process.inject();
  write_content(file, "of somebody else");
  const UndoneReport undone = process.undo();
  BOOST_TEST(undone.state == "conflict");
  BOOST_TEST(!undone.residue.empty());
  BOOST_TEST(content_of(file) == "of somebody else");
  BOOST_TEST(process.wait() == 4);
}

BOOST_AUTO_TEST_CASE(a_file_changed_between_arming_and_injecting_is_not_written) {
  write_content(file, "before");
  GuardProcess process = start();
  process.arm(order(write_change("after")));
  write_content(file, "of somebody else");
  process.send(FrameType::Inject);
  process.expect(FrameType::Failed);
  BOOST_TEST(content_of(file) == "of somebody else");
}

BOOST_AUTO_TEST_CASE(the_file_behind_a_link_is_replaced_and_not_the_link) {
  write_content(directory / "real", "before");
  fs::create_symlink("real", file);
  GuardProcess process = start();
  process.arm(order(write_change("after")));
  process.inject();
  BOOST_TEST(fs::is_symlink(file));
  BOOST_TEST(content_of(directory / "real") == "after");
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(content_of(directory / "real") == "before");
}

#ifndef MUSTER_SANITIZED  // the sanitizer asks for memory of its own whenever it likes
BOOST_AUTO_TEST_CASE(an_undo_is_done_though_there_is_no_more_memory_to_be_had) {
  write_content(file, "before\n");
  const Victim victim;
  for (const PlainChange& change : {write_change("after\n"), pause_change(victim.pid())}) {
    GuardProcess process = start();
    const ArmedReport armed = process.arm(order(change));
    process.inject();
    const rlimit nothing{0, 0};
    BOOST_REQUIRE(::prlimit(static_cast<pid_t>(armed.pid), RLIMIT_AS, &nothing, nullptr) == 0);
    BOOST_TEST(process.undo().state == "clean");
  }
  BOOST_TEST(content_of(file) == "before\n");
  BOOST_TEST(victim.state() != 'T');
}
#endif

BOOST_AUTO_TEST_CASE(the_snapshot_outlives_the_guard) {
  const std::string before("bytes \0 of any kind \xff", 22);
  write_content(file, before);
  BOOST_TEST(recover_after_death(write_change("after")).state == "clean");
  BOOST_TEST(content_of(file) == before);
}

BOOST_AUTO_TEST_CASE(without_a_record_a_file_is_never_guessed) {
  write_content(file, "after");
  BOOST_TEST(recover(write_change("after")).state == "unknown");
  write_content(file, "anything else");
  BOOST_TEST(recover(write_change("after")).state == "clean");
  BOOST_TEST(content_of(file) == "anything else");
}

BOOST_AUTO_TEST_CASE(a_program_gets_its_input_and_its_arguments_untouched) {
  PlainChange change = touch_change(file);
  const std::string hostile = "a b\n'\"$(touch x)`;|&\\";
  change.apply =
      operation("exec", {"sh", "-c", "cat > \"$0\"; printf %s \"$1\" >> \"$0\"", file, hostile});
  change.apply.input = std::string(200'000, 'x');
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  BOOST_TEST(content_of(file) == change.apply.input + hostile);
}

BOOST_AUTO_TEST_CASE(a_text_that_an_output_must_have_or_lack_decides) {
  PlainChange change = touch_change(file);
  change.verify = operation("exec", {"echo", "the needle is here"});
  change.verify.contains = "needle";
  change.verify_undone = operation("exec", {"echo", "nothing"});
  change.verify_undone.lacks = "needle";
  BOOST_TEST(round_trip(change).state == "clean");
  change.id = "break/2";
  change.verify_undone.args = {"echo", "needle"};
  change.undone_within = kTestSecond / 10;
  BOOST_TEST(round_trip(change).state == "unknown");
}

BOOST_AUTO_TEST_CASE(a_holder_is_awaited_until_it_is_ready_and_ended_by_the_undo) {
  PlainChange change = plain_change("holder");
  change.apply = operation(
      "holder", {"sh", "-c", "echo $$ > \"$0\"; sleep 0.1; echo ready; exec sleep 60", file});
  change.undo = operation("holder");
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  const pid_t holder = std::stoi(content_of(file));
  BOOST_TEST(::kill(holder, 0) == 0);
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(::kill(holder, 0) != 0);
}

BOOST_AUTO_TEST_CASE(a_holder_dies_with_its_guard) {
  PlainChange change = plain_change("holder");
  change.apply =
      operation("holder", {"sh", "-c", "echo $$ > \"$0\"; echo ready; exec sleep 60", file});
  change.undo = operation("holder");
  BOOST_TEST(recover_after_death(change).state == "clean");
  const pid_t holder = std::stoi(content_of(file));
  const auto state = content_of("/proc/" + std::to_string(holder) + "/stat");
  BOOST_TEST((state.empty() || state.find(") Z ") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_holder_that_ends_by_itself_ends_the_change) {
  PlainChange change = plain_change("holder");
  change.apply = operation("holder", {"sh", "-c", "echo ready; sleep 0.2"});
  change.undo = operation("holder");
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  const UndoneReport undone = process.undone();
  BOOST_TEST(undone.state == "clean-by-guard");
  BOOST_TEST(undone.cause == "the program that held the fault ended by itself");
}

BOOST_AUTO_TEST_CASE(a_holder_that_is_never_ready_is_a_failure) {
  PlainChange change = plain_change("holder");
  change.apply = operation("holder", {"false"});
  change.undo = operation("holder");
  GuardProcess process = start();
  process.arm(order(change));
  process.send(FrameType::Inject);
  process.expect(FrameType::Failed);
  BOOST_TEST(process.undone().state == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_an_undo_starts_outlives_its_guard_and_its_output_blocks_nobody) {
  PlainChange change = touch_change(file);
  change.undo = operation(
      "exec",
      {"sh", "-c", "rm -f \"$0\"; (sleep 0.3; yes | head -c 3000000; touch \"$0.end\") &", file});
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(process.wait() == 0);
  for (int look = 0; look < 500 && !fs::exists(file + ".end"); ++look) ::usleep(10'000);
  BOOST_TEST(fs::exists(file + ".end"));
}

BOOST_AUTO_TEST_CASE(what_the_guard_does_not_know_is_refused_before_anything_is_done) {
  PlainChange change = touch_change(file);
  change.verify = operation("signal", {"STOP"});
  BOOST_TEST(refusal(change) == "signal needs a process");
  change = touch_change(file);
  change.apply = operation("shell", {"rm -rf"});
  BOOST_TEST(refusal(change) == "the guard knows no operation 'shell' as apply");
  change = touch_change(file);
  change.undo = operation("file", {file});
  BOOST_TEST(refusal(change) ==
             "only a file that the change itself writes can be checked or put back");
  change = write_change("x");
  change.apply.args = {"relative/path"};
  change.verify.args = change.undo.args = change.verify_undone.args = change.apply.args;
  BOOST_TEST(refusal(change).starts_with("a file is named by its whole path"));
}

BOOST_AUTO_TEST_CASE(a_later_process_with_the_same_number_is_never_signalled) {
  const int result = in_pid_namespace([](const Setting& s) {
    auto victim = std::make_unique<Victim>();
    const pid_t number = victim->pid();
    GuardProcess process = s.start();
    process.arm(order(pause_change(number)));
    victim->end();
    const auto successor = victim_with_number(number);
    if (!successor) return kNotPermitted;
    process.send(FrameType::Inject);
    process.expect(FrameType::Failed);
    if (process.undone().state != "target-gone") return 1;
    return successor->state() == 'T' ? 2 : 0;
  });
  BOOST_TEST_INFO("1: not seen to be gone, 2: an innocent process was stopped");
  BOOST_TEST((result == 0 || result == kNotPermitted), "result " << result);
}

BOOST_AUTO_TEST_CASE(recover_never_signals_a_later_process_with_the_same_number) {
  const int result = in_pid_namespace(
      [](const Setting& s) { return recover_where_the_number_was_given_again(s, false); });
  BOOST_TEST((result == 0 || result == kNotPermitted), "result " << result);
}

BOOST_AUTO_TEST_CASE(not_even_one_that_was_started_in_the_same_clock_tick) {
  if (!kernel_numbers_processes()) return;
  const int result = in_pid_namespace(
      [](const Setting& s) { return recover_where_the_number_was_given_again(s, true); });
  BOOST_TEST((result == 0 || result == kNotPermitted), "result " << result);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
