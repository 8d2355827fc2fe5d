#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster::app {

/// What a NovVista token says.
struct Claims {
  std::string subject;
  std::string id;              ///< jti: what the denylist knows it by
  std::int64_t issued_at = 0;  ///< seconds since 1970; not valid before, either
  std::int64_t expires_at = 0;
};

/// An HS256 JSON Web Token (RFC 7519). Subject and id must not hold quotes or backslashes.
std::string sign_token(const Claims& claims, const std::string& secret);

struct VerifiedToken {
  Claims claims;
  std::string refusal;  ///< empty: the token is good. Otherwise "malformed", "bad signature",
                        ///< "expired", "not yet valid"
  bool good() const { return refusal.empty(); }
};

/// `leeway` is how far the clocks of signer and verifier may differ.
VerifiedToken verify_token(std::string_view token,
                           const std::string& secret,
                           std::int64_t now,
                           std::chrono::seconds leeway);

}  // namespace muster::app
