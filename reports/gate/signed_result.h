#pragma once

#include <string>
#include <string_view>

#include "base/signature.h"
#include "reports/gate/gate.h"

namespace muster {

/// The signature of a result.json, to be kept beside it as result.sig: of its exact bytes, under a
/// name of its own, so that no signature of anything else ever counts for it.
std::string sign_result(const SigningKey& key, std::string_view text);

/// "" where one of `trusted` signed exactly this text as a result; else what is wrong.
std::string result_complaint(std::string_view text,
                             std::string_view signature,
                             const TrustedKeys& trusted);

/// Puts into the evidence what a kept result and its signature say: the digest; is_signed, or
/// signature_error; result, or result_error. An empty signature is none. A text that no trusted key
/// signed is not read any further.
void take_result(std::string_view text,
                 std::string_view signature,
                 const TrustedKeys& trusted,
                 GateEvidence& evidence);

}  // namespace muster
