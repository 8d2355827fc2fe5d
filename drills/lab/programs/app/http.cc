#include "drills/lab/programs/app/http.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <optional>

namespace muster::app {
namespace {

constexpr std::size_t kLongestHead = 32 << 10;
constexpr std::size_t kLongestBody = 64 << 10;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(
      result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts the line up to the next CRLF off the front of `rest`.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

bool read_request_line(std::string_view line, Request& request) {
  const auto first = line.find(' ');
  const auto second = line.rfind(' ');
  if (first == std::string_view::npos || first == second) return false;
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  request.method = line.substr(0, first);
  request.path = target.substr(0, target.find('?'));
  request.keep_alive = version == "HTTP/1.1";
  return target.starts_with('/') && version.starts_with("HTTP/1.");
}

bool read_headers(std::string_view rest, Request& request) {
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    request.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  const std::string connection = lower(request.header("connection"));
  if (connection == "close") request.keep_alive = false;
  if (connection == "keep-alive") request.keep_alive = true;
  return true;
}

/// Nothing if the length makes no sense, or is more than we take.
std::optional<std::size_t> body_length(const Request& request) {
  if (!request.header("transfer-encoding").empty()) return std::nullopt;
  const std::string text = request.header("content-length");
  if (text.empty()) return 0;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size() || length > kLongestBody)
    return std::nullopt;
  return length;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

}  // namespace

std::string Request::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string() : found->second;
}

ParsedRequest parse_request(std::string_view bytes) {
  using State = ParsedRequest::State;
  ParsedRequest parsed;
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    if (bytes.size() > kLongestHead) parsed.state = State::Malformed;
    return parsed;
  }
  std::string_view head = bytes.substr(0, head_end);
  const std::string_view request_line = take_line(head);
  parsed.state = State::Malformed;
  if (head_end > kLongestHead || !read_request_line(request_line, parsed.request) ||
      !read_headers(head, parsed.request))
    return parsed;
  const auto length = body_length(parsed.request);
  if (!length) return parsed;
  const std::size_t body_begin = head_end + 4;
  parsed.state = State::Incomplete;
  if (bytes.size() - body_begin < *length) return parsed;
  parsed.state = State::Complete;
  parsed.request.body = bytes.substr(body_begin, *length);
  parsed.consumed = body_begin + *length;
  return parsed;
}

std::string serialize(const Response& response, bool keep_alive, bool with_body) {
  std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " ";
  bytes.append(reason(response.status)).append("\r\n");
  bytes.append("Content-Type: ").append(response.content_type).append("\r\n");
  for (const auto& [name, value] : response.headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  bytes.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  bytes.append("Connection: ").append(keep_alive ? "keep-alive" : "close").append("\r\n\r\n");
  if (with_body) bytes += response.body;
  return bytes;
}

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      result += escaped;
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string html_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace muster::app
