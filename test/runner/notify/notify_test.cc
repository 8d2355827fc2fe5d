#include "runner/notify/notify.h"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/process.h"
#include "runner/notify/courier.h"
#include "test/base/loop.h"
#include "test/runner/notify/receivers.h"
#include "test/runner/sim_clock.h"

using namespace muster;
using namespace std::chrono_literals;
using Outcome = DeliveryTry::Outcome;

namespace {

/// Does to each receiver what its name says, and writes down when.
class ScriptedCourier final : public Courier {
 public:
  struct Try {
    std::string receiver;
    std::string delivery;
    std::string headline;
    Duration at{};
  };

  ScriptedCourier(boost::asio::io_context& loop, Clock& clock, std::vector<Try>& tries)
      : never_(loop.get_executor()), clock_(clock), tries_(tries) {}

  Task<DeliveryTry> carry(const NotifySettings& receiver,
                          const Notice& notice,
                          const std::string& delivery,
                          UtcTime) override {
    tries_.push_back({receiver.name, delivery, notice.headline, clock_.now().time_since_epoch()});
    if (receiver.name == "silent") co_await never_.wait();
    if (receiver.name == "broken") co_return DeliveryTry{Outcome::Failed, "status 500", {}};
    if (receiver.name == "closed") co_return DeliveryTry{Outcome::Hopeless, "status 404", {}};
    if (receiver.name == "busy") co_return DeliveryTry{Outcome::Failed, "status 429", 300s};
    if (receiver.name == "slow") co_await clock_.sleep_for(10s);
    if (receiver.name == "second-time" && tries_.size() == 1)
      co_return DeliveryTry{Outcome::Failed, "status 503", {}};
    co_return DeliveryTry{};
  }

 private:
  Happening never_;
  Clock& clock_;
  std::vector<Try>& tries_;
};

NotifySettings receiver_of(const std::string& name, std::vector<NotifyEvent> on = {}) {
  NotifySettings receiver;
  receiver.name = name;
  receiver.webhook = "https://" + name + ".example/";
  receiver.on = std::move(on);
  return receiver;
}

Notice notice_of(const std::string& headline, NotifyEvent event = NotifyEvent::Failed) {
  Notice notice;
  notice.event = event;
  notice.drill = "drain";
  notice.headline = headline;
  return notice;
}

/// A notifier in virtual time.
struct Simulated {
  explicit Simulated(std::vector<NotifySettings> receivers)
      : notifier(
            std::move(receivers), clock, std::make_unique<ScriptedCourier>(loop, clock, tries)) {
    running.spawn(notifier.run());
  }
  ~Simulated() {
    running.cancel();
    loop.restart();
    loop.run();
  }

  boost::asio::io_context loop{1};
  SimClock clock{loop};
  std::vector<ScriptedCourier::Try> tries;
  Notifier notifier;
  TaskGroup running{loop.get_executor()};

  std::string state(std::size_t number) const {
    const Notifier::Delivery delivery = notifier.deliveries().at(number);
    return fmt::format("{}: {} after {}{}{}",
                       delivery.receiver,
                       delivery.state,
                       delivery.tries,
                       delivery.problem.empty() ? "" : ": ",
                       delivery.problem);
  }
};

/// A thousand times as fast as the world.
class HastyClock final : public Clock {
 public:
  Time now() const override { return Time(1000 * world_.now().time_since_epoch()); }
  UtcTime utc_now() const override { return world_.utc_now(); }
  Task<> sleep_until(Time at) override {
    const Duration in_the_world = at.time_since_epoch() / 1000;
    co_await world_.sleep_until(Time(in_the_world));
  }

 private:
  SystemClock world_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(notify)

BOOST_AUTO_TEST_CASE(what_fails_is_tried_again_with_growing_pauses_and_given_up) {
  Simulated simulated({receiver_of("broken")});
  simulated.notifier.tell(notice_of("a"));
  BOOST_TEST(simulated.tries.empty());  // telling is not delivering
  BOOST_TEST(simulated.state(0) == "broken: waiting after 0");
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_REQUIRE(simulated.tries.size() == 6U);
  const std::vector<double> pauses = {1, 5, 30, 120, 600};
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const double pause = to_seconds(simulated.tries[i + 1].at - simulated.tries[i].at);
    BOOST_TEST(pause >= 0.8 * pauses[i]);
    BOOST_TEST(pause <= 1.2 * pauses[i]);
    BOOST_TEST(simulated.tries[i + 1].delivery == simulated.tries[0].delivery);
  }
  BOOST_TEST(simulated.state(0) == "broken: given up after 6: status 500");
  BOOST_TEST(simulated.notifier.counts().front().given_up == 1U);
  BOOST_TEST(simulated.notifier.counts().front().waiting == 0U);
}

BOOST_AUTO_TEST_CASE(pauses_of_two_receivers_are_not_the_same) {
  Simulated simulated({receiver_of("broken"), receiver_of("broken")});
  simulated.notifier.tell(notice_of("a"));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_REQUIRE(simulated.tries.size() == 12U);
  BOOST_TEST((simulated.tries[2].at != simulated.tries[3].at));
}

BOOST_AUTO_TEST_CASE(what_is_hopeless_is_not_tried_again) {
  Simulated simulated({receiver_of("closed")});
  simulated.notifier.tell(notice_of("a"));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(simulated.tries.size() == 1U);
  BOOST_TEST(simulated.state(0) == "closed: given up after 1: status 404");
}

BOOST_AUTO_TEST_CASE(what_succeeds_the_second_time_is_delivered_once) {
  Simulated simulated({receiver_of("second-time")});
  simulated.notifier.tell(notice_of("a"));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(simulated.tries.size() == 2U);
  BOOST_TEST(simulated.state(0) == "second-time: delivered after 2");
}

BOOST_AUTO_TEST_CASE(a_receiver_that_asks_for_a_longer_pause_gets_it) {
  Simulated simulated({receiver_of("busy")});
  simulated.notifier.tell(notice_of("a"));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_REQUIRE(simulated.tries.size() == 6U);
  BOOST_TEST((simulated.tries[1].at - simulated.tries[0].at == 300s));
  BOOST_TEST((simulated.tries[5].at - simulated.tries[4].at >= 480s));
}

BOOST_AUTO_TEST_CASE(what_waits_for_another_try_keeps_nothing_newer_waiting) {
  Simulated simulated({receiver_of("second-time")});
  simulated.notifier.tell(notice_of("old"));
  simulated.loop.poll();
  simulated.notifier.tell(notice_of("new"));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_REQUIRE(simulated.tries.size() == 3U);
  BOOST_TEST(simulated.tries[0].headline == "old");
  BOOST_TEST(simulated.tries[1].headline == "new");
  BOOST_TEST((simulated.tries[1].at == 0s));
  BOOST_TEST(simulated.tries[2].headline == "old");
}

BOOST_AUTO_TEST_CASE(a_receiver_that_never_answers_keeps_nobody_else_waiting) {
  Simulated simulated({receiver_of("silent"), receiver_of("good")});
  for (int i = 0; i < 10; ++i) simulated.notifier.tell(notice_of(std::to_string(i)));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(simulated.tries.size() == 11U);  // one of them is still on its way to the silent one
  BOOST_TEST((simulated.clock.now() == Time{}));
  BOOST_TEST(simulated.notifier.counts()[0].waiting == 10U);
  BOOST_TEST(simulated.notifier.counts()[1].delivered == 10U);
}

BOOST_AUTO_TEST_CASE(one_receiver_is_told_in_order_one_at_a_time) {
  Simulated simulated({receiver_of("slow")});
  for (int i = 0; i < 3; ++i) simulated.notifier.tell(notice_of(std::to_string(i)));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_REQUIRE(simulated.tries.size() == 3U);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(simulated.tries[static_cast<std::size_t>(i)].headline == std::to_string(i));
    BOOST_TEST((simulated.tries[static_cast<std::size_t>(i)].at == i * 10s));
  }
}

BOOST_AUTO_TEST_CASE(a_full_queue_drops_its_oldest) {
  Simulated simulated({receiver_of("good"), receiver_of("deaf", {NotifyEvent::Broken})});
  for (int i = 0; i < 205; ++i) simulated.notifier.tell(notice_of(std::to_string(i)));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_REQUIRE(simulated.tries.size() == 200U);
  BOOST_TEST(simulated.tries.front().headline == "5");
  BOOST_TEST(simulated.tries.back().headline == "204");
  const Notifier::Counts counts = simulated.notifier.counts().front();
  BOOST_TEST(counts.dropped == 5U);
  BOOST_TEST(counts.delivered == 200U);
  BOOST_TEST(counts.waiting == 0U);
}

BOOST_AUTO_TEST_CASE(the_newest_hundred_deliveries_are_remembered) {
  Simulated simulated({receiver_of("good")});
  for (int i = 0; i < 150; ++i) simulated.notifier.tell(notice_of(std::to_string(i)));
  BOOST_TEST(simulated.clock.run(24h));
  const std::vector<Notifier::Delivery> deliveries = simulated.notifier.deliveries();
  BOOST_REQUIRE(deliveries.size() == 100U);
  BOOST_TEST(deliveries.back().id == simulated.tries.back().delivery);
  BOOST_TEST(deliveries.front().id == simulated.tries[50].delivery);
}

BOOST_AUTO_TEST_CASE(each_receiver_hears_what_it_asked_for) {
  Simulated simulated(
      {receiver_of("all"), receiver_of("some", {NotifyEvent::Started, NotifyEvent::Overdue})});
  for (const NotifyEvent event : {NotifyEvent::Started,
                                  NotifyEvent::Passed,
                                  NotifyEvent::Failed,
                                  NotifyEvent::Skipped,
                                  NotifyEvent::Overdue,
                                  NotifyEvent::Broken})
    simulated.notifier.tell(notice_of("", event));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(simulated.notifier.counts()[0].delivered == 5U);  // all but started
  BOOST_TEST(simulated.notifier.counts()[1].delivered == 2U);
}

BOOST_AUTO_TEST_CASE(at_the_end_what_waits_is_tried_a_last_time) {
  Simulated simulated({receiver_of("second-time"), receiver_of("closed")});
  simulated.notifier.tell(notice_of("a"));
  simulated.loop.poll();
  BOOST_TEST(simulated.state(0) == "second-time: waiting after 1: status 503");
  TaskGroup ending(simulated.loop.get_executor());
  ending.spawn(simulated.notifier.finish(10s));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(ending.empty());
  BOOST_TEST((simulated.clock.now() == Time{}));
  BOOST_TEST(simulated.state(0) == "second-time: delivered after 2");
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_nobody_longer_than_it_was_told) {
  Simulated simulated({receiver_of("silent"), receiver_of("broken")});
  simulated.notifier.tell(notice_of("a"));
  simulated.loop.poll();
  TaskGroup ending(simulated.loop.get_executor());
  ending.spawn(simulated.notifier.finish(10s));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(ending.empty());
  BOOST_TEST((simulated.clock.now() == Time(10s)));
  BOOST_TEST(simulated.state(1) == "broken: given up after 2: status 500");
}

BOOST_AUTO_TEST_CASE(where_nobody_is_to_be_told_nothing_is_done) {
  Simulated simulated({});
  simulated.notifier.tell(notice_of("a"));
  BOOST_TEST(simulated.clock.run(24h));
  BOOST_TEST(simulated.running.empty());
  BOOST_TEST(simulated.notifier.deliveries().empty());
}

BOOST_AUTO_TEST_CASE(over_the_wire_all_tries_of_a_delivery_have_one_id) {
  const auto deliver = [](Servers& servers) -> Task<> {
    const auto executor = co_await boost::asio::this_coro::executor;
    WebReceiver& receiver = servers.web({WebReceiver::status("500 Oops"),
                                         WebReceiver::status("503 Busy"),
                                         WebReceiver::status("200 OK")});
    const std::unique_ptr<Host> here = make_host("here", "this machine", {});
    NotifySettings settings = receiver_of("hook");
    settings.webhook = receiver.url();
    HastyClock clock;
    Notifier notifier({settings}, clock, *here);
    TaskGroup running(executor);
    running.spawn(notifier.run());
    notifier.tell(notice_of("a"));
    while (notifier.deliveries().front().state == "waiting") co_await clock.sleep_for(1s);
    co_await running.stop();
    BOOST_TEST(notifier.deliveries().front().state == "delivered");
    BOOST_TEST(notifier.deliveries().front().tries == 3);
    BOOST_REQUIRE(receiver.requests.size() == 3U);
    for (const auto& request : receiver.requests) {
      BOOST_TEST(request.header("X-Muster-Delivery") == notifier.deliveries().front().id);
      BOOST_TEST(request.body == receiver.requests.front().body);
    }
  };
  run_task(with_servers(deliver));
}

BOOST_AUTO_TEST_SUITE_END()
