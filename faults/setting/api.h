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
/// `${secret:...}` in headers and body is read here, each time, and never shown.
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
  Answer ask_once(const std::string& method, const std::string& url, const std::string& body);
  json::value ask(const std::string& method, const std::string& url, const std::string& body);

  SettingApi api_;
  std::chrono::steady_clock::time_point until_;
  Redactor redactor_;
};

}  // namespace muster
