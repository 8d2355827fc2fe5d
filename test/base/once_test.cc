#include "base/once.h"

#include <memory>

#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "test/base/loop.h"

namespace muster {

namespace {

/// The work lasts until its gate is opened.
struct Work {
  SystemClock clock;
  Once once;
  std::unique_ptr<Happening> gate;
  int begun = 0;
  int shared = 0;
  bool fails = false;

  Task<> work() {
    ++begun;
    co_await gate->wait();
    if (fails) fail("it broke");
  }

  Task<> ask() {
    Task<> mine = work();
    co_await once.ensure(std::move(mine));
    ++shared;
  }

  Task<> expect(std::string wanted) {
    std::string said;
    try {
      co_await ask();
    } catch (const Error& error) {
      said = error.what();
    }
    BOOST_TEST(said == wanted);
  }

  /// Whoever was spawned has begun afterwards.
  Task<> let_them_begin() { co_await clock.sleep_for(std::chrono::milliseconds(1)); }

  Task<> three_at_once(std::string wanted) {
    auto executor = co_await boost::asio::this_coro::executor;
    gate = std::make_unique<Happening>(executor);
    TaskGroup group(executor);
    for (int i = 0; i < 3; ++i) group.spawn(expect(wanted));
    co_await let_them_begin();
    gate->set();
    co_await group.join();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(once, Work)

BOOST_AUTO_TEST_CASE(three_who_ask_at_once_and_one_who_asks_later_share_one_piece_of_work) {
  run_task([](Work& w) -> Task<> {
    co_await w.three_at_once("");
    co_await w.ask();
  }(*this));
  BOOST_TEST(begun == 1);
  BOOST_TEST(shared == 4);
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_to_all_who_waited_and_the_next_tries_again) {
  run_task([](Work& w) -> Task<> {
    w.fails = true;
    co_await w.three_at_once("it broke");
    w.fails = false;
    co_await w.ask();
  }(*this));
  BOOST_TEST(begun == 2);
  BOOST_TEST(shared == 1);
}

BOOST_AUTO_TEST_CASE(one_who_is_cancelled_at_the_work_lets_the_others_go) {
  run_task([](Work& w) -> Task<> {
    auto executor = co_await boost::asio::this_coro::executor;
    w.gate = std::make_unique<Happening>(executor);
    TaskGroup first(executor);
    TaskGroup second(executor);
    first.spawn(w.ask());
    co_await w.let_them_begin();
    second.spawn(w.expect("what it waited for was interrupted"));
    co_await w.let_them_begin();
    co_await first.stop();
    co_await second.join();
    w.gate->set();
    co_await w.ask();
  }(*this));
  BOOST_TEST(begun == 2);
  BOOST_TEST(shared == 1);
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_is_done_again_but_never_beside_itself) {
  run_task([](Work& w) -> Task<> {
    auto executor = co_await boost::asio::this_coro::executor;
    w.gate = std::make_unique<Happening>(executor);
    TaskGroup group(executor);
    group.spawn(w.ask());
    co_await w.let_them_begin();
    w.once.forget();  // at work just now: that counts
    group.spawn(w.ask());
    co_await w.let_them_begin();
    BOOST_TEST(w.begun == 1);
    w.gate->set();
    co_await group.join();
    w.once.forget();
    co_await w.ask();
    BOOST_TEST(w.begun == 2);
  }(*this));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
