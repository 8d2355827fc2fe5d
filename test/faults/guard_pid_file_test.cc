#include <chrono>
#include <ctime>
#include <sstream>

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

std::chrono::seconds age_of(pid_t pid) {
  const std::string stat = process_text(pid, "stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string before;
  for (int number = 3; number < 22; ++number) fields >> before;
  long ticks = 0;
  fields >> ticks;
  timespec up{};
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  return std::chrono::seconds(up.tv_sec - ticks / ::sysconf(_SC_CLK_TCK));
}

struct Setting {
  TestDirectory directory;
  std::string file = directory / "service.pid";

  void write_pid_file(pid_t pid, std::chrono::seconds ago) const {
    write_content(file, std::to_string(pid) + "\n");
    fs::last_write_time(file, fs::file_time_type::clock::now() - ago);
  }
  /// Of a guard that takes hold of the process in the pid file; empty where it arms. It is never
  /// told to inject.
  std::string refusal() const {
    PlainChange change = touch_change(directory / "touched");
    change.process = file;
    GuardProcess process(guard_program(), "serve", directory / "guard");
    process.send(to_frame(FrameType::Arm, Order{"run-a", 1, change}));
    const auto answer = process.receive();
    if (!answer) return "no answer";
    return answer->type == FrameType::Refused ? answer->fields[0] : "";
  }
  std::string state_after_undo(const PlainChange& change, const std::string& guards) const {
    GuardProcess process(guard_program(), "serve", directory / guards);
    process.arm(Order{"run-a", 1, change});
    process.inject();
    return process.undo().state;
  }
  /// What a recovery says that finds no record of its change.
  std::string recovered() const {
    PlainChange change = pause_change(0);
    change.process = file;
    GuardProcess process(guard_program(), "recover", directory / "guard");
    process.send(to_frame(FrameType::Recover, Order{"run-a", 1, change}));
    return process.undone().state;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_pid_file, Setting)

BOOST_AUTO_TEST_CASE(a_process_that_began_long_after_its_pid_file_was_written_is_a_stranger) {
  const Victim victim;
  write_pid_file(victim.pid(), std::chrono::minutes(2));
  const std::string why = refusal();
  BOOST_TEST(why == file + " was written long before process " + std::to_string(victim.pid()) +
                        " began: the number is another's by now, or the clock was set since (if "
                        "so, touch the file)");
}

BOOST_AUTO_TEST_CASE(a_pid_file_may_be_written_some_time_before_its_process_begins) {
  const Victim victim;
  write_pid_file(victim.pid(), std::chrono::seconds(30));
  BOOST_TEST(refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_pid_file_may_be_as_old_as_its_process) {
  constexpr pid_t kOldest = 1;  // nothing is done to it
  const std::chrono::seconds age = age_of(kOldest);
  write_pid_file(kOldest, age);
  BOOST_TEST(refusal() == "");
  write_pid_file(kOldest, age + std::chrono::seconds(90));
  BOOST_TEST(refusal().find("another's by now") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nor_does_such_a_process_count_as_the_service_that_runs_again) {
  const Victim victim;
  PlainChange change = touch_change(directory / "touched");
  change.verify_undone = operation("alive", {file});
  write_pid_file(victim.pid(), std::chrono::minutes(2));
  BOOST_TEST(state_after_undo(change, "stale") == "unknown");
  write_pid_file(victim.pid(), std::chrono::seconds(0));
  BOOST_TEST(state_after_undo(change, "fresh") == "clean");
}

BOOST_AUTO_TEST_CASE(without_a_record_only_a_process_that_certainly_does_not_run_is_gone) {
  BOOST_TEST(recovered() == "target-gone");
  fs::create_directory(file);  // is there, and cannot be read
  BOOST_TEST(recovered() == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
