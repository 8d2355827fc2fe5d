#pragma once

#include <string>
#include <string_view>

#include "reports/gate/gate.h"

namespace muster {

// Questions as deploy tools send them, and answers as they understand them. None can sign or check
// a signature: who asks this way trusts the connection, so serve it with TLS and tokens.

/// Flagger's webhooks of every type: {name, namespace, phase, checksum, metadata: {...}}. The words
/// of a question (question.h) stand in `metadata`; where neither service nor drill does, the
/// service is `name`, and where no environment does, it is `namespace`.
AskedGate asked_by_flagger(std::string_view body);

/// The words of a question as a JSON object of texts: Argo Rollouts' web metric with `jsonBody`.
/// (Without one, it asks like everybody: the words are in the address.)
AskedGate asked_by_json(std::string_view body);

/// What goes back; there is no status beside these two that means yes or no.
struct GateReply {
  int status = 0;
  std::string type;
  std::string body;
};

/// Flagger takes the status for the verdict and shows the body to people: 200 or 403.
GateReply flagger_reply(const GateAnswer& answer);
/// Argo Rollouts takes {$.verdict} of the document for it: 200 either way.
GateReply argo_reply(std::string document);

}  // namespace muster
