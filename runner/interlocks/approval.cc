#include "runner/interlocks/approval.h"

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostBytes = 64U << 10U;

/// Only a hash of that very form becomes a path.
fs::path file_of(const std::string& plan_hash) {
  constexpr std::string_view kPrefix = "sha256:";
  const std::string digits = plan_hash.substr(std::min(plan_hash.size(), kPrefix.size()));
  if (!plan_hash.starts_with(kPrefix) || digits.size() != 64 ||
      digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    fail("'{}' is no plan hash", printable(plan_hash, 80));
  return muster_home() / "approvals" / (digits + ".json");
}

UtcTime instant_at(const json::object& object, std::string_view key) {
  const auto instant = parse_utc(text_at(object, key));
  if (!instant) fail("'{}' is no time", key);
  return *instant;
}

Approval parse_approval(const std::string& content) {
  const json::value value = parse_json(content, "the approval");
  if (!value.is_object()) fail("the approval is no JSON object");
  const json::object& object = value.get_object();
  return {text_at(object, "plan_hash"),
          text_at(object, "drill"),
          text_at(object, "stack"),
          text_at(object, "who"),
          text_at(object, "reason"),
          instant_at(object, "given"),
          instant_at(object, "expires")};
}

}  // namespace

fs::path write_approval(const Approval& approval) {
  const fs::path file = file_of(approval.plan_hash);
  make_private_directories(file.parent_path());
  json::object object;
  object["plan_hash"] = approval.plan_hash;
  object["drill"] = approval.drill;
  object["stack"] = approval.stack;
  object["who"] = approval.who;
  object["reason"] = approval.reason;
  object["given"] = format_utc(approval.given);
  object["expires"] = format_utc(approval.expires);
  write_file_atomically(file, pretty_json(object));
  return file;
}

std::string why_not_approved(const std::string& plan_hash,
                             const std::string& drill,
                             const std::string& stack,
                             UtcTime now) {
  try {
    const auto content = read_file_if_exists(file_of(plan_hash), kMostBytes);
    if (!content) return "nobody has approved the plan " + plan_hash;
    const Approval approval = parse_approval(*content);
    if (approval.plan_hash != plan_hash || approval.drill != drill || approval.stack != stack)
      return "the approval kept for the plan " + plan_hash + " is one of another";
    if (approval.given > now)
      return "the approval of the plan " + plan_hash + " is dated in the future";
    if (approval.expires <= now)
      return fmt::format(
          "the approval of the plan {} expired at {}", plan_hash, format_utc(approval.expires));
    return "";
  } catch (const Error& error) {
    return fmt::format("the approval of the plan {} cannot be read: {}", plan_hash, error.what());
  }
}

}  // namespace muster
