// http: what users of a web page get, as a population of independent users.
#include "base/clock.h"
#include "probes/http_exchange.h"
#include "probes/kinds.h"

namespace muster {

namespace {

class HttpProber final : public Prober {
 public:
  explicit HttpProber(const Watch& watch)
      : watch_(watch),
        exchange_(http_exchange(watch.item.params, {200})),
        most_in_flight_(in_flight_limit(watch.item.rate, exchange_.timeout)),
        users_(watch, exchange_.timeout, most_in_flight_, user_habits(watch.item.params)),
        call_(prepare_call(request_of(exchange_.request, watch.item.params))) {}

  Task<> prepare() override {
    const bool harmless = exchange_.request.method == "GET" || exchange_.request.method == "HEAD";
    if (harmless) co_await users_.warm_up(call_, exchange_.timeout);
  }

  void send(const Due& due) override {
    ++in_flight_;
    const Time sent = watch_.clock.now();
    users_.send(due.client, call_, exchange_.timeout, [this, due, sent](UserAnswer& answer) {
      --in_flight_;
      record(due, sent, answer);
    });
  }

  std::size_t in_flight() const override { return in_flight_; }
  std::size_t most_in_flight() const override { return most_in_flight_; }
  Task<> settle() override { return drained(watch_.clock, exchange_.timeout * 2); }

 private:
  static HttpRequest request_of(HttpRequest request, const json::object& params) {
    const UserHabits habits = user_habits(params);
    request.fresh = habits.connections == UserHabits::Connections::Fresh;
    if (const json::value* served_by = find(params, "served_by")) {
      request.wanted_header = text_at(served_by->as_object(), "header");
    }
    return request;
  }

  void record(const Due& due, Time sent, const UserAnswer& answer) {
    Sample sample;
    sample.due = due.at;
    sample.sent = sent;
    sample.done = watch_.clock.now();
    sample.client = due.client;
    sample.dns_us = answer.dns_us;
    sample.connect_us = answer.http.connect_us;
    sample.tls_us = answer.http.tls_us;
    sample.first_byte_us = answer.http.first_byte_us;
    sample.status = static_cast<std::uint16_t>(answer.http.status);
    sample.outcome = judge_answer(exchange_, answer.http);
    sample.text = watch_.recorder.text(answer.http.header);
    watch_.recorder.record(sample);
  }

  const Watch watch_;
  const HttpExchange exchange_;
  const std::size_t most_in_flight_;
  Users users_;
  const std::shared_ptr<const HttpCall> call_;
  std::size_t in_flight_ = 0;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  prepare_call(http_exchange(probe.params.values(), {200})
                   .request);  // says now what an agent would say later
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<HttpProber>(watch);
}

Schema fields() {
  Schema all = http_fields("GET");
  for (Field& field : user_fields()) all.push_back(std::move(field));
  all.push_back(
      {.name = "served_by",
       .type = Type::Object,
       .help = "how an answer tells which region gave it",
       .fields = {
           {.name = "header", .type = Type::Text, .help = "of the answer", .required = true}}});
  return all;
}

}  // namespace

ProbeKind http_probe() {
  return {{.name = "http",
           .summary = "requests a URL as a population of users, each with a DNS cache and "
                      "connections of their own",
           .example = "http:\n"
                      "  url: http://www.novvista.test/article/1\n"
                      "  timeout: 2s\n"
                      "  expect: {status: 200, body_contains: \"<article\"}\n"
                      "  served_by: {header: x-region}\n",
           .fields = fields()},
          false,
          &places,
          &prober};
}

}  // namespace muster
