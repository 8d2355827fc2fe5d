#include "reports/gate/signed_result.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"

namespace muster {

namespace {

std::string signed_text(std::string_view text) {
  return fmt::format("muster result 1\n{}\n", sha256(text));
}

std::shared_ptr<const Result> parsed(std::string_view text) {
  const json::value value = parse_json(text, "result.json");
  if (!value.is_object()) fail("result.json is no JSON object");
  return std::make_shared<const Result>(result_from_json(value.get_object()));
}

}  // namespace

std::string sign_result(const SigningKey& key, std::string_view text) {
  return key.sign(signed_text(text));
}

std::string result_complaint(std::string_view text,
                             std::string_view signature,
                             const TrustedKeys& trusted) {
  return trusted.complaint(signed_text(text), signature);
}

void take_result(std::string_view text,
                 std::string_view signature,
                 const TrustedKeys& trusted,
                 GateEvidence& evidence) {
  const std::string wrong = result_complaint(text, signature, trusted);
  evidence.result_digest = sha256(text);
  evidence.is_signed = wrong.empty();
  evidence.signature_error = signature.empty() ? "" : wrong;
  evidence.result = nullptr;
  if (!evidence.is_signed) return;
  try {
    evidence.result = parsed(text);
  } catch (const Error& error) {
    evidence.result_error = error.what();
  }
}

}  // namespace muster
