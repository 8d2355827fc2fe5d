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

std::string text_of(const Approval& approval) {
  json::object object;
  object["plan_hash"] = approval.plan_hash;
  object["drill"] = approval.drill;
  object["stack"] = approval.stack;
  object["who"] = approval.who;
  object["reason"] = approval.reason;
  object["given"] = format_utc(approval.given);
  object["expires"] = format_utc(approval.expires);
  return pretty_json(object);
}

struct Asked {
  const std::string& plan_hash;
  const std::string& drill;
  const std::string& stack;
  UtcTime now;
};

/// `read` returns the text of an approval, or nothing; `place` says in words where it lies.
template <class Read>
std::string why_not(const Asked& asked, std::string_view place, Read read) {
  const std::string what = fmt::format("the plan {}{}", asked.plan_hash, place);
  try {
    const std::optional<std::string> content = read();
    if (!content) return fmt::format("nobody has approved {}", what);
    const Approval approval = parse_approval(*content);
    if (approval.plan_hash != asked.plan_hash || approval.drill != asked.drill ||
        approval.stack != asked.stack)
      return fmt::format("the approval kept for {} is one of another", what);
    if (approval.given > asked.now)
      return fmt::format("the approval of {} is dated in the future", what);
    if (approval.expires <= asked.now)
      return fmt::format("the approval of {} expired at {}", what, format_utc(approval.expires));
    return "";
  } catch (const Error& error) {
    return fmt::format("the approval of {} cannot be read: {}", what, error.what());
  }
}

std::optional<std::string> text_in(Store& store, const std::string& plan_hash) {
  std::optional<StoredApproval> kept = store.approval(plan_hash);
  if (!kept) return std::nullopt;
  if (kept->text.size() > kMostBytes) fail("it is longer than {} bytes", kMostBytes);
  return std::move(kept->text);
}

}  // namespace

fs::path write_approval(const Approval& approval) {
  const fs::path file = file_of(approval.plan_hash);
  make_private_directories(file.parent_path());
  write_file_atomically(file, text_of(approval));
  return file;
}

void keep_approval(const Approval& approval, Store& store) {
  store.keep_approval({approval.plan_hash, text_of(approval)});
}

std::string why_not_approved(const std::string& plan_hash,
                             const std::string& drill,
                             const std::string& stack,
                             UtcTime now,
                             Store* shared) {
  const Asked asked{plan_hash, drill, stack, now};
  const std::string here =
      why_not(asked, "", [&] { return read_file_if_exists(file_of(plan_hash), kMostBytes); });
  if (here.empty() || shared == nullptr) return here;
  const std::string there =
      why_not(asked, " in the store", [&] { return text_in(*shared, plan_hash); });
  return there.empty() ? "" : fmt::format("{}; {}", here, there);
}

}  // namespace muster
