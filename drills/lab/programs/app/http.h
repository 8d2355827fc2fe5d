#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::app {

struct Request {
  std::string method;
  std::string path;                            ///< without the query
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  bool keep_alive = true;

  /// Empty where there is no such header.
  std::string header(const std::string& lower_case_name) const;
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
};

/// The first request in a stream of bytes.
struct ParsedRequest {
  enum class State { Complete, Incomplete, Malformed };
  State state = State::Incomplete;
  Request request;
  std::size_t consumed = 0;  ///< bytes of it, once complete
};

/// HTTP/1.0 and 1.1 with Content-Length. Chunked bodies, heads over 32 KiB and bodies over 64 KiB
/// are malformed.
ParsedRequest parse_request(std::string_view bytes);

std::string serialize(const Response& response, bool keep_alive, bool with_body);

/// A JSON string with its quotes.
std::string json_text(std::string_view text);
std::string html_text(std::string_view text);

}  // namespace muster::app
