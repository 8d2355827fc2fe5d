#include "base/tasks.h"

#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "test/base/loop.h"

using namespace muster;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

SystemClock system_clock_;

Task<> sleep_long() {
  co_await system_clock_.sleep_for(1h);
}
Task<> fail_soon() {
  co_await system_clock_.sleep_for(1ms);
  fail("boom");
}
Task<> set_when_done(bool& done) {
  co_await system_clock_.sleep_for(5ms);
  done = true;
}
Task<> note_cancellation(int& count) {
  try {
    co_await system_clock_.sleep_for(1h);
  } catch (const boost::system::system_error&) {
    ++count;
    throw;
  }
}
Task<> immediate() {
  co_return;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tasks)

BOOST_AUTO_TEST_CASE(the_first_error_of_a_group_cancels_and_awaits_the_others) {
  int cancelled = 0;
  const auto body = [](int& count) -> Task<> {
    TaskGroup group(co_await asio::this_coro::executor);
    for (int i = 0; i < 3; ++i) group.spawn(note_cancellation(count));
    group.spawn(fail_soon());
    co_await group.join();
  };
  BOOST_CHECK_EXCEPTION(
      run_task(body(cancelled)), Error, [](const Error& e) { return e.message() == "boom"; });
  BOOST_TEST(cancelled == 3);
}

BOOST_AUTO_TEST_CASE(a_group_of_tasks_that_end_at_once_joins) {
  const auto body = []() -> Task<> {
    TaskGroup group(co_await asio::this_coro::executor);
    for (int i = 0; i < 10; ++i) group.spawn(immediate());
    co_await group.join();
    BOOST_TEST(group.empty());
  };
  run_task(body());
}

BOOST_AUTO_TEST_CASE(stopping_a_group_is_no_error) {
  const auto body = []() -> Task<> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(sleep_long());
    co_await group.stop();
    BOOST_TEST(group.empty());
  };
  run_task(body());
}

BOOST_AUTO_TEST_CASE(cancelling_the_joiner_cancels_the_group_within) {
  int cancelled = 0;
  const auto inner = [](int& count) -> Task<> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(note_cancellation(count));
    co_await group.join();
  };
  const auto body = [&inner](int& count) -> Task<> {
    TaskGroup outer(co_await asio::this_coro::executor);
    outer.spawn(inner(count));
    co_await system_clock_.sleep_for(2ms);
    co_await outer.stop();
  };
  run_task(body(cancelled));
  BOOST_TEST(cancelled == 1);
}

BOOST_AUTO_TEST_CASE(a_deadline_cuts_work_short_and_says_so) {
  const auto body = []() -> Task<> {
    Task<> work = sleep_long();
    const bool in_time = co_await with_deadline(system_clock_, std::move(work), 5ms);
    BOOST_TEST(!in_time);
  };
  run_task(body());
}

BOOST_AUTO_TEST_CASE(a_failure_before_the_deadline_is_never_read_as_a_timeout) {
  const auto body = []() -> Task<> {
    Task<> work = fail_soon();
    co_await with_deadline(system_clock_, std::move(work), 1h);
  };
  BOOST_CHECK_THROW(run_task(body()), Error);
}

BOOST_AUTO_TEST_CASE(uncancelled_work_ends_though_it_is_cancelled) {
  bool done = false;
  const auto guarded = [](bool& flag) -> Task<> {
    Task<> work = set_when_done(flag);
    co_await uncancelled(std::move(work));
  };
  const auto body = [&guarded](bool& flag) -> Task<> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(guarded(flag));
    co_await system_clock_.sleep_for(1ms);
    co_await group.stop();
  };
  run_task(body(done));
  BOOST_TEST(done);
}

BOOST_AUTO_TEST_CASE(everyone_who_waits_hears_of_a_happening_also_later) {
  int heard = 0;
  const auto listener = [](Happening& happening, int& count) -> Task<> {
    co_await happening.wait();
    ++count;
  };
  const auto body = [&listener](int& count) -> Task<> {
    auto executor = co_await asio::this_coro::executor;
    Happening happening(executor);
    TaskGroup group(executor);
    group.spawn(listener(happening, count));
    group.spawn(listener(happening, count));
    co_await system_clock_.sleep_for(1ms);
    happening.set();
    co_await group.join();
    co_await happening.wait();
  };
  run_task(body(heard));
  BOOST_TEST(heard == 2);
}

BOOST_AUTO_TEST_SUITE_END()
