// muster-hold and muster-look as they run on targets: real programs, real memory, real clocks.
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/process.h"
#include "base/tasks.h"
#include "base/text.h"
#include "test/base/loop.h"
#include "test/faults/failing_call.h"

namespace muster {
namespace {

using Words = std::vector<std::string>;

std::string own(const char* name) {
  return (program_directory() / name).string();
}

/// A name that no other process of this machine has in its command line.
std::string new_id() {
  static int count = 0;
  return "muster-hold-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

CommandResult run_here(Words argv) {
  const auto here = make_host("here", "here", {});
  CommandResult result;
  const auto run = [&]() -> Task<> {
    Command command{std::move(argv), {}, std::chrono::seconds(20)};
    result = co_await here->try_run(std::move(command));
  };
  run_task(run());
  return result;
}

CommandResult look(Words words) {
  words.insert(words.begin(), own("muster-look"));
  return run_here(std::move(words));
}

/// The exit code of muster-look where the kernel answers EIO to one of its calls.
[[maybe_unused]] int look_without(int call, const Words& words) {
  const std::string program = own("muster-look");
  std::vector<const char*> argv{program.c_str()};
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    if (fail_call(call, EIO)) ::execv(argv[0], const_cast<char* const*>(argv.data()));
    ::_exit(127);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Retried, since what is looked for may take a moment.
bool comes_to_see(const Words& words) {
  for (int tries = 0; tries < 100; ++tries) {
    if (look(words).exit_code == 0) return true;
    ::usleep(100000);
  }
  return false;
}

/// Runs `inside` while the program is ready, and ends it by SIGTERM.
void while_held(Words argv, const std::function<void()>& inside) {
  const auto here = make_host("here", "here", {});
  const auto run = [&]() -> Task<> {
    std::unique_ptr<Channel> channel = co_await here->open(std::move(argv));
    const std::string said = co_await channel->read();
    BOOST_TEST(said == "ready\n", channel->errors());
    if (said == "ready\n") inside();
    channel->kill();
    co_await channel->wait();
  };
  run_task(run());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hold)

BOOST_AUTO_TEST_CASE(memory_is_really_taken_and_is_gone_with_its_holder) {
  const std::string id = new_id();
  BOOST_TEST(look({"held", id, "1"}).exit_code == 1);
  while_held({own("muster-hold"), id, "memory", "33554432"}, [&] {
    BOOST_TEST(look({"held", id, "33554432"}).exit_code == 0);
    BOOST_TEST(look({"held", id, "3355443200"}).exit_code == 1);
    BOOST_TEST(look({"gone", id}).exit_code == 1);
  });
  BOOST_TEST(comes_to_see({"gone", id}));
}

#ifndef MUSTER_SANITIZED  // with a sanitizer the program is loaded by these calls as well
BOOST_AUTO_TEST_CASE(what_holds_is_not_called_gone_where_its_process_cannot_be_seen) {
  const std::string id = new_id();
  while_held({own("muster-hold"), id, "memory", "33554432"}, [&] {
    for (const char* what : {"gone", "held"}) {
      Words words{what, id};
      if (words[0] == "held") words.emplace_back("1");
      BOOST_TEST(look_without(SYS_getdents64, words) == 2, what);
      BOOST_TEST(look_without(SYS_read, words) == 2, what);
    }
  });
}
#endif

BOOST_AUTO_TEST_CASE(processors_are_kept_busy) {
  while_held({own("muster-hold"), new_id(), "cpu", "100"}, [] {
    BOOST_TEST(comes_to_see({"busy", "70"}));
  });
}

BOOST_AUTO_TEST_CASE(a_program_is_run_again_and_again) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / new_id();
  std::filesystem::create_directories(folder);
  const std::string pattern = (folder / "run-XXXXXX").string();
  while_held({own("muster-hold"), new_id(), "repeat", "10ms", "mktemp", "-q", pattern}, [&] {
    const auto runs = [&] {
      return std::distance(std::filesystem::directory_iterator(folder), {});
    };
    for (int tries = 0; tries < 200 && runs() < 3; ++tries) ::usleep(50000);
    BOOST_TEST(runs() >= 3);
  });
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_the_first_time_is_not_called_ready) {
  const CommandResult result = run_here({own("muster-hold"), new_id(), "repeat", "10ms", "false"});
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(result.err.find("false fails") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_written_wrongly_is_told_with_the_right_form) {
  BOOST_TEST(run_here({own("muster-hold")}).exit_code == 2);
  BOOST_TEST(run_here({own("muster-hold"), "x", "cpu", "0"}).exit_code == 2);
  BOOST_TEST(run_here({own("muster-hold"), "x", "memory", "much"}).exit_code == 2);
  BOOST_TEST(run_here({own("muster-hold"), "x", "disk", "/nowhere", "0"}).exit_code == 1);
  BOOST_TEST(look({"clock", "nowhere", "/", "0"}).exit_code == 2);
  BOOST_TEST(look({}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_from_one_that_is_not) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  BOOST_TEST(look({"full", folder, "0"}).exit_code == 1);
  BOOST_TEST(look({"full", folder, "1e18"}).exit_code == 0);
  BOOST_TEST(look({"full", "/nowhere", "0"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(a_server_whose_clock_is_wrong_is_told_from_one_whose_clock_is_right) {
  const std::string port = std::to_string(20000 + ::getpid() % 20000);
  const Words server = {"python3", "-u", "-m", "http.server", port, "--bind", "127.0.0.1"};
  const auto told = [&](Words argv, const std::string& right, const std::string& wrong) {
    const auto here = make_host("here", "here", {});
    const auto run = [&]() -> Task<> {
      std::unique_ptr<Channel> channel = co_await here->open(std::move(argv));
      BOOST_TEST(comes_to_see({"clock", "127.0.0.1:" + port, "/", right}));
      BOOST_TEST(look({"clock", "127.0.0.1:" + port, "/", wrong}).exit_code == 1);
      channel->kill();
      co_await channel->wait();
    };
    run_task(run());
  };
  told(server, "+0", "-300");
  Words skewed = {"faketime", "-f", "-300s"};
  skewed.insert(skewed.end(), server.begin(), server.end());
  told(skewed, "-300", "+0");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
