#include "probes/user_calls.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

HttpRequest personal(HttpRequest request, std::uint32_t user, std::string_view token) {
  const std::string number = std::to_string(user);
  const auto fill = [&](std::string& text) {
    text = replaced(replaced(std::move(text), "{user}", number), "{token}", token);
  };
  fill(request.url);
  fill(request.body);
  for (std::string& header : request.headers) fill(header);
  return request;
}

bool mentions(const HttpRequest& request, std::string_view what) {
  const auto in = [&](const std::string& text) {
    return text.find(what) != std::string::npos;
  };
  return in(request.url) || in(request.body) ||
         std::any_of(request.headers.begin(), request.headers.end(), in);
}

/// It is put into headers and URLs, which the system under test must not be able to break.
bool is_token(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

std::string token_of(const std::string& body, const std::string& pointer) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  if (error) return {};
  const json::value* token = answer.find_pointer(pointer, error);
  if (error || token == nullptr || !token->is_string()) return {};
  return is_token(token->as_string()) ? std::string(token->as_string()) : std::string();
}

Schema login_fields() {
  Schema login = http_fields("POST");
  login.push_back({.name = "token",
                   .type = Type::Text,
                   .help = "where the answer's JSON has the token, /access_token; {token} in the "
                           "url, the headers and the body is then each user's own"});
  return {{.name = "login",
           .type = Type::Object,
           .help = "what each user sends once before the drill begins; {user} is his number",
           .fields = std::move(login)},
          {.name = "cookies",
           .type = Type::Choice,
           .help = "kept: a user sends back the cookies he was given",
           .fallback = "refused",
           .choices = {"kept", "refused"}}};
}

UserCalls::UserCalls(const json::object& params, HttpRequest request, std::uint32_t users)
    : pattern_(std::move(request)), users_(users) {
  if (const json::value* login = find(params, "login")) {
    login_.emplace(Login{http_exchange(login->as_object(), {200, 201, 204}), {}});
    if (const json::value* token = find(login->as_object(), "token"))
      login_->token = token->as_string();
    login_->exchange.request.keep_body = !login_->token.empty();
    prepare_call(personal(login_->exchange.request, 0, ""));
  }
  const bool gets_token = login_ && !login_->token.empty();
  if (!gets_token && mentions(pattern_, "{token}"))
    fail("{{token}} is what a login gives; write  login: {{url: ..., token: /access_token}}");
  const bool alike = !gets_token && !mentions(pattern_, "{user}");
  calls_.resize(alike ? 1 : users_);
  for (std::uint32_t user = 0; user < calls_.size(); ++user) calls_[user] = call_for(user, "");
}

std::shared_ptr<const HttpCall> UserCalls::call_for(std::uint32_t user,
                                                    std::string_view token) const {
  return prepare_call(personal(pattern_, user, token));
}

const std::shared_ptr<const HttpCall>& UserCalls::of(std::uint32_t user) const {
  return calls_[calls_.size() == 1 ? 0 : user % calls_.size()];
}

Task<> UserCalls::log_in(Users& users, Clock& clock) {
  if (!login_) co_return;
  const std::function<void(std::uint32_t, Users::Handler)> log_one_in =
      [this, &users](std::uint32_t user, Users::Handler done) {
        users.send(user,
                   prepare_call(personal(login_->exchange.request, user, "")),
                   login_->exchange.timeout,
                   [this, user, done = std::move(done)](UserAnswer& answer) {
                     welcome(user, answer.http);
                     done(answer);
                   });
      };
  co_await for_each_user(users_, clock, login_->exchange.timeout, log_one_in);
}

void UserCalls::welcome(std::uint32_t user, const HttpAnswer& answer) {
  if (login_->token.empty() || judge_answer(login_->exchange, answer) != Outcome::Good) return;
  calls_[user] = call_for(user, token_of(answer.body, login_->token));
}

}  // namespace muster
