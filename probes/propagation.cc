#include "probes/propagation.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMostLooks = 128;  // under way; further ones wait for their turn
constexpr Duration kTurn = 10ms;
constexpr Duration kLookAgain = 50ms;
constexpr Duration kLookSeldom = 200ms;  // where it was not shown within kLong
constexpr Duration kLong = 1s;
constexpr Duration kOnTheirWay = 500ms;  // callbacks

}  // namespace

PropagationProber::PropagationProber(const Watch& watch,
                                     std::vector<Place> places,
                                     Limits limits,
                                     double rate)
    : watch_(watch),
      places_(std::move(places)),
      limits_(limits),
      users_(
          watch, std::max(limits.act, limits.look), in_flight_limit(rate, limits.act) + kMostLooks),
      most_open_(in_flight_limit(rate, limits.act + limits.give_up + limits.look)),
      rounds_(watch.executor) {}

void PropagationProber::send(const Due& due) {
  ++open_;
  rounds_.spawn(round(due));
}

Task<> PropagationProber::settle() {
  co_await drained(watch_.clock, limits_.act + limits_.give_up + limits_.look + kOnTheirWay);
  co_await rounds_.stop();
}

Task<> PropagationProber::round(Due due) {
  Round round;
  round.due = due;
  round.act.due = due.at;
  round.act.client = due.client;
  round.act.sent = watch_.clock.now();
  round.shown_before.resize(places_.size());
  co_await do_act(round);
  record_act(round);
  if (round.act.outcome == Outcome::Good) {
    TaskGroup looking(watch_.executor);
    for (std::size_t place = 0; place < places_.size(); ++place)
      looking.spawn(follow(round, place));
    looking.spawn(beside(round));
    co_await looking.join();
  }
  --open_;
}

Task<> PropagationProber::do_act(Round& round) {
  try {
    co_await act(round);
  } catch (const Error&) {
    round.act.outcome = Outcome::Other;
  }
  round.acknowledged = round.act.done = watch_.clock.now();
}

Task<> PropagationProber::follow(const Round& round, std::size_t place) {
  Sighting sighting;
  if (round.shown_before[place]) {
    sighting = {Outcome::WrongBody, round.acknowledged, round.acknowledged, 0};
  } else {
    sighting = co_await look_until_shown(round, places_[place]);
  }
  record(round, places_[place], sighting);
  sighted(round, places_[place], sighting);
}

Task<Sighting> PropagationProber::look_until_shown(const Round& round, const Place& place) {
  Sighting seen;
  seen.not_yet = round.acknowledged;
  const Time end = round.acknowledged + limits_.give_up;
  while (watch_.clock.now() < end) {
    if (looking_ >= kMostLooks) {
      co_await watch_.clock.sleep_for(kTurn);
      continue;
    }
    const Time sent = watch_.clock.now();
    HttpRequest request = look_request(round, place);
    ++looking_;
    const UserAnswer answer = co_await ask(round, std::move(request), limits_.look);
    --looking_;
    looked(round, place, sent, answer);
    if (answer.http.status != 0) seen.status = answer.http.status;
    const Sight sight = judge(round, answer.http);
    if (sight == Sight::Shown) {
      seen.outcome = Outcome::Good;
      break;
    }
    if (sight == Sight::NotYet) {
      seen.not_yet = sent;
      seen.outcome = Outcome::Timeout;
    } else if (seen.outcome == Outcome::NotSent) {
      seen.outcome = Outcome::Unreachable;
    }
    const Duration pause = sent - round.acknowledged < kLong ? kLookAgain : kLookSeldom;
    co_await watch_.clock.sleep_until(std::min(sent + pause, end));
  }
  seen.at = watch_.clock.now();
  co_return seen;
}

void PropagationProber::record(const Round& round, const Place& place, const Sighting& sighting) {
  const bool shown = sighting.outcome == Outcome::Good;
  Sample sample;
  sample.due = round.due.at;
  sample.sent = sighting.not_yet;
  sample.done = sighting.at;
  sample.client = round.due.client;
  sample.value = to_seconds((shown ? sighting.at : sighting.not_yet) - round.acknowledged);
  sample.status = static_cast<std::uint16_t>(sighting.status);
  sample.text = watch_.recorder.text(place.name);
  sample.outcome = sighting.outcome;
  sample.kind = SampleKind::Gauge;
  watch_.recorder.record(sample);
}

void PropagationProber::record_act(const Round& round) {
  watch_.recorder.record(round.act);
}

void PropagationProber::looked(const Round&, const Place&, Time, const UserAnswer&) {}

void PropagationProber::sighted(const Round&, const Place&, const Sighting&) {}

Task<> PropagationProber::beside(const Round&) {
  co_return;
}

Task<UserAnswer> PropagationProber::ask(const Round& round, HttpRequest request, Duration timeout) {
  auto call = prepare_call(std::move(request));
  return users_.ask(round.due.client, std::move(call), timeout);
}

Sample PropagationProber::sample_of(const Round& round,
                                    Time sent,
                                    const UserAnswer& answer,
                                    SampleKind kind) const {
  Sample sample;
  sample.due = sample.sent = sent;
  sample.done = watch_.clock.now();
  sample.client = round.due.client;
  sample.dns_us = answer.dns_us;
  sample.connect_us = answer.http.connect_us;
  sample.tls_us = answer.http.tls_us;
  sample.first_byte_us = answer.http.first_byte_us;
  sample.status = static_cast<std::uint16_t>(answer.http.status);
  sample.value = static_cast<double>(round.due.number + 1);
  sample.kind = kind;
  return sample;
}

Field give_up_field() {
  return {.name = "give_up",
          .type = Type::Duration,
          .help = "how long a place is looked at until it counts as never having shown it",
          .fallback = "30s",
          .least = 0.1,
          .most = 600};
}

Field places_field(std::string_view key, std::string_view help) {
  return {.name = key, .type = Type::TextMap, .help = help, .required = true};
}

std::vector<Place> places_of(const json::object& params,
                             std::string_view key,
                             const std::vector<std::string>& headers) {
  std::vector<Place> places;
  for (const auto& [name, url] : at(params, key).as_object()) {
    HttpRequest request;
    request.url = url.as_string().c_str();
    request.headers = headers;
    request.keep_body = true;
    prepare_call(request);
    places.push_back({std::string(name), std::move(request)});
  }
  if (places.empty())
    fail("'{}' names no place; write  {}: {{us-east: http://host/path}}", key, key);
  return places;
}

std::vector<std::string> header_lines(const json::object& params, std::string_view key) {
  std::vector<std::string> lines;
  const json::value* headers = find(params, key);
  if (headers == nullptr) return lines;
  for (const auto& [name, value] : headers->as_object())
    lines.push_back(fmt::format("{}: {}", std::string_view(name), value.as_string().c_str()));
  return lines;
}

HttpRequest with_filled_in(HttpRequest request, std::string_view name, std::string_view value) {
  request.url = replaced(std::move(request.url), name, value);
  request.body = replaced(std::move(request.body), name, value);
  for (std::string& header : request.headers) header = replaced(std::move(header), name, value);
  return request;
}

}  // namespace muster
