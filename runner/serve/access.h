#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "runner/serve/http_message.h"
#include "runner/settings/settings.h"

namespace muster {

/// A new token, 256 random bits: "mst_" and base 64 for URLs. Shown once; the settings hold
/// token_digest of it.
std::string new_token();
/// 64 hex digits. A random token needs no slow hash.
std::string token_digest(std::string_view token);

/// Why `muster serve` must not listen as it is told to, and what to do; "" where it may. Only the
/// loopback is served without TLS and tokens.
std::string why_not_listen(const ServeSettings& settings);

/// Who asks, as far as the request proves it.
struct Caller {
  /// Wrong: something was shown as a token that is none, or has expired.
  enum class Proof { None, Wrong, Bearer, Password, Session };

  Proof proof = Proof::None;
  std::string token;  ///< name of the token; "" where there is none
  std::string peer;   ///< address
  std::vector<Scope> scopes;
  std::string csrf;  ///< of the session: what its forms send back in the field `csrf`

  /// Admin may everything; whoever may start a drill may stop it.
  bool may(Scope scope) const;
  /// Whether a good token was shown.
  bool is_known() const { return !token.empty(); }
  /// For people and for the audit log: the token's name, else the address.
  const std::string& name() const { return token.empty() ? peer : token; }
};

/// A token comes as `Authorization: Bearer TOKEN`, as the password of Basic (any user name) for
/// callers that can be given no more than a URL, or stands behind the session of a browser. That
/// session is a cookie with a random value: the token itself never lies in a browser.
///
/// Where no tokens are configured, which is for the loopback only, everybody may read and stop,
/// and nobody may start: halting is easier than starting.
class AccessControl {
 public:
  explicit AccessControl(ServeSettings settings);

  Caller caller_of(const WebRequest& request, UtcTime now);

  /// Why `caller` may not: 401 without a good token, 403 without the scope or where the request
  /// may have been made by another site's page. Nothing: she may. Without a scope everybody may.
  std::optional<WebRefusal> refusal(const WebRequest& request,
                                    const Caller& caller,
                                    std::optional<Scope> scope) const;

  /// A new session of a browser: who it is, and the cookie to set.
  struct NewSession {
    Caller caller;
    std::string cookie;
  };
  /// Nothing where the token is none. At most 1,000 sessions: a further one ends the oldest.
  std::optional<NewSession> log_in(const WebRequest& request,
                                   const std::string& token,
                                   UtcTime now);
  /// The cookie that takes the session's place.
  std::string log_out(const WebRequest& request);

 private:
  struct WebSession {
    std::string token;  ///< name
    std::string csrf;
    UtcTime began;
  };

  const TokenSettings* token_of(std::string_view token, UtcTime now) const;
  const TokenSettings* token_named(std::string_view name, UtcTime now) const;
  void show_token(const TokenSettings* token, Caller::Proof proof, Caller& caller) const;
  void forget_sessions(UtcTime now);

  ServeSettings settings_;
  std::map<std::string, WebSession> sessions_;  ///< by the digest of the cookie's value
};

}  // namespace muster
