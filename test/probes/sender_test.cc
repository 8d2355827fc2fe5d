#include "probes/sender.h"

#include <algorithm>
#include <thread>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "test/base/loop.h"

using namespace muster;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

class Kept final : public Recorder {
 public:
  void record(const Sample& sample) override {
    (sample.kind == SampleKind::Stall ? stalls : samples).push_back(sample);
  }
  std::uint16_t text(std::string_view) override { return 0; }
  std::vector<Sample> samples;
  std::vector<Sample> stalls;
};

/// Answers nothing; its requests stay in flight for ever.
class Silent final : public Prober {
 public:
  explicit Silent(std::size_t most) : most_(most) {}
  void send(const Due& due) override { sent.push_back(due); }
  std::size_t in_flight() const override { return sent.size(); }
  std::size_t most_in_flight() const override { return most_; }
  SampleKind sample_kind() const override { return SampleKind::Write; }
  std::vector<Due> sent;

 private:
  std::size_t most_;
};

struct Bench {
  explicit Bench(std::size_t most_in_flight) : prober(most_in_flight) { item.clients = 3; }

  /// Sends for `length` at `rate`, from `late` ago on.
  Task<> send(double rate, Duration late, Duration length) {
    auto executor = co_await asio::this_coro::executor;
    const Watch watch{executor, clock, task, item, recorder};
    Sender sender(watch, prober, Pacer::even(clock.now() - late, rate), tally);
    sender.start();
    co_await clock.sleep_for(length);
    sender.stop(clock.now());
    while (!sender.ended()) co_await clock.sleep_for(1ms);
  }

  SystemClock clock;
  AgentTask task;
  AgentTask::Item item;
  Kept recorder;
  Silent prober;
  SendTally tally;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sender)

BOOST_AUTO_TEST_CASE(what_kept_the_prober_from_sending_in_time_is_recorded_as_a_stall) {
  Bench bench(1000);
  Time from, to;
  const auto stand_still = [&]() -> Task<> {
    co_await bench.clock.sleep_for(100ms);
    from = bench.clock.now();
    std::this_thread::sleep_for(80ms);
    to = bench.clock.now();
  };
  const auto both = [&]() -> Task<> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.spawn(bench.send(1000, 0ms, 300ms));
    group.spawn(stand_still());
    co_await group.join();
  };
  run_task(both());
  const bool seen = std::ranges::any_of(bench.recorder.stalls, [&](const Sample& stall) {
    return stall.due <= from + 2ms && stall.done >= to;
  });
  BOOST_TEST(seen);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_sent_is_recorded_and_not_skipped) {
  Bench bench(5);
  run_task(bench.send(1000, 0ms, 100ms));
  BOOST_TEST(bench.prober.sent.size() == 5U);
  BOOST_TEST(bench.tally.sent == 5U);
  BOOST_TEST(bench.tally.due >= 100U);
  BOOST_TEST(bench.tally.not_sent == bench.tally.due - 5);
  BOOST_REQUIRE(bench.recorder.samples.size() == bench.tally.not_sent);
  Time due = bench.prober.sent.back().at;
  for (const Sample& sample : bench.recorder.samples) {
    BOOST_TEST((sample.outcome == Outcome::NotSent));
    BOOST_TEST((sample.kind == SampleKind::Write));
    BOOST_TEST((sample.sent == Time{}));
    BOOST_TEST((sample.due - due == 1ms));
    due = sample.due;
  }
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_late_sends_all_that_was_due_and_keeps_its_due_time) {
  Bench bench(1'000'000);
  run_task(bench.send(1000, 2s, 50ms));
  const auto& sent = bench.prober.sent;
  BOOST_TEST(sent.size() >= 2050U);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    BOOST_TEST(sent[i].number == i);
    BOOST_TEST(sent[i].client == i % 3);
    BOOST_TEST((sent[i].at - sent[0].at == i * 1ms));
  }
  BOOST_TEST((bench.tally.lag.max() >= 2s));
}

BOOST_AUTO_TEST_CASE(quantiles_of_the_lag_are_at_most_a_bucket_too_high) {
  LagHistogram lag;
  for (int i = 1; i <= 1000; ++i) lag.add(i * 1us);
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = q * 1e6;
    const auto measured = static_cast<double>(lag.quantile(q).count());
    BOOST_TEST(measured >= exact);
    BOOST_TEST(measured <= exact * 1.26);
  }
  BOOST_TEST((lag.max() == 1ms));
}

BOOST_AUTO_TEST_CASE(no_request_has_no_lag) {
  const LagHistogram lag;
  BOOST_TEST((lag.quantile(0.99) == Duration::zero()));
}

BOOST_AUTO_TEST_SUITE_END()
