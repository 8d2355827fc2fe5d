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
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_pid_file, Setting)

BOOST_AUTO_TEST_CASE(a_process_that_began_long_after_its_pid_file_was_written_is_a_stranger) {
  const Victim victim;
  write_pid_file(victim.pid(), std::chrono::minutes(2));
  const std::string why = refusal();
  BOOST_TEST(why == file + " was written long before process " + std::to_string(victim.pid()) +
                        " began: the number is another's by now");
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
  BOOST_TEST(refusal().ends_with("another's by now"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
