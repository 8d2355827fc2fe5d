#include "base/process.h"

#include <csignal>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/text.h"
#include "test/base/loop.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const std::unique_ptr<Host> here = make_host("here", "this machine", {});

CommandResult try_run(Command what) {
  CommandResult result;
  const auto body = [](Command c, CommandResult& into) -> Task<> {
    into = co_await here->try_run(std::move(c));
  };
  run_task(body(std::move(what), result));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(output_errors_and_exit_code_come_back) {
  const CommandResult result = try_run(command(
      "python3", "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"));
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(result.out == "out\n");
  BOOST_TEST(result.err == "err\n");
  BOOST_TEST(!result.ok());
}

BOOST_AUTO_TEST_CASE(input_is_given_and_then_closed) {
  Command cat = command("cat");
  cat.input = std::string(300'000, 'x');
  BOOST_TEST(try_run(std::move(cat)).out.size() == 300'000U);
}

BOOST_AUTO_TEST_CASE(a_signal_shows_as_128_and_its_number) {
  const CommandResult result =
      try_run(command("python3", "-c", "import os; os.kill(os.getpid(), 9)"));
  BOOST_TEST(result.exit_code == 128 + SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_an_error_that_names_it) {
  BOOST_CHECK_EXCEPTION(try_run(command("no-such-program-here")), Error, [](const Error& e) {
    return e.message().find("no-such-program-here") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_the_children_of_the_program_too) {
  CommandResult result;
  // Until it has had the time to start one.
  for (Duration timeout = 100ms; result.out.empty() && timeout < 60s; timeout *= 3) {
    Command parent = command("sh", "-c", "sleep 1000 & echo $!; wait");
    parent.timeout = timeout;
    result = try_run(std::move(parent));
    BOOST_TEST(result.timed_out);
  }
  const pid_t child = std::stoi(result.out);
  // The orphan is reaped by init a moment after it was killed.
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    gone = ::kill(child, 0) != 0;
    if (!gone) try_run(command("sleep", "0.02"));
  }
  BOOST_TEST(gone);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_keeps_stdout_open_does_not_hold_the_caller) {
  const CommandResult result = try_run(command("python3",
                                               "-c",
                                               "import subprocess\n"
                                               "c=subprocess.Popen(['sleep','30'])\n"
                                               "print(c.pid)"));
  BOOST_TEST(result.ok());
  BOOST_TEST(!result.timed_out);
  ::kill(std::stoi(result.out), SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_channel_talks_both_ways_and_closing_it_ends_the_program) {
  const auto body = []() -> Task<> {
    const std::vector<std::string> cat{"cat"};
    auto channel = co_await here->open(cat);
    co_await channel->write("hello");
    const std::string answer = co_await channel->read();
    BOOST_TEST(answer == "hello");
    channel->close_input();
    const std::string rest = co_await channel->read();
    BOOST_TEST(rest.empty());
    const int exit_code = co_await channel->wait();
    BOOST_TEST(exit_code == 0);
  };
  run_task(body());
}

BOOST_AUTO_TEST_CASE(run_explains_a_failure_with_what_the_program_said) {
  const auto body = []() -> Task<> {
    co_await here->run(command("python3", "-c", "import sys; sys.exit('no such region')"));
  };
  BOOST_CHECK_EXCEPTION(run_task(body()), Error, [](const Error& e) {
    return e.message().find("exit code 1: no such region") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
