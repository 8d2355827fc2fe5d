#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/http_exchange.h"
#include "probes/users.h"

namespace muster {

/// What each user of a population sends: the same request, but for what is his own. In the URL, the
/// headers and the body `{user}` is his number, from 0, and `{token}` what his login gave him.
class UserCalls {
 public:
  /// `params` are those of an http probe. Throws Error where they make no sense.
  UserCalls(const json::object& params, HttpRequest request, std::uint32_t users);

  /// Logs every user in; one whose login fails sends an empty token.
  Task<> log_in(Users& users, Clock& clock);
  const std::shared_ptr<const HttpCall>& of(std::uint32_t user) const;

 private:
  struct Login {
    HttpExchange exchange;
    std::string token;  ///< where in the answer: a JSON pointer, "/access_token"
  };

  void welcome(std::uint32_t user, const HttpAnswer& answer);
  std::shared_ptr<const HttpCall> call_for(std::uint32_t user, std::string_view token) const;

  const HttpRequest pattern_;
  const std::uint32_t users_;
  std::optional<Login> login_;
  std::vector<std::shared_ptr<const HttpCall>> calls_;  ///< one for all, or one a user
};

/// The token at a JSON pointer of an answer: "/access_token". "" where the answer has none, or one
/// that could break the header or the URL it is put into.
std::string token_of(const std::string& body, const std::string& pointer);

/// The keys `login` and `cookies` of an http probe.
Schema login_fields();

}  // namespace muster
