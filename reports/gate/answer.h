#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/signature.h"
#include "reports/gate/gate.h"

namespace muster {

/// An answer is believed for so long after it was given; clocks may differ by as much.
inline constexpr Duration kFreshAnswer = std::chrono::seconds(60);

/// The answer as a document (docs/gate.md): its exact bytes are what is signed. `server` says who
/// answered; `nonce` is the asker's own, or "".
std::string answer_json(const GateAnswer& answer,
                        const GateQuestion& question,
                        const std::string& nonce,
                        const std::string& server,
                        UtcTime now);

/// The value of the header X-Muster-Signature.
std::string sign_answer(const SigningKey& key, std::string_view body);

/// What why_not_pass says of an answer that is to be believed, and is no.
inline constexpr std::string_view kAnsweredNo = "the answer is no";

/// For the asker: "" only where `body` is a pass, signed by one of `trusted`, to exactly this
/// question and nonce, given within kFreshAnswer of `now`. Else why not, in one line. Total: any
/// bytes may be given to it.
std::string why_not_pass(std::string_view body,
                         std::string_view signature,
                         const TrustedKeys& trusted,
                         const GateQuestion& question,
                         const std::string& nonce,
                         UtcTime now);

/// The reasons that an answer gives, fit for a terminal; none where it is no answer.
std::vector<std::string> reasons_in_answer(std::string_view body);

}  // namespace muster
