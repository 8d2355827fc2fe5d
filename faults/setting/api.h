#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/secret.h"

namespace muster {

/// How a provider's setting is read and written: what the stack's routing says of it, as JSON.
///
///   url      read by GET
///   value    JSON pointer to the value in the answer: "/result/enabled"
///   method   writes: "PATCH", "PUT", "POST"
///   write    URL that is written to; `url` where absent
///   body     what is written; {value} in it stands for the value as JSON
///   headers  object of texts, of every request
///   ok       JSON pointer that has to be true in every answer; may be absent
///
/// `${secret:...}` in headers and body is read here, each time, and never shown. In a value it is
/// text like any other: whoever may set the value at the provider names no secret of this host.
struct SettingApi {
  std::string url;
  std::string value;
  std::string method;
  std::string write;
  std::string body;
  std::vector<std::string> headers;  ///< "Name: text"
  std::string ok;

  /// Throws Error where something is missing or of another type.
  static SettingApi from_json(const json::object& object);
};

/// `body` with its secrets, and with `value` for each {value}; what was read is added to `used`.
std::string body_of_write(const std::string& body,
                          std::string_view value,
                          std::vector<Secret>& used);

/// Talks to it until `until`: what may be asked again (no connection, 429, 5xx) is, after as long
/// as the answer says, or after half a second and twice as long each time. Throws Error, without
/// secrets, where nothing helped.
class SettingClient {
 public:
  SettingClient(SettingApi api, std::chrono::steady_clock::time_point until);

  /// The value as one line of JSON.
  std::string read();
  void write(const std::string& value);

 private:
  struct Answer;
  /// What goes on the wire, but for its secrets.
  struct Question {
    std::string method;
    std::string url;
    std::string body;
    std::string value;  ///< for {value} in the body
  };
  Answer ask_once(const Question& question);
  json::value ask(const Question& question);

  SettingApi api_;
  std::chrono::steady_clock::time_point until_;
  Redactor redactor_;
};

}  // namespace muster
