#include <algorithm>
#include <ctime>

#include <boost/beast/http/status.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "runner/serve/http_message.h"

namespace muster {

namespace {

/// Case matters little to HTTP, and here only names that muster itself writes are compared.
bool names_itself(const WebResponse& response, std::string_view name) {
  return std::ranges::any_of(response.headers,
                             [&](const auto& header) { return header.first == name; });
}

std::string line(std::string_view name, std::string_view value) {
  const auto breaks_out = [](unsigned char letter) {
    return letter < 0x20 || letter == 0x7f;
  };
  if (std::ranges::any_of(name, breaks_out) || std::ranges::any_of(value, breaks_out))
    fail("the header {} of a response holds a control character", printable(name, 40));
  return fmt::format("{}: {}\r\n", name, value);
}

/// A status that by its meaning has no body.
bool is_bodiless(int status) {
  return status == 204 || status == 304;
}

std::string date(UtcTime now) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(now))));
}

/// What keeps browsers from doing more with an answer than it is meant for.
std::string shields(const WebResponse& response, bool encrypted) {
  std::string text = line("X-Content-Type-Options", "nosniff") + line("X-Frame-Options", "DENY");
  // With no-referrer browsers would say "Origin: null" even in our own forms, which then could not
  // be told from forged ones.
  text += line("Referrer-Policy", "same-origin");
  if (encrypted) text += line("Strict-Transport-Security", "max-age=31536000");
  if (!names_itself(response, "Cache-Control")) text += line("Cache-Control", "no-store");
  if (!names_itself(response, "Content-Security-Policy")) {
    text += line("Content-Security-Policy",
                 "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  }
  return text;
}

}  // namespace

std::string response_head(const WebResponse& response, const ResponseFrame& frame) {
  const auto status = static_cast<boost::beast::http::status>(response.status);
  const auto reason = boost::beast::http::obsolete_reason(status);
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\n", response.status, std::string_view(reason.data(), reason.size()));
  head += line("Date", date(frame.now));
  if (!is_bodiless(response.status)) {
    head += line("Content-Type", response.type);
    if (!response.stream) head += line("Content-Length", std::to_string(response.body.size()));
  }
  head += line("Connection", frame.keeps_alive && !response.stream ? "keep-alive" : "close");
  head += shields(response, frame.encrypted);
  for (const auto& [name, value] : response.headers) {
    for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection"}) {
      if (name == own) fail("a handler must not set {} itself", name);
    }
    head += line(name, value);
  }
  return head + "\r\n";
}

}  // namespace muster
