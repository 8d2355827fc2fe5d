// cdn: what users get from an edge, as http does, and what its cache says of each answer. It may
// also publish: write a new content, purge the old one, and look until every place shows the new
// one.
#include <charconv>

#include "base/clock.h"
#include "base/error.h"
#include "probes/cache_status.h"
#include "probes/http_prober.h"
#include "probes/kinds.h"
#include "probes/propagation.h"

namespace muster {

namespace {

constexpr std::string_view kNumber = "{number}";

HttpExchange step_of(const json::object& step) {
  HttpExchange exchange = http_exchange(step, {200, 201, 202, 204});
  prepare_call(exchange.request);
  return exchange;
}

/// The write, and the purges in their order.
std::vector<HttpExchange> steps_of(const json::object& publish) {
  std::vector<HttpExchange> steps = {step_of(at(publish, "write").as_object())};
  const json::value* purges = find(publish, "purge");
  if (purges == nullptr) return steps;
  for (const json::value& purge : purges->as_array()) steps.push_back(step_of(purge.as_object()));
  return steps;
}

/// Publishes on a schedule of its own. The contents are numbered, by the clock, so that no two runs
/// write the same; a place that shows a later one no longer shows the old.
class Publisher final : public PropagationProber {
 public:
  Publisher(const Watch& watch, const json::object& publish)
      : PropagationProber(watch,
                          places_of(publish, "read", {}),
                          limits_of(watch.item.params, publish),
                          1 / to_seconds(duration_at(publish, "every"))),
        steps_(steps_of(publish)),
        first_(std::chrono::duration_cast<std::chrono::milliseconds>(
                   watch.clock.utc_now().time_since_epoch())
                   .count()),
        last_(first_) {}

 protected:
  Task<> act(Round& round) override {
    const std::int64_t number = first_ + static_cast<std::int64_t>(round.due.number);
    round.subject = std::to_string(number);
    last_ = std::max(last_, number);
    for (const HttpExchange& step : steps_) {
      HttpRequest request = with_filled_in(step.request, kNumber, round.subject);
      const UserAnswer answer = co_await ask(round, std::move(request), step.timeout);
      round.act.outcome = judge_answer(step, answer.http);
      round.act.status = static_cast<std::uint16_t>(answer.http.status);
      if (round.act.outcome != Outcome::Good) co_return;
    }
  }

  HttpRequest look_request(const Round& round, const Place& place) const override {
    return with_filled_in(place.request, kNumber, round.subject);
  }

  Sight judge(const Round& round, const HttpAnswer& answer) const override {
    if (answer.outcome != Outcome::Good || answer.status != 200) return Sight::NotTold;
    const std::int64_t own = first_ + static_cast<std::int64_t>(round.due.number);
    for (std::int64_t number = own; number <= last_; ++number)
      if (answer.body.find(std::to_string(number)) != std::string::npos) return Sight::Shown;
    return Sight::NotYet;
  }

  /// No request of a user: only that it failed is told.
  void record_act(const Round& round) override {
    if (round.act.outcome == Outcome::Good) return;
    Sample failure = round.act;
    failure.kind = SampleKind::Gauge;
    watch_.recorder.record(failure);
  }

 private:
  static Limits limits_of(const json::object& params, const json::object& publish) {
    Duration act{};
    for (const HttpExchange& step : steps_of(publish)) act += step.timeout;
    return {act, duration_at(params, "timeout"), duration_at(publish, "give_up")};
  }

  const std::vector<HttpExchange> steps_;
  const std::int64_t first_;
  std::int64_t last_;  ///< that was perhaps written
};

class CdnProber final : public HttpProber {
 public:
  explicit CdnProber(const Watch& watch)
      : HttpProber(watch, {text_at(watch.item.params, "cache_header"), "age"}),
        publishing_(watch.executor) {
    const json::value* publish = find(watch.item.params, "publish");
    if (publish == nullptr) return;
    every_ = duration_at(publish->as_object(), "every");
    publisher_ = std::make_unique<Publisher>(watch, publish->as_object());
  }

  void send(const Due& due) override {
    if (publisher_ && publishing_.empty()) publishing_.spawn(publish());
    HttpProber::send(due);
  }

  Task<> settle() override {
    co_await publishing_.stop();
    if (publisher_) co_await publisher_->settle();
    co_await HttpProber::settle();
  }

 protected:
  void complete(Sample& sample, const HttpAnswer& answer) override {
    if (answer.headers.size() < 3) return;
    sample.value = static_cast<double>(cache_status_from(answer.headers[1]));
    if (sample.kind == SampleKind::Request) record_age(sample, answer.headers[2]);
  }

 private:
  void record_age(const Sample& request, const std::string& header) {
    std::uint32_t seconds = 0;
    const char* end = header.data() + header.size();
    if (std::from_chars(header.data(), end, seconds).ptr != end || header.empty()) return;
    Sample age;
    age.due = request.due;
    age.sent = request.sent;
    age.done = request.done;
    age.client = request.client;
    age.value = seconds;
    age.kind = SampleKind::Gauge;
    watch_.recorder.record(age);
  }

  Task<> publish() {
    for (Due due;; ++due.number) {
      due.at = watch_.clock.now();
      publisher_->send(due);
      co_await watch_.clock.sleep_until(due.at + every_);
    }
  }

  Duration every_{};
  std::unique_ptr<Publisher> publisher_;
  TaskGroup publishing_;
};

void check_publish(const ProbeSpec& probe) {
  const json::object& publish = at(probe.params.values(), "publish").as_object();
  const HttpRequest write = steps_of(publish).front().request;
  places_of(publish, "read", {});
  if (write.url.find(kNumber) == std::string::npos && write.body.find(kNumber) == std::string::npos)
    fail(
        "probe '{}': what 'write' sends needs {{number}}, or nobody can tell the new content from "
        "the old",
        probe.name);
}

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  check_http_probe(probe.params.values());
  if (probe.params.has("publish")) check_publish(probe);
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<CdnProber>(watch);
}

Field publish_field() {
  return {.name = "publish",
          .type = Type::Object,
          .help = "what a new content is published by; {number} in it is different each time",
          .fields = {{.name = "write",
                      .type = Type::Object,
                      .help = "brings the new content, with {number} in it, to the origin",
                      .required = true,
                      .fields = http_fields("PUT")},
                     {.name = "purge",
                      .type = Type::ObjectList,
                      .help = "sent after it, in this order",
                      .fields = http_fields("PURGE")},
                     places_field("read", "place: URL whose answer then holds {number}"),
                     {.name = "every",
                      .type = Type::Duration,
                      .help = "how often",
                      .fallback = "5s",
                      .least = 0.5,
                      .most = 3600},
                     give_up_field()}};
}

Schema fields() {
  Schema all = http_probe_fields();
  all.push_back({.name = "cache_header",
                 .type = Type::Text,
                 .help = "of the answer, says what the cache did: HIT, MISS, STALE, EXPIRED, "
                         "UPDATING, BYPASS, REVALIDATED, or the numbers of x-varnish",
                 .fallback = "x-cache"});
  all.push_back(publish_field());
  return all;
}

}  // namespace

ProbeKind cdn_probe() {
  return {{.name = "cdn",
           .summary = "requests a URL through an edge, as http does, and keeps what its cache said",
           .example = "cdn:\n"
                      "  url: http://www.novvista.test/article/1\n"
                      "  cache_header: x-cache\n"
                      "  served_by: {header: x-region}\n",
           .fields = fields()},
          false,
          &places,
          &prober};
}

}  // namespace muster
