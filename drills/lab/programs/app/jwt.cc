#include "drills/lab/programs/app/jwt.h"

#include <array>
#include <charconv>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace muster::app {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64url(std::string_view bytes) {
  std::string text;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : bytes) {
    pending = pending << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      text += kAlphabet[pending >> bits & 63];
    }
  }
  if (bits > 0) text += kAlphabet[pending << (6 - bits) & 63];
  return text;
}

/// Empty if any character is foreign.
std::string from_base64url(std::string_view text) {
  std::string bytes;
  unsigned pending = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return {};
    pending = pending << 6 | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(pending >> bits & 255);
    }
  }
  return bytes;
}

std::string signature_of(std::string_view text, const std::string& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  HMAC(EVP_sha256(),
       secret.data(),
       static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()),
       text.size(),
       digest.data(),
       &length);
  return to_base64url({reinterpret_cast<const char*>(digest.data()), length});
}

bool same_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

/// Only for payloads whose signature was checked: we wrote them ourselves, so their form is known.
std::string_view text_claim(std::string_view payload, std::string_view name) {
  const std::string mark = "\"" + std::string(name) + "\":\"";
  const auto begin = payload.find(mark);
  if (begin == std::string_view::npos) return {};
  payload.remove_prefix(begin + mark.size());
  return payload.substr(0, payload.find('"'));
}

std::int64_t number_claim(std::string_view payload, std::string_view name) {
  const std::string mark = "\"" + std::string(name) + "\":";
  const auto begin = payload.find(mark);
  std::int64_t number = 0;
  if (begin != std::string_view::npos)
    std::from_chars(payload.data() + begin + mark.size(), payload.data() + payload.size(), number);
  return number;
}

std::string payload_of(const Claims& claims) {
  return R"({"sub":")" + claims.subject + R"(","jti":")" + claims.id + R"(","iat":)" +
         std::to_string(claims.issued_at) + R"(,"nbf":)" + std::to_string(claims.issued_at) +
         R"(,"exp":)" + std::to_string(claims.expires_at) + "}";
}

}  // namespace

std::string sign_token(const Claims& claims, const std::string& secret) {
  const std::string text =
      to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + to_base64url(payload_of(claims));
  return text + "." + signature_of(text, secret);
}

VerifiedToken verify_token(std::string_view token,
                           const std::string& secret,
                           std::int64_t now,
                           std::chrono::seconds leeway) {
  VerifiedToken result;
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == last) {
    result.refusal = "malformed";
    return result;
  }
  if (!same_in_constant_time(signature_of(token.substr(0, last), secret), token.substr(last + 1))) {
    result.refusal = "bad signature";
    return result;
  }
  const std::string payload = from_base64url(token.substr(first + 1, last - first - 1));
  result.claims = {.subject = std::string(text_claim(payload, "sub")),
                   .id = std::string(text_claim(payload, "jti")),
                   .issued_at = number_claim(payload, "iat"),
                   .expires_at = number_claim(payload, "exp")};
  if (result.claims.expires_at + leeway.count() <= now) result.refusal = "expired";
  if (result.claims.issued_at - leeway.count() > now) result.refusal = "not yet valid";
  return result;
}

}  // namespace muster::app
