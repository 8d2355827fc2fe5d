#include "probes/http_prober.h"

#include "base/clock.h"
#include "base/error.h"

namespace muster {

namespace {

bool is_harmless(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

double rate_while_failing(const json::object& params) {
  return find(params, "rate_while_failing") == nullptr ? 0
                                                       : number_at(params, "rate_while_failing");
}

HttpRequest page_request(HttpRequest request,
                         const json::object& params,
                         const std::vector<std::string>& wanted_headers) {
  const UserHabits habits = user_habits(params);
  request.fresh = habits.connections == UserHabits::Connections::Fresh;
  request.http2 = habits.http2;
  const json::value* served_by = find(params, "served_by");
  request.wanted_headers = {served_by == nullptr ? std::string()
                                                 : text_at(served_by->as_object(), "header")};
  request.wanted_headers.insert(
      request.wanted_headers.end(), wanted_headers.begin(), wanted_headers.end());
  return request;
}

}  // namespace

HttpProber::HttpProber(const Watch& watch, const std::vector<std::string>& wanted_headers)
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
             page_request(exchange_.request, watch.item.params, wanted_headers),
             static_cast<std::uint32_t>(std::max(watch.item.clients, 1))),
      lookout_(watch.executor, watch.clock, watching_rate_, [this](std::uint32_t user) {
        if (watching_ < most_watching_) ask(user, watch_.clock.now(), SampleKind::Watching);
      }) {
  users_.on_closed([this](const ClosedConnection& connection) { record(connection); });
}

Task<> HttpProber::prepare() {
  co_await calls_.log_in(users_, watch_.clock);
  if (!is_harmless(exchange_.request)) co_return;
  const Users::CallOf call_of = [this](std::uint32_t user) {
    return calls_.of(user);
  };
  co_await users_.warm_up(call_of, exchange_.timeout);
}

Task<> HttpProber::settle() {
  co_await drained(watch_.clock, exchange_.timeout * 2);
  lookout_.stop();
}

void HttpProber::complete(Sample&, const HttpAnswer&) {}

void HttpProber::ask(std::uint32_t user, Time due, SampleKind kind) {
  ++under_way(kind);
  const Time sent = watch_.clock.now();
  users_.send(
      user, calls_.of(user), exchange_.timeout, [this, user, due, sent, kind](UserAnswer& answer) {
        --under_way(kind);
        Sample sample;
        sample.due = due;
        sample.sent = sent;
        sample.client = user;
        sample.kind = kind;
        record(sample, answer);
      });
}

void HttpProber::record(Sample sample, const UserAnswer& answer) {
  sample.done = watch_.clock.now();
  sample.dns_us = answer.dns_us;
  sample.connect_us = answer.http.connect_us;
  sample.tls_us = answer.http.tls_us;
  sample.first_byte_us = answer.http.first_byte_us;
  sample.status = static_cast<std::uint16_t>(answer.http.status);
  sample.outcome = judge_answer(exchange_, answer.http);
  if (!answer.http.headers.empty()) sample.text = watch_.recorder.text(answer.http.headers.front());
  complete(sample, answer.http);
  watch_.recorder.record(sample);
  lookout_.saw(sample.client, sample.outcome != Outcome::Good);
}

void HttpProber::record(const ClosedConnection& connection) {
  Sample sample;
  sample.due = sample.sent = sample.done = watch_.clock.now();
  sample.client = connection.user;
  sample.outcome = connection.reset ? Outcome::Reset : Outcome::Good;
  sample.kind = SampleKind::Closed;
  sample.text = watch_.recorder.text(connection.address);
  watch_.recorder.record(sample);
}

void check_http_probe(const json::object& params) {
  HttpRequest request = http_exchange(params, {200}).request;
  request.http2 = user_habits(params).http2;
  if (rate_while_failing(params) > 0 && !is_harmless(request))
    fail("'rate_while_failing' repeats requests, so it is for GET and HEAD only");
  UserCalls(params, std::move(request), 1);
}

Schema http_probe_fields() {
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

}  // namespace muster
