// denylist: how long a revoked token still works, and whether one that was refused is ever let in
// again. Each round logs in, makes sure that the token is let in, revokes it, and asks every place
// until it refuses it; the tokens of earlier rounds are asked again for as long as the probe lives.
#include <deque>

#include "base/clock.h"
#include "base/error.h"
#include "probes/kinds.h"
#include "probes/propagation.h"
#include "probes/user_calls.h"

namespace muster {

namespace {

constexpr std::size_t kRemembered = 20;
constexpr std::string_view kToken = "{token}";

/// Whether an answer lets the token in; nothing where it says neither.
std::optional<bool> lets_in(const HttpAnswer& answer) {
  if (answer.outcome != Outcome::Good) return std::nullopt;
  if (answer.status >= 200 && answer.status < 300) return true;
  if (answer.status == 401 || answer.status == 403) return false;
  return std::nullopt;
}

std::vector<std::string> token_headers(const json::object& params) {
  std::vector<std::string> lines = header_lines(params, "headers");
  if (lines.empty()) lines.emplace_back("Authorization: Bearer {token}");
  return lines;
}

HttpExchange step_of(const json::object& params, std::string_view key) {
  return http_exchange(at(params, key).as_object(), {200, 201, 202, 204});
}

HttpExchange login_of(const json::object& params) {
  HttpExchange login = step_of(params, "login");
  login.request.keep_body = true;
  prepare_call(login.request);
  return login;
}

HttpExchange revoke_of(const json::object& params) {
  HttpExchange revoke = step_of(params, "revoke");
  for (std::string& line : token_headers(params)) revoke.request.headers.push_back(std::move(line));
  prepare_call(revoke.request);
  return revoke;
}

struct Revoked {
  std::uint64_t number = 0;
  std::string token;
};

class DenylistProber final : public PropagationProber {
 public:
  explicit DenylistProber(const Watch& watch)
      : PropagationProber(watch,
                          places_of(watch.item.params, "check", token_headers(watch.item.params)),
                          limits_of(watch.item.params),
                          watch.item.rate),
        login_(login_of(watch.item.params)),
        revoke_(revoke_of(watch.item.params)),
        pointer_(text_at(at(watch.item.params, "login").as_object(), "token")),
        refused_(places_.size()) {}

 protected:
  Task<> act(Round& round) override {
    round.subject = co_await log_in(round);
    if (round.subject.empty()) co_return;
    TaskGroup first_looks(watch_.executor);
    for (std::size_t place = 0; place < places_.size(); ++place)
      first_looks.spawn(look_before(round, place));
    co_await first_looks.join();
    HttpRequest request = with_filled_in(revoke_.request, kToken, round.subject);
    const UserAnswer answer = co_await ask(round, std::move(request), revoke_.timeout);
    take(round, revoke_, answer);
  }

  HttpRequest look_request(const Round& round, const Place& place) const override {
    return with_filled_in(place.request, kToken, round.subject);
  }

  Sight judge(const Round&, const HttpAnswer& answer) const override {
    const std::optional<bool> in = lets_in(answer);
    if (!in) return Sight::NotTold;
    return *in ? Sight::NotYet : Sight::Shown;
  }

  void sighted(const Round& round, const Place& place, const Sighting& sighting) override {
    if (sighting.outcome != Outcome::Good) return;
    std::deque<Revoked>& refused = refused_[index_of(place)];
    refused.push_back({round.due.number, round.subject});
    if (refused.size() > kRemembered) refused.pop_front();
  }

  Task<> beside(const Round& round) override {
    for (const Place& place : places_) co_await ask_again(round, place);
  }

 private:
  static Limits limits_of(const json::object& params) {
    const Duration look = duration_at(params, "timeout");
    return {step_of(params, "login").timeout + look + step_of(params, "revoke").timeout,
            look,
            duration_at(params, "give_up")};
  }

  std::size_t index_of(const Place& place) const {
    return static_cast<std::size_t>(&place - places_.data());
  }

  static void take(Round& round, const HttpExchange& exchange, const UserAnswer& answer) {
    round.act.outcome = judge_answer(exchange, answer.http);
    round.act.status = static_cast<std::uint16_t>(answer.http.status);
  }

  Task<std::string> log_in(Round& round) {
    const std::string user = std::to_string(round.due.client);
    HttpRequest request = with_filled_in(login_.request, "{user}", user);
    const UserAnswer answer = co_await ask(round, std::move(request), login_.timeout);
    take(round, login_, answer);
    if (round.act.outcome != Outcome::Good) co_return std::string();
    std::string token = token_of(answer.http.body, pointer_);
    if (token.empty()) round.act.outcome = Outcome::WrongBody;
    co_return token;
  }

  Task<> look_before(Round& round, std::size_t place) {
    HttpRequest request = look_request(round, places_[place]);
    const UserAnswer answer = co_await ask(round, std::move(request), limits_.look);
    round.shown_before[place] = lets_in(answer.http) == false;
  }

  /// The remembered tokens take turns.
  Task<> ask_again(const Round& round, const Place& place) {
    const std::deque<Revoked>& refused = refused_[index_of(place)];
    if (refused.empty()) co_return;
    const Revoked revoked = refused[round.due.number % refused.size()];
    const Time sent = watch_.clock.now();
    HttpRequest request = with_filled_in(place.request, kToken, revoked.token);
    const UserAnswer answer = co_await ask(round, std::move(request), limits_.look);
    const std::optional<bool> in = lets_in(answer.http);
    Sample sample = sample_of(round, sent, answer, SampleKind::ReadBack);
    sample.value = static_cast<double>(revoked.number + 1);
    sample.text = watch_.recorder.text(place.name);
    sample.outcome = answer.http.outcome != Outcome::Good ? answer.http.outcome
                     : !in                                ? Outcome::HttpError
                     : *in                                ? Outcome::WrongBody
                                                          : Outcome::Good;
    watch_.recorder.record(sample);
  }

  const HttpExchange login_;
  const HttpExchange revoke_;
  const std::string pointer_;
  std::vector<std::deque<Revoked>> refused_;  ///< by place: what it refused last
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  const json::object& params = probe.params.values();
  // Says now what an agent would say later.
  login_of(params);
  const HttpExchange revoke = revoke_of(params);
  if (!probe.params.object("login").text("token").starts_with('/')) {
    throw Error(fmt::format("probe '{}': 'token' is a JSON pointer into the login's answer; write  "
                            "token: /token",
                            probe.name),
                probe.params.place("login.token"));
  }
  for (const Place& place : places_of(params, "check", token_headers(params))) {
    if (with_filled_in(place.request, kToken, "x").headers == place.request.headers &&
        place.request.url.find(kToken) == std::string::npos) {
      fail("probe '{}': nothing it asks of {} holds {{token}}; write it into 'headers'",
           probe.name,
           place.name);
    }
  }
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<DenylistProber>(watch);
}

Schema fields() {
  Schema login = http_fields("POST");
  login.push_back({.name = "token",
                   .type = Type::Text,
                   .help = "where the answer's JSON has the token: /token",
                   .required = true});
  return {{.name = "login",
           .type = Type::Object,
           .help = "gives a token, once each round; {user} is the user's number",
           .required = true,
           .fields = std::move(login)},
          {.name = "revoke",
           .type = Type::Object,
           .help = "takes it back; sent with the token",
           .required = true,
           .fields = http_fields("POST")},
          places_field("check",
                       "place: URL that a token opens; 2xx lets it in, 401 and 403 refuse it, "
                       "anything else tells nothing"),
          {.name = "headers",
           .type = Type::TextMap,
           .help = "how the token is sent; left out: Authorization: Bearer {token}"},
          {.name = "timeout",
           .type = Type::Duration,
           .help = "of one look at a place",
           .fallback = "2s",
           .least = 0.001,
           .most = 60},
          give_up_field()};
}

}  // namespace

ProbeKind denylist_probe() {
  return {
      {.name = "denylist",
       .summary = "revokes tokens; shows how long each place still lets them in, and whether "
                  "one is ever let in again",
       .example =
           "denylist:\n"
           "  login: {url: \"http://api.novvista.test/login\", body: \"{user}\", token: /token}\n"
           "  revoke: {url: \"http://api.novvista.test/logout\"}\n"
           "  check: {us-east: \"http://us.novvista.test/me\", eu-west: "
           "\"http://eu.novvista.test/me\"}\n",
       .fields = fields()},
      false,
      &places,
      &prober};
}

}  // namespace muster
