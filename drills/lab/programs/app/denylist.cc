#include "drills/lab/programs/app/denylist.h"

#include <charconv>

namespace muster::app {

std::string denied_key(const Claims& claims) {
  return "deny:" + claims.id;
}

std::string too_old_key(const Claims& claims) {
  return "too-old:" + claims.subject;
}

bool is_too_old(const Claims& claims, std::string_view revoked_until) {
  if (revoked_until.empty()) return false;
  std::int64_t until = 0;
  const char* const end = revoked_until.data() + revoked_until.size();
  const auto [stopped, error] = std::from_chars(revoked_until.data(), end, until);
  return error != std::errc{} || stopped != end || claims.issued_at <= until;
}

}  // namespace muster::app
