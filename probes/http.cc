// http: what users of a web page get, as a population of independent users.
#include "base/clock.h"
#include "base/error.h"
#include "probes/http_exchange.h"
#include "probes/kinds.h"
#include "probes/lookout.h"
#include "probes/user_calls.h"
#include "probes/users.h"

namespace muster {

namespace {

bool is_harmless(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

double rate_while_failing(const json::object& params) {
  return find(params, "rate_while_failing") == nullptr ? 0
                                                       : number_at(params, "rate_while_failing");
}

class HttpProber final : public Prober {
 public:
  explicit HttpProber(const Watch& watch)
      : watch_(watch),
        exchange_(http_exchange(watch.item.params, {200})),
        watching_rate_(rate_while_failing(watch.item.params)),
        most_in_flight_(in_flight_limit(watch.item.rate, exchange_.timeout)),
        most_watching_(in_flight_limit(watching_rate_, exchange_.timeout)),
        users_(watch,
               exchange_.timeout,
               most_in_flight_ + (watching_rate_ > 0 ? most_watching_ : 0),
               user_habits(watch.item.params)),
        calls_(watch.item.params,
               request_of(exchange_.request, watch.item.params),
               static_cast<std::uint32_t>(std::max(watch.item.clients, 1))),
        lookout_(watch.executor, watch.clock, watching_rate_, [this](std::uint32_t user) {
          if (watching_ < most_watching_) ask(user, watch_.clock.now(), SampleKind::Watching);
        }) {
    users_.on_closed([this](const ClosedConnection& connection) { record(connection); });
  }

  Task<> prepare() override {
    co_await calls_.log_in(users_, watch_.clock);
    if (!is_harmless(exchange_.request)) co_return;
    const Users::CallOf call_of = [this](std::uint32_t user) {
      return calls_.of(user);
    };
    co_await users_.warm_up(call_of, exchange_.timeout);
  }

  void send(const Due& due) override { ask(due.client, due.at, SampleKind::Request); }
  std::size_t in_flight() const override { return in_flight_; }
  std::size_t most_in_flight() const override { return most_in_flight_; }

  Task<> settle() override {
    co_await drained(watch_.clock, exchange_.timeout * 2);
    lookout_.stop();
  }

 private:
  static HttpRequest request_of(HttpRequest request, const json::object& params) {
    const UserHabits habits = user_habits(params);
    request.fresh = habits.connections == UserHabits::Connections::Fresh;
    request.http2 = habits.http2;
    if (const json::value* served_by = find(params, "served_by")) {
      request.wanted_header = text_at(served_by->as_object(), "header");
    }
    return request;
  }

  std::size_t& under_way(SampleKind kind) {
    return kind == SampleKind::Watching ? watching_ : in_flight_;
  }

  void ask(std::uint32_t user, Time due, SampleKind kind) {
    ++under_way(kind);
    const Time sent = watch_.clock.now();
    users_.send(user,
                calls_.of(user),
                exchange_.timeout,
                [this, user, due, sent, kind](UserAnswer& answer) {
                  --under_way(kind);
                  Sample sample;
                  sample.due = due;
                  sample.sent = sent;
                  sample.client = user;
                  sample.kind = kind;
                  record(sample, answer);
                });
  }

  void record(Sample sample, const UserAnswer& answer) {
    sample.done = watch_.clock.now();
    sample.dns_us = answer.dns_us;
    sample.connect_us = answer.http.connect_us;
    sample.tls_us = answer.http.tls_us;
    sample.first_byte_us = answer.http.first_byte_us;
    sample.status = static_cast<std::uint16_t>(answer.http.status);
    sample.outcome = judge_answer(exchange_, answer.http);
    sample.text = watch_.recorder.text(answer.http.header);
    watch_.recorder.record(sample);
    lookout_.saw(sample.client, sample.outcome != Outcome::Good);
  }

  void record(const ClosedConnection& connection) {
    Sample sample;
    sample.due = sample.sent = sample.done = watch_.clock.now();
    sample.client = connection.user;
    sample.outcome = connection.reset ? Outcome::Reset : Outcome::Good;
    sample.kind = SampleKind::Closed;
    sample.text = watch_.recorder.text(connection.address);
    watch_.recorder.record(sample);
  }

  const Watch watch_;
  const HttpExchange exchange_;
  const double watching_rate_;
  const std::size_t most_in_flight_;
  const std::size_t most_watching_;
  Users users_;
  UserCalls calls_;
  Lookout lookout_;
  std::size_t in_flight_ = 0;
  std::size_t watching_ = 0;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  // Says now what an agent would say later.
  const json::object& params = probe.params.values();
  HttpRequest request = http_exchange(params, {200}).request;
  request.http2 = user_habits(params).http2;
  if (rate_while_failing(params) > 0 && !is_harmless(request))
    fail("'rate_while_failing' repeats requests, so it is for GET and HEAD only");
  UserCalls(params, std::move(request), 1);
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<HttpProber>(watch);
}

Schema fields() {
  Schema all = http_fields("GET");
  for (Field& field : user_fields()) all.push_back(std::move(field));
  for (Field& field : login_fields()) all.push_back(std::move(field));
  all.push_back({.name = "rate_while_failing",
                 .type = Type::Rate,
                 .help = "asks so often on behalf of a user whose requests fail, beyond `rate` and "
                         "not counted, to see sooner when he is served again",
                 .least = 0.1,
                 .most = 2000});
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
