#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/time.h"
#include "probes/sample.h"

namespace muster {

/// A request as it goes over the wire.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  ///< "name: value"
  std::string body;
  std::vector<std::string> wanted_headers;  ///< whose values come back with the answer
  std::string ca_file;     ///< trusted instead of the system's authorities; empty: those
  std::string s3_region;   ///< where it is not empty the request is signed as S3 asks,
  std::string s3_account;  ///< by "ACCESS_KEY:SECRET_KEY"
  bool keep_body = false;  ///< whether the answer's body is wanted
  bool fresh = false;      ///< opens a connection of its own and closes it
  bool http2 = false;      ///< offered to the server while TLS is set up; https only
};

/// A request parsed and prepared once, to be sent any number of times.
class HttpCall;
/// Throws Error for a URL that is not http or https, and for HTTP/2 without TLS.
std::shared_ptr<const HttpCall> prepare_call(HttpRequest request);
/// The host of its URL: a name or an address without brackets.
const std::string& host_of(const HttpCall& call);

/// What came of one request.
struct HttpAnswer {
  Outcome outcome =
      Outcome::Other;  ///< Good where an answer came, whatever its status; HttpError never
  int status = 0;
  std::string body;                  ///< where it was wanted; at most kMostBody
  std::vector<std::string> headers;  ///< the values of the wanted ones, "" where one is absent
  bool reached =
      false;  ///< the request was, or may have been, sent: the server may have acted on it
  std::uint32_t connect_us = 0;  ///< 0 on a kept connection
  std::uint32_t tls_us = 0;
  std::uint32_t first_byte_us = 0;  ///< from the request's being ready to go out
};

/// The rest of a longer answer is neither read nor judged.
constexpr std::size_t kMostBody = 256U << 10U;

/// How connecting, or a connection, that failed with this errno counts; 0 is Good.
Outcome outcome_of_connect(int error_number);
/// How a transfer that libcurl ended with `code` and the system's `error_number` counts.
Outcome outcome_of_transfer(int code, long error_number);

/// A kept connection on which nothing was asked, and which the other end closed.
struct ClosedConnection {
  std::uint32_t user = 0;
  std::string address;
  bool reset = false;  ///< else in good order
};

/// Sends requests for a number of users, each with connections of their own, on one thread. The
/// only user of libcurl. Kept connections are used again; a request that is neither GET nor HEAD
/// always opens a new one, since libcurl silently repeats a request that a kept connection lost.
class HttpClient {
 public:
  using Handler = std::function<void(HttpAnswer&)>;

  virtual ~HttpClient() = default;
  /// Connects to `address` (a literal; empty: the URL's own host is one) whatever the URL's host
  /// is, in at most `connect_within` of the `timeout`. `handler` is called once, from the loop or
  /// inside `send`. Not called any more once the client is gone.
  virtual void send(std::uint32_t user,
                    std::shared_ptr<const HttpCall> call,
                    const std::string& address,
                    Duration timeout,
                    Duration connect_within,
                    Handler handler) = 0;
};

struct HttpClientOptions {
  std::uint32_t users = 1;
  std::size_t most_in_flight = 64;   ///< sizes the pools of kept connections
  bool one_connection_each = false;  ///< HTTP/2: a user's requests share a connection
  bool cookies = false;              ///< a user sends back the cookies he was given
  std::function<void(const ClosedConnection&)> closed;  ///< called at once, from the loop
};
std::unique_ptr<HttpClient> make_http_client(boost::asio::any_io_executor executor,
                                             HttpClientOptions options);

}  // namespace muster
