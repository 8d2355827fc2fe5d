#include "test/runner/sim_line.h"

namespace muster {

void SimLine::send(End to, std::string bytes) {
  Direction& into = direction(to);
  if (into.closed || is_cut()) return;
  if (random_.unit() < troubles_.lost) {
    ++lost;
    return;
  }
  if (random_.unit() < troubles_.damaged) bytes[random_.below(bytes.size())] ^= 0x10;
  if (random_.unit() < troubles_.twice) put(into, bytes);
  put(into, std::move(bytes));
}

void SimLine::close(End to) {
  Direction& into = direction(to);
  if (into.closed) return;
  into.closed = true;
  if (!is_cut()) put(into, "");
}

void SimLine::cut() {
  troubles_.cut_at = clock_.now();
}

void SimLine::put(Direction& into, std::string bytes) {
  const auto longest = static_cast<std::uint64_t>(troubles_.slowest.count());
  const Duration takes(static_cast<std::int64_t>(random_.below(longest + 1)));
  into.last = std::max(into.last, clock_.now() + takes);
  into.messages.push_back({into.last, std::move(bytes)});
  if (into.bell != nullptr) into.bell->ring();
}

std::optional<std::string> SimLine::receive(End at) {
  auto& messages = direction(at).messages;
  if (messages.empty() || messages.front().at > clock_.now()) return std::nullopt;
  std::string bytes = std::move(messages.front().bytes);
  if (!bytes.empty()) messages.pop_front();
  return bytes;
}

Time SimLine::next_arrival(End at) const {
  const auto& messages = direction(at).messages;
  return messages.empty() ? Time::max() : messages.front().at;
}

SimChannel::SimChannel(SimClock& clock, std::shared_ptr<SimLine> line, SimRunnerLife& runner)
    : clock_(clock),
      line_(std::move(line)),
      runner_(runner),
      bell_(std::make_shared<SimClock::Bell>()) {
  line_->wake(SimLine::End::Runner, bell_.get());
}

SimChannel::~SimChannel() {
  close_input();
  line_->close(SimLine::End::Runner);
  line_->wake(SimLine::End::Runner, nullptr);
}

Task<> SimChannel::write(std::string bytes) {
  if (!runner_.dead) runner_.on_sending();
  if (!runner_.dead) line_->send(SimLine::End::Guard, std::move(bytes));
  co_return;
}

Task<std::string> SimChannel::read() {
  auto line = line_;
  auto bell = bell_;
  for (;;) {
    if (auto bytes = line->receive(SimLine::End::Runner)) co_return *std::move(bytes);
    const Time next = line->next_arrival(SimLine::End::Runner);
    co_await clock_.sleep_until(next, *bell);
  }
}

void SimChannel::close_input() {
  if (runner_.dead && runner_.by_power)
    line_->cut();
  else
    line_->close(SimLine::End::Guard);
}

}  // namespace muster
