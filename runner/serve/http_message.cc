#include "runner/serve/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "drills/utf8.h"

namespace muster {

namespace http = boost::beast::http;

namespace {

using Fields = std::map<std::string, std::string>;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
/// What RFC 3986 lets stand in a path or a query as it is.
constexpr std::string_view kTargetMarks = "-._~!$&'()*+,;=:@/?%";

/// Leaves the reader, which turns it into its refusal.
class BadRequest : public Error {
 public:
  BadRequest(int status, std::string why) : Error(std::move(why)), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

[[noreturn]] void refuse(int status, std::string why) {
  throw BadRequest(status, std::move(why));
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::ranges::all_of(text, [&](char letter) {
    return kDigits.find(letter) != std::string_view::npos ||
           kLetters.find(letter) != std::string_view::npos ||
           marks.find(letter) != std::string_view::npos;
  });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lower;
}

/// Nothing where a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (text[place] != '%') {
      decoded += text[place];
      continue;
    }
    if (place + 2 >= text.size()) return std::nullopt;
    unsigned value = 0;
    const char* const digits = text.data() + place + 1;
    const auto [end, problem] = std::from_chars(digits, digits + 2, value, 16);
    if (problem != std::errc() || end != digits + 2) return std::nullopt;
    decoded += static_cast<char>(value);
    place += 2;
  }
  return decoded;
}

bool is_text(std::string_view text) {
  return first_bad_utf8(text) == std::string_view::npos;
}

/// Text that stays on its line.
bool is_line(std::string_view text) {
  return is_text(text) && text.find_first_of("\t\r\n") == std::string_view::npos;
}

std::string read_path(std::string_view raw) {
  const auto path = percent_decoded(raw);
  if (!path) refuse(400, "the path has a broken percent-encoding");
  if (!is_line(*path)) refuse(400, "the path holds bytes that are no text");
  const auto slashes = std::ranges::count(raw, '/');
  if (std::ranges::count(*path, '/') != slashes || path->find('\\') != std::string::npos)
    refuse(400, "the path holds an encoded slash or a backslash");
  const std::vector<std::string> segments = split(*path, '/');
  for (std::size_t i = 1; i < segments.size(); ++i) {
    if (segments[i] == "." || segments[i] == "..") refuse(400, "the path holds '.' or '..'");
    if (segments[i].empty() && i + 1 < segments.size()) refuse(400, "the path holds '//'");
  }
  return *path;
}

void read_target(std::string_view target, WebRequest& request) {
  if (!target.starts_with('/')) refuse(400, "ask for a path that begins with '/'");
  if (!consists_of(target, kTargetMarks))
    refuse(400, "the target holds a character that has to be percent-encoded");
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = read_path(target.substr(0, mark));
  if (mark == target.size()) return;
  auto query = read_form(target.substr(mark + 1));
  if (!query) refuse(400, "the query cannot be read, or a name comes twice in it");
  for (const auto& [name, value] : *query) {
    if (!is_line(name) || !is_line(value)) refuse(400, "the query holds a control character");
  }
  request.query = *std::move(query);
}

/// So that whoever speaks something else is told at once and not after the limits of a head.
void check_request_line(std::string_view line) {
  const std::vector<std::string> words = split(line, ' ');
  if (words.size() != 3 || words[0].empty() || !consists_of(words[0], kTokenMarks))
    refuse(400, "the first line is not that of an HTTP/1.1 request");
  const std::string& version = words[2];
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (version.starts_with("HTTP/")) refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    refuse(400, "the first line is not that of an HTTP/1.1 request");
  }
  const std::array known = {"GET", "HEAD", "POST", "DELETE"};
  if (std::ranges::find(known, words[0]) == known.end())
    refuse(405, "the methods are GET, HEAD, POST and DELETE");
}

template <class Parsed>
Fields read_fields(const Parsed& parsed, std::size_t most) {
  Fields fields;
  std::size_t count = 0;
  for (const auto& field : parsed) {
    if (++count > most) refuse(431, fmt::format("a request has at most {} headers", most));
    const std::string_view name(field.name_string().data(), field.name_string().size());
    const std::string_view value(field.value().data(), field.value().size());
    if (!fields.emplace(in_lower_case(name), value).second)
      refuse(400, fmt::format("the header {} comes twice", printable(name, 40)));
  }
  return fields;
}

bool is_ours(const std::string& host, const std::vector<std::string>& names) {
  if (host == "localhost" || std::ranges::find(names, host, in_lower_case) != names.end())
    return true;
  boost::system::error_code is_no_address;
  boost::asio::ip::make_address(host, is_no_address);
  return !is_no_address;
}

void check_host(const Fields& fields, const std::vector<std::string>& names) {
  const auto field = fields.find("host");
  if (field == fields.end()) refuse(400, "the header Host is missing");
  const auto host = host_name(field->second);
  if (!host) refuse(400, "the header Host names no host");
  if (!is_ours(*host, names))
    refuse(421,
           fmt::format("{} is not a name of this server; the setting serve.names lists them",
                       printable(*host, 80)));
}

std::size_t read_body_length(const WebRequest& request, std::size_t most) {
  const auto field = request.headers.find("content-length");
  if (field == request.headers.end()) return 0;
  if (!is_number(field->second)) refuse(400, "Content-Length is not a number");
  std::size_t length = 0;
  const std::string& digits = field->second;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (problem != std::errc() || length > most)
    refuse(413, fmt::format("a body has at most {} bytes", most));
  if (length > 0 && (request.method == "GET" || request.method == "HEAD"))
    refuse(400, "GET and HEAD have no body");
  return length;
}

}  // namespace

std::string WebRequest::header(const std::string& name) const {
  const auto field = headers.find(name);
  return field == headers.end() ? "" : field->second;
}

WebResponse problem(int status, std::string_view text) {
  json::object object;
  object["error"] = text;
  WebResponse response;
  response.status = status;
  response.body = compact_json(object) + "\n";
  return response;
}

WebResponse problem(WebRefusal refusal) {
  WebResponse response = problem(refusal.status, refusal.why);
  response.headers = std::move(refusal.headers);
  return response;
}

std::size_t RequestReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  try {
    while (stage_ == Stage::Head && taken < bytes.size()) take_in_head(bytes[taken++]);
  } catch (const BadRequest& bad) {
    stage_ = Stage::Refused;
    refusal_ = {bad.status(), bad.message()};
    if (bad.status() == 405) refusal_.headers = {{"Allow", "GET, HEAD, POST, DELETE"}};
  }
  if (stage_ == Stage::Body) {
    const std::string_view part =
        bytes.substr(taken).substr(0, body_length_ - request_.body.size());
    request_.body += part;
    taken += part.size();
    if (request_.body.size() == body_length_) stage_ = Stage::Done;
  }
  return taken;
}

void RequestReader::take_in_head(char letter) {
  const char before = head_.empty() ? '\0' : head_.back();
  head_ += letter;
  if (letter == '\0') refuse(400, "the head holds a NUL");
  if ((letter == '\n') != (before == '\r')) refuse(400, "lines end with CR LF, and only lines do");
  if (before == '\n' && (letter == ' ' || letter == '\t'))
    refuse(400, "a header must not go on in the next line");
  if (letter == '\n' && lines_++ == 0)
    check_request_line(std::string_view(head_).substr(0, head_.size() - 2));
  if (head_.ends_with("\r\n\r\n")) {
    understand_head();
  } else if (head_.size() >= limits_.most_header) {
    refuse(lines_ == 0 ? 414 : 431,
           fmt::format("a request's head has at most {} bytes", limits_.most_header));
  }
}

void RequestReader::understand_head() {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(head_.size()));
  parser.skip(true);  // the body is taken here
  boost::system::error_code broken;
  parser.put(boost::asio::buffer(head_), broken);
  if (broken || !parser.is_header_done())
    refuse(400, "the head cannot be read: " + broken.message());

  const auto& parsed = parser.get();
  request_.method = parsed.method_string();
  request_.headers = read_fields(parsed, limits_.most_fields);
  if (request_.headers.contains("transfer-encoding"))
    refuse(411, "send the body as a whole, with Content-Length");
  check_host(request_.headers, limits_.names);
  const std::string_view target(parsed.target().data(), parsed.target().size());
  read_target(target, request_);
  body_length_ = read_body_length(request_, limits_.most_body);
  const std::string expected = in_lower_case(request_.header("expect"));
  if (!expected.empty() && expected != "100-continue")
    refuse(417, "nothing but 100-continue can be expected here");
  waits_to_continue_ = !expected.empty() && body_length_ > 0;
  keeps_alive_ = parser.keep_alive();
  stage_ = body_length_ > 0 ? Stage::Body : Stage::Done;
}

WebRequest RequestReader::request() && {
  return std::move(request_);
}

std::optional<Fields> read_form(std::string_view text) {
  Fields fields;
  if (text.empty()) return fields;
  for (std::string pair : split(text, '&')) {
    std::ranges::replace(pair, '+', ' ');
    const std::size_t sign = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(std::string_view(pair).substr(0, sign));
    auto value = percent_decoded(std::string_view(pair).substr(std::min(sign + 1, pair.size())));
    if (!name || !value || name->empty() || !is_text(*name) || !is_text(*value))
      return std::nullopt;
    if (!fields.emplace(*std::move(name), *std::move(value)).second) return std::nullopt;
  }
  return fields;
}

std::optional<std::string> host_name(std::string_view authority) {
  std::string_view host = authority;
  std::string_view rest;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    rest = host.substr(end + 1);
    host = host.substr(1, end - 1);
    if (!consists_of(host, ":.")) return std::nullopt;
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    rest = host.substr(colon);
    host = host.substr(0, colon);
    if (!consists_of(host, "-._")) return std::nullopt;
  }
  const bool has_port = rest.starts_with(':') && rest.size() <= 6 && is_number(rest.substr(1));
  if (host.empty() || (!rest.empty() && !has_port)) return std::nullopt;
  return in_lower_case(host);
}

}  // namespace muster
