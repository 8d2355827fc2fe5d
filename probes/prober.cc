#include "probes/prober.h"

#include <algorithm>
#include <cmath>

#include <boost/asio.hpp>

#include "base/clock.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr Duration kGrace = 500ms;  // on top of the timeouts: for callbacks that are on their way

}  // namespace

Task<> Prober::prepare() {
  co_return;
}

void Prober::written(std::string_view, const std::vector<std::uint64_t>&) {}

Task<> Prober::settle() {
  co_return;
}

Task<> Prober::drained(Clock& clock, Duration limit) {
  const Time end = clock.now() + limit;
  while (in_flight() > 0 && clock.now() < end) co_await clock.sleep_for(5ms);
}

TaskProber::TaskProber(const Watch& watch, Duration timeout, SampleKind kind)
    : watch_(watch),
      timeout_(timeout),
      kind_(kind),
      most_in_flight_(std::min<std::size_t>(in_flight_limit(watch.item.rate, timeout), 256)),
      running_(watch.executor) {}

void TaskProber::send(const Due& due) {
  ++in_flight_;
  running_.spawn(one(due));
}

Task<> TaskProber::one(Due due) {
  Sample sample;
  sample.due = due.at;
  sample.client = due.client;
  sample.kind = kind_;
  sample.sent = watch_.clock.now();
  try {
    co_await measure(sample);
  } catch (const Error&) {
    sample.outcome = Outcome::Other;
  }
  sample.done = watch_.clock.now();
  --in_flight_;
  watch_.recorder.record(sample);
}

Task<> TaskProber::settle() {
  co_await drained(watch_.clock, timeout_ * 2 + kGrace);
  co_await running_.stop();
}

std::size_t in_flight_limit(double rate, Duration timeout) {
  const double waiting = std::ceil(rate * to_seconds(timeout) * 1.5);
  return static_cast<std::size_t>(std::clamp(waiting, 0.0, 12000.0)) + 64;
}

std::uint32_t microseconds(Duration length) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(length).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

}  // namespace muster
