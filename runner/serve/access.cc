#include "runner/serve/access.h"

#include <algorithm>
#include <array>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "base/digest.h"
#include "base/random.h"
#include "base/signature.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::string_view kCookie = "muster_session";
constexpr Duration kSessionLasts = std::chrono::hours(12);
constexpr std::size_t kMostSessions = 1000;

/// 256 bits of the kernel's, as text for headers, cookies and forms.
std::string random_text() {
  std::string bytes;
  for (int word = 0; word < 4; ++word) {
    std::uint64_t bits = entropy();
    for (int i = 0; i < 8; ++i, bits >>= 8) bytes += static_cast<char>(bits & 0xFFU);
  }
  std::string text = base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  std::erase(text, '=');
  return text;
}

bool is_loopback(const std::string& text) {
  boost::system::error_code problem;
  const auto address = boost::asio::ip::make_address(text, problem);
  return !problem && address.is_loopback();
}

/// What follows `scheme` and a blank; nothing where `field` begins otherwise.
std::optional<std::string_view> after_scheme(std::string_view field, std::string_view scheme) {
  if (field.size() <= scheme.size() || field[scheme.size()] != ' ') return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((field[i] | 0x20) != scheme[i]) return std::nullopt;
  }
  return trim(field.substr(scheme.size()));
}

/// Nothing where it is no base 64.
std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char letter : text) {
    const std::size_t value = kAlphabet.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return bytes;
}

/// The password of `Basic`, whoever the user is.
std::optional<std::string> password_of(std::string_view credentials) {
  const auto pair = from_base64(credentials);
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return pair->substr(colon + 1);
}

std::string cookie_of(const WebRequest& request) {
  for (const std::string& pair : split(request.header("cookie"), ';')) {
    const std::string_view cookie = trim(pair);
    if (cookie.starts_with(kCookie) && cookie.substr(kCookie.size()).starts_with('='))
      return std::string(cookie.substr(kCookie.size() + 1));
  }
  return "";
}

/// As far as can be told behind a proxy that speaks TLS for us.
bool came_by_https(const WebRequest& request) {
  return request.encrypted || request.header("origin").starts_with("https://");
}

std::string cookie_text(const WebRequest& request, std::string_view value, Duration lasts) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}",
                     kCookie,
                     value,
                     std::chrono::duration_cast<std::chrono::seconds>(lasts).count(),
                     came_by_https(request) ? "; Secure" : "");
}

/// Whether the page that made the browser ask is one of ours.
bool is_own_origin(const WebRequest& request) {
  const std::string origin = request.header("origin");
  const std::string host = request.header("host");
  return origin == "https://" + host || (!request.encrypted && origin == "http://" + host);
}

/// What a form or a script of our pages sends along, which no other site can know.
std::string csrf_of(const WebRequest& request) {
  if (std::string field = request.header("x-muster-csrf"); !field.empty()) return field;
  if (!request.header("content-type").starts_with("application/x-www-form-urlencoded")) return "";
  const auto form = read_form(request.body);
  if (!form || !form->contains("csrf")) return "";
  return form->at("csrf");
}

WebRefusal unknown(std::string why) {
  return {401, std::move(why), {{"WWW-Authenticate", "Bearer realm=\"muster\""}}};
}

/// Why the request may have been made by another site's page, in the name of whoever looks at it.
/// Programs send no Origin and no Sec-Fetch-Site; browsers send the one or both.
std::string why_forged(const WebRequest& request, const Caller& caller) {
  if (request.method == "GET" || request.method == "HEAD") return "";
  if (caller.proof == Caller::Proof::Bearer) return "";  // no browser adds that by itself
  const std::string site = request.header("sec-fetch-site");
  const bool says_origin = request.headers.contains("origin");
  if ((says_origin && !is_own_origin(request)) ||
      (!says_origin && !site.empty() && site != "same-origin" && site != "none"))
    return "the request comes from a page of another site";
  if (caller.proof != Caller::Proof::Session) return "";
  if (!says_origin) return "the request does not say which page it comes from";
  if (!same_secret(csrf_of(request), caller.csrf))
    return "the form is of an earlier session; load the page again";
  return "";
}

}  // namespace

std::string new_token() {
  return "mst_" + random_text();
}

std::string token_digest(std::string_view token) {
  return sha256(token).substr(std::string_view("sha256:").size());
}

std::string why_not_listen(const ServeSettings& settings) {
  if (settings.certificate.empty() != settings.key.empty())
    return "serve.tls needs both, a certificate and its key";
  if (is_loopback(settings.address)) return "";
  const std::string where = fmt::format(
      "{} can be reached from other machines, so it is served "
      "only with TLS and tokens: ",
      settings.address);
  if (settings.certificate.empty()) return where + "set serve.tls, or serve.address: 127.0.0.1";
  if (settings.tokens.empty())
    return where + "make one with `muster token` and put it under serve.tokens";
  return "";
}

bool Caller::may(Scope scope) const {
  const auto has = [&](Scope wanted) {
    return std::ranges::find(scopes, wanted) != scopes.end();
  };
  return has(scope) || has(Scope::Admin) || (scope == Scope::DrillStop && has(Scope::DrillStart));
}

AccessControl::AccessControl(ServeSettings settings) : settings_(std::move(settings)) {}

const TokenSettings* AccessControl::token_of(std::string_view token, UtcTime now) const {
  const std::string digest = token_digest(token);
  const TokenSettings* found = nullptr;
  for (const TokenSettings& each : settings_.tokens) {
    if (same_secret(each.sha256, digest)) found = &each;
  }
  return found != nullptr ? token_named(found->name, now) : nullptr;
}

const TokenSettings* AccessControl::token_named(std::string_view name, UtcTime now) const {
  const auto found = std::ranges::find(settings_.tokens, name, &TokenSettings::name);
  const bool good = found != settings_.tokens.end() && (!found->expires || now < *found->expires);
  return good ? &*found : nullptr;
}

void AccessControl::show_token(const TokenSettings* token,
                               Caller::Proof proof,
                               Caller& caller) const {
  if (token == nullptr) {
    caller.proof = Caller::Proof::Wrong;
    return;
  }
  caller.proof = proof;
  caller.token = token->name;
  caller.scopes = token->scopes;
}

Caller AccessControl::caller_of(const WebRequest& request, UtcTime now) {
  Caller caller;
  caller.peer = request.peer;
  if (settings_.tokens.empty() && is_loopback(settings_.address))
    caller.scopes = {Scope::GateRead, Scope::ReportRead, Scope::DrillStop};
  if (request.headers.contains("authorization")) {
    const std::string field = request.header("authorization");
    if (const auto token = after_scheme(field, "bearer")) {
      show_token(token_of(*token, now), Caller::Proof::Bearer, caller);
    } else if (const auto password = password_of(after_scheme(field, "basic").value_or(""))) {
      show_token(token_of(*password, now), Caller::Proof::Password, caller);
    } else {
      caller.proof = Caller::Proof::Wrong;
    }
    return caller;
  }
  forget_sessions(now);
  const auto session = sessions_.find(token_digest(cookie_of(request)));
  if (session == sessions_.end()) return caller;
  const TokenSettings* token = token_named(session->second.token, now);
  show_token(token, Caller::Proof::Session, caller);
  if (token != nullptr) caller.csrf = session->second.csrf;
  return caller;
}

std::optional<WebRefusal> AccessControl::refusal(const WebRequest& request,
                                                 const Caller& caller,
                                                 std::optional<Scope> scope) const {
  if (scope && !caller.may(*scope)) {
    if (caller.proof == Caller::Proof::Wrong)
      return unknown("this token is unknown, or it has expired");
    if (caller.token.empty())
      return unknown(
          fmt::format("this needs a token with the scope {}, sent as `Authorization: "
                      "Bearer mst_...`; `muster token` makes one",
                      name_of(*scope)));
    return WebRefusal{
        403, fmt::format("the token '{}' has not the scope {}", caller.token, name_of(*scope))};
  }
  if (std::string why = why_forged(request, caller); !why.empty())
    return WebRefusal{403, std::move(why)};
  return std::nullopt;
}

std::optional<AccessControl::NewSession> AccessControl::log_in(const WebRequest& request,
                                                               const std::string& token,
                                                               UtcTime now) {
  const TokenSettings* const known = token_of(token, now);
  if (known == nullptr) return std::nullopt;
  forget_sessions(now);
  if (sessions_.size() >= kMostSessions) {
    sessions_.erase(std::ranges::min_element(
        sessions_, {}, [](const auto& entry) { return entry.second.began; }));
  }
  const std::string value = random_text();
  WebSession& session = sessions_[token_digest(value)];
  session = {known->name, random_text(), now};
  NewSession made;
  made.caller.peer = request.peer;
  show_token(known, Caller::Proof::Session, made.caller);
  made.caller.csrf = session.csrf;
  made.cookie = cookie_text(request, value, kSessionLasts);
  return made;
}

std::string AccessControl::log_out(const WebRequest& request) {
  sessions_.erase(token_digest(cookie_of(request)));
  return cookie_text(request, "", Duration::zero());
}

void AccessControl::forget_sessions(UtcTime now) {
  // A clock that was set back must not make a session last for longer.
  std::erase_if(sessions_, [&](const auto& entry) {
    return now < entry.second.began || now - entry.second.began >= kSessionLasts;
  });
}

}  // namespace muster
