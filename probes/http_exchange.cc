#include "probes/http_exchange.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace muster {

namespace {

int status_from(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc() || end != text.data() + text.size() || status < 100 || status > 599) {
    fail("'{}' is not an HTTP status", text);
  }
  return status;
}

std::string optional_text(const json::object& params, std::string_view key) {
  return find(params, key) == nullptr ? std::string() : text_at(params, key);
}

}  // namespace

Schema http_fields(std::string_view method) {
  return {
      {.name = "url",
       .type = Type::Text,
       .help = "http or https; no redirect is followed",
       .required = true},
      {.name = "method",
       .type = Type::Text,
       .help = "any but GET and HEAD opens a connection each",
       .fallback = method},
      {.name = "headers", .type = Type::TextMap, .help = "sent with the request"},
      {.name = "body", .type = Type::Text, .help = "sent with the request"},
      {.name = "timeout",
       .type = Type::Duration,
       .help = "DNS, connecting and answer together",
       .fallback = "2s",
       .least = 0.001,
       .most = 60},
      {.name = "ca_file",
       .type = Type::Text,
       .help = "authorities to trust instead of the system's"},
      {.name = "expect",
       .type = Type::Object,
       .help = "what a good answer is",
       .fields = {{.name = "status",
                   .type = Type::TextList,
                   .help = "one status or a list of them"},
                  {.name = "body_contains", .type = Type::Text, .help = "in the first 256 KiB"}}},
  };
}

HttpExchange http_exchange(const json::object& params, std::vector<int> statuses) {
  HttpExchange exchange;
  exchange.request.method = text_at(params, "method");
  exchange.request.url = text_at(params, "url");
  exchange.request.body = optional_text(params, "body");
  exchange.request.ca_file = optional_text(params, "ca_file");
  if (const json::value* headers = find(params, "headers")) {
    for (const auto& [name, value] : headers->as_object()) {
      exchange.request.headers.push_back(
          fmt::format("{}: {}", std::string_view(name), value.as_string().c_str()));
    }
  }
  exchange.timeout = duration_at(params, "timeout");
  exchange.statuses = std::move(statuses);
  const json::value* expect = find(params, "expect");
  if (expect == nullptr) return exchange;
  if (const json::value* wanted = find(expect->as_object(), "status")) {
    exchange.statuses.clear();
    for (const json::value& status : wanted->as_array()) {
      exchange.statuses.push_back(status_from(status.as_string().c_str()));
    }
  }
  exchange.body_contains = optional_text(expect->as_object(), "body_contains");
  exchange.request.keep_body = !exchange.body_contains.empty();
  return exchange;
}

Outcome judge_answer(const HttpExchange& exchange, const HttpAnswer& answer) {
  if (answer.outcome != Outcome::Good) return answer.outcome;
  const auto& statuses = exchange.statuses;
  if (std::find(statuses.begin(), statuses.end(), answer.status) == statuses.end())
    return Outcome::HttpError;
  return answer.body.find(exchange.body_contains) == std::string::npos ? Outcome::WrongBody
                                                                       : Outcome::Good;
}

}  // namespace muster
