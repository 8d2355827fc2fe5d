#include "runner/interlocks/person.h"

#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

std::string this_person() {
  const uid_t uid = ::geteuid();
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  const bool known = ::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found;
  std::string who = fmt::format("{} (uid {})", known ? entry.pw_name : "unknown", uid);
  const char* asked_by = std::getenv("SUDO_USER");
  if (uid == 0 && asked_by != nullptr) who += " for " + printable(asked_by, 64);
  return who;
}

}  // namespace muster
