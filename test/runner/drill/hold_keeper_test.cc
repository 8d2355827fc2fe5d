// The hold of a run that goes on, in virtual time, on a store that goes away and comes back.
#include "runner/drill/hold_keeper.h"

#include <functional>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/sim_store.h"
#include "test/runner/sim_clock.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const std::string kRun = "01KA3H6Q9T3V8Y2N5W7B4C6D8E";

class Window final : public Leash {
 public:
  explicit Window(boost::asio::io_context& loop) : closed(loop.get_executor()) {}
  Task<std::vector<std::string>> why_not_inject(std::string run_id) override {
    asked_about = run_id;
    co_return reasons;
  }
  Task<Pull> pulled() override {
    co_await closed.wait();
    co_return Pull{"somebody asked for it", true};
  }
  std::vector<std::string> reasons;
  std::string asked_about;
  Happening closed;
};

/// A run of so long, and what happens meanwhile.
struct Kept {
  ScratchHome home;
  boost::asio::io_context loop{1};
  SimClock clock{loop};
  SimStore store{clock};
  std::optional<StackHold> hold;
  std::optional<Pull> pull;
  Time pulled_at{};
  std::map<Time, std::function<void()>> events;
  Leash* beside = nullptr;
  std::optional<Duration> inject_after;
  std::optional<std::vector<std::string>> reasons;
  Time reasons_at{};

  Kept() {
    store.place = "pg-ops.example:5432";
    hold.emplace(store, clock, "shop", holder_here(kRun, "drain"));
    BOOST_REQUIRE(hold->take() == "");
  }

  void at(Duration when, std::function<void()> what) { events[Time(when)] = std::move(what); }
  void away_between(Duration from, Duration to) {
    at(from, [this] { store.away = true; });
    at(to, [this] { store.away = false; });
  }

  void run_for(Duration length) {
    boost::asio::co_spawn(loop, play(length), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    BOOST_REQUIRE(clock.run(2h));
  }
  bool is_held() {
    for (const SeenHold& each : stack_holds(store))
      if (each.by.run == kRun) return !each.is_over;
    return false;
  }

 private:
  Task<> play(Duration length) {
    auto executor = co_await boost::asio::this_coro::executor;
    auto there = std::make_unique<SharedStore>(store);
    HoldKeeper keeper(executor, clock, std::move(there), *hold, beside);
    TaskGroup tasks(executor);
    tasks.spawn(keeper.keep());
    tasks.spawn(wait_for_pull(keeper));
    tasks.spawn(let_happen());
    if (inject_after) tasks.spawn(inject(keeper));
    co_await clock.sleep_until(Time(length));
    co_await tasks.stop();
  }
  Task<> wait_for_pull(HoldKeeper& keeper) {
    pull = co_await keeper.pulled();
    pulled_at = clock.now();
  }
  Task<> let_happen() {
    for (const auto& [when, what] : events) {
      co_await clock.sleep_until(when);
      what();
    }
  }
  Task<> inject(HoldKeeper& keeper) {
    co_await clock.sleep_for(*inject_after);
    std::string id = kRun;
    reasons = co_await keeper.why_not_inject(std::move(id));
    reasons_at = clock.now();
  }
};

bool says(const std::optional<Pull>& pull, std::string_view part) {
  return pull && pull->reason.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hold_keeper, Kept)

BOOST_AUTO_TEST_CASE(a_hold_lasts_as_long_as_its_run) {
  bool was_free = false;
  for (Duration when = 5s; when < 30min; when += 7s)
    at(when, [&] { was_free = was_free || store.lease("stack:shop", "b", 1h).has_value(); });
  run_for(30min);
  BOOST_TEST(!was_free);
  BOOST_TEST(!pull.has_value());
  BOOST_TEST(is_held());
}

BOOST_AUTO_TEST_CASE(a_database_that_starts_again_ends_no_run) {
  away_between(100s, 128s);
  away_between(10min, 10min + 28s);
  run_for(20min);
  BOOST_TEST(!pull.has_value());
  BOOST_TEST(is_held());
}

BOOST_AUTO_TEST_CASE(a_run_whose_hold_cannot_be_prolonged_ends_before_it_is_anothers) {
  away_between(101s, 1h);
  bool is_over = true;
  at(115s, [&] { BOOST_TEST(!pull.has_value()); });
  run_for(145s);
  store.away = false;
  is_over = !is_held();
  BOOST_TEST(says(pull, "could not be prolonged: the store is away"));
  BOOST_TEST(!pull->by_person);
  // Prolonged last at 100 s: there is time to undo everything.
  BOOST_TEST((pulled_at >= Time(130s) && pulled_at <= Time(145s)));
  BOOST_TEST(!is_over);
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_holds_on_while_it_undoes) {
  away_between(101s, 155s);
  run_for(10min);
  BOOST_TEST(pull.has_value());
  BOOST_TEST(is_held());
}

BOOST_AUTO_TEST_CASE(a_hold_that_is_anothers_ends_the_run_at_the_next_look) {
  at(101s, [&] {
    store.release(hold->lease());
    BOOST_TEST(store.lease("stack:shop", "b", 1h).has_value());
  });
  run_for(5min);
  BOOST_TEST(says(pull, "the hold on the stack shop is another run's now"));
  BOOST_TEST((pulled_at <= Time(111s)));
  BOOST_TEST(!is_held());
}

BOOST_AUTO_TEST_CASE(a_run_that_stood_still_too_long_ends_even_where_nobody_came) {
  at(101s, [&] { store.release(hold->lease()); });  // as if its time was over
  run_for(5min);
  BOOST_TEST(says(pull, "was over: this run stood still for too long"));
  BOOST_TEST(is_held());
}

BOOST_AUTO_TEST_CASE(before_a_fault_the_store_is_asked_and_then_the_others) {
  Window window(loop);
  window.reasons = {"the window has closed"};
  beside = &window;
  inject_after = 3s;
  run_for(10s);
  BOOST_TEST(window.asked_about == kRun);
  BOOST_TEST(reasons.value() == window.reasons, boost::test_tools::per_element());
  BOOST_TEST((reasons_at == Time(3s)));
}

BOOST_AUTO_TEST_CASE(a_fault_waits_for_a_store_that_starts_again) {
  away_between(12s, 18s);
  inject_after = 13s;
  run_for(60s);
  BOOST_REQUIRE(reasons.has_value());
  BOOST_TEST(reasons->empty());
  BOOST_TEST((reasons_at >= Time(18s) && reasons_at <= Time(21s)));
}

BOOST_AUTO_TEST_CASE(there_is_no_fault_once_the_hold_is_anothers) {
  at(12s, [&] {
    store.release(hold->lease());
    store.lease("stack:shop", "b", 1h);
  });
  inject_after = 13s;  // before anything was prolonged
  run_for(60s);
  BOOST_REQUIRE(reasons.has_value());
  BOOST_TEST(reasons->size() == 1U);
  BOOST_TEST(says(pull, "is another run's now"));
  BOOST_TEST((pulled_at == Time(13s)));
}

BOOST_AUTO_TEST_CASE(there_is_no_fault_while_the_store_stays_away) {
  away_between(12s, 1h);
  inject_after = 13s;
  run_for(5min);
  BOOST_TEST(pull.has_value());
  BOOST_REQUIRE(reasons.has_value());
  BOOST_TEST(reasons->size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_else_ends_the_run_is_heard) {
  Window window(loop);
  beside = &window;
  at(30s, [&] { window.closed.set(); });
  run_for(60s);
  BOOST_TEST(says(pull, "somebody asked for it"));
  BOOST_TEST(pull->by_person);
  BOOST_TEST((pulled_at == Time(30s)));
}

BOOST_AUTO_TEST_SUITE_END()
