#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "reports/gate/question.h"

namespace muster {

/// What a server sent back, or why nothing that counts came.
struct ServerReply {
  std::string body;
  std::string signature;
  std::string problem;  ///< one line; empty: `body` is an answer, and nobody has looked at it yet
};

/// Asks a muster server once, by GET {server}/gate, and waits for it: 10 seconds at most, 256 KiB
/// at most, no redirects, TLS always verified. Throws UsageError where `server` is no http or https
/// address, or the token would go over the network in the clear.
ServerReply ask_server(const std::string& server,
                       const GateWords& words,
                       const std::optional<Secret>& token);

}  // namespace muster
