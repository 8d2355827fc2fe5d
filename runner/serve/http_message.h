#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/tasks.h"
#include "base/time.h"

namespace muster {

/// A request as it came, after the rules of RequestReader were held. Names of headers are in lower
/// case; one that came twice makes the request a bad one (400), for two readers would see two
/// values.
struct WebRequest {
  std::string method;  ///< GET, HEAD, POST or DELETE; others are refused (405)
  std::string path;    ///< decoded UTF-8, begins with '/'; no "." or "..", no control character
  std::map<std::string, std::string> query;  ///< decoded; a name that comes twice is refused
  std::map<std::string, std::string> headers;
  std::string body;
  std::string peer;  ///< address it came from
  bool encrypted = false;
  /// Called as soon as the caller has proved who it is: its connection counts as no stranger's
  /// while the answer is made.
  std::function<void()> recognised{};

  /// "" where there is none.
  std::string header(const std::string& name) const;
};

struct WebResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Whom the answer made of a stranger, for the audit log: a login. Not sent.
  std::string who{};
  /// The caller proved who it is: its connection is kept before those of strangers. Not sent.
  bool for_known_caller = false;
  /// A stream (text/event-stream): called after the head went out, with what sends a piece; ends
  /// when it returns, or the client goes.
  std::function<Task<>(std::function<Task<>(std::string)>)> stream{};
};

/// Why something was not done, as a status and a sentence, with the headers that go with that.
struct WebRefusal {
  int status = 400;
  std::string why;
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// `{"error": "no such run"}`
WebResponse problem(int status, std::string_view text);
WebResponse problem(WebRefusal refusal);

struct RequestLimits {
  std::size_t most_header = 16U << 10U;
  std::size_t most_fields = 64;
  std::size_t most_body = 256U << 10U;
  /// Host names by which the server is called. It always answers to localhost and to addresses: a
  /// name that an attacker's DNS points here must not be one of ours.
  std::vector<std::string> names{};
};

/// Reads one request from the bytes of a connection, by Boost.Beast and rules that are stricter
/// than HTTP's: of what proxies and servers are known to read in two ways nothing is let through.
///
/// Refused, and the connection is of no more use: bare CR or LF, NUL, folded lines, a header that
/// comes twice, any Transfer-Encoding (a body has a Content-Length), a body with GET or HEAD, a
/// target that is no path ("http://...", "*"), broken or needless percent-encoding ("%2e", "%2f"),
/// "." and "..", a Host that is not ours (421), HTTP/0.9 and 2, whatever is larger than the limits.
class RequestReader {
 public:
  enum class Stage { Head, Body, Done, Refused };

  /// `limits` outlives it.
  explicit RequestReader(const RequestLimits& limits) : limits_(limits) {}

  /// Takes what belongs to this request from the front of `bytes`; returns how many that were.
  std::size_t take(std::string_view bytes);

  Stage stage() const { return stage_; }
  bool began() const { return !head_.empty(); }
  /// The client waits for "100 Continue" before it sends the body.
  bool waits_to_continue() const { return waits_to_continue_; }
  /// Whether the client wants to ask again on this connection.
  bool keeps_alive() const { return keeps_alive_; }
  /// In stage Refused.
  const WebRefusal& refusal() const { return refusal_; }
  /// In stage Done; peer and encrypted are for whoever knows them.
  WebRequest request() &&;

 private:
  void take_in_head(char letter);
  void understand_head();

  const RequestLimits& limits_;
  Stage stage_ = Stage::Head;
  std::string head_;
  std::size_t lines_ = 0;  ///< whole ones in the head
  WebRequest request_;
  std::size_t body_length_ = 0;
  bool waits_to_continue_ = false;
  bool keeps_alive_ = false;
  WebRefusal refusal_;
};

/// What is known of the connection that a response goes out on.
struct ResponseFrame {
  bool encrypted = false;
  bool keeps_alive = false;
  UtcTime now{};
};

/// Status line and headers, with the blank line. Besides the response's own: Date, Content-Length
/// (not for a stream), Connection, X-Content-Type-Options, Referrer-Policy, X-Frame-Options, HSTS
/// where encrypted, and unless the handler says another, Cache-Control: no-store and a
/// Content-Security-Policy that allows nothing. Throws Error where a header could end its line or
/// frames the message.
std::string response_head(const WebResponse& response, const ResponseFrame& frame);

/// `a=1&b=two+words`, decoded: nothing where it is broken, a name comes twice, or a character is no
/// text (control characters other than tab and line ends, bytes that are no UTF-8).
std::optional<std::map<std::string, std::string>> read_form(std::string_view text);

/// The host of "Host" or of an origin, without its port, in lower case and without the brackets of
/// an IPv6 address: "muster.example" of "Muster.Example:7117". Nothing where it is none.
std::optional<std::string> host_name(std::string_view authority);

}  // namespace muster
