#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"

// What libcurl does for the notifier. Its calls block, so they are made on a thread of their own;
// each ends within its limit, or about a second after a stop was asked for.
namespace muster {

/// TLS is verified, redirects are not followed, of an answer no more than 64 KiB are read. The
/// proxy of the environment is used, except to loopback.
struct WebPost {
  std::string url;  ///< http or https
  std::vector<std::string> headers;
  std::string body;
  Duration limit{};
};

/// TLS before a name, a password or the message is sent, except to loopback.
struct MailDrop {
  std::string url;  ///< smtp or smtps, without user and password
  std::string user;
  std::string password;
  std::string from;
  std::vector<std::string> to;
  std::string message;
  Duration limit{};
};

struct TransferEnd {
  int status = 0;         ///< HTTP's, or SMTP's last one; 0 where none came
  bool complete = false;  ///< the other end answered in full
  bool hopeless = false;  ///< it cannot become better by itself
  std::string problem;    ///< of the transfer itself, in libcurl's words
  std::string answer;     ///< begin of the body
  Duration wait{};        ///< what Retry-After asks for
};

/// Once a process, before its first thread.
void prepare_transfers();

TransferEnd post(const WebPost& wanted, const std::stop_token& stop);
TransferEnd drop(const MailDrop& wanted, const std::stop_token& stop);

/// Its host is "localhost" or such an address: what is sent there does not leave the machine.
bool is_loopback(const std::string& url);

}  // namespace muster
