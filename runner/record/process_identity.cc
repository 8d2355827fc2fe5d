#include "runner/record/process_identity.h"

#include <charconv>
#include <optional>

#include <unistd.h>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"

namespace muster {

namespace {

std::optional<std::uint64_t> start_ticks_of(pid_t pid) {
  const auto stat = read_file_if_exists(fmt::format("/proc/{}/stat", pid));
  if (!stat) return std::nullopt;
  // The name in parentheses may hold blanks; fields are counted after it, the state being the
  // third.
  const std::vector<std::string> fields =
      split(std::string_view(*stat).substr(stat->rfind(')') + 2), ' ');
  if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return std::nullopt;
  std::uint64_t ticks = 0;
  std::from_chars(fields[19].data(), fields[19].data() + fields[19].size(), ticks);
  return ticks;
}

std::string boot_id() {
  return std::string(trim(read_file("/proc/sys/kernel/random/boot_id")));
}

}  // namespace

ProcessIdentity this_process() {
  const pid_t pid = ::getpid();
  return {pid, start_ticks_of(pid).value_or(0), boot_id()};
}

bool is_alive(const ProcessIdentity& identity) {
  return identity.pid > 0 && identity.boot_id == boot_id() &&
         start_ticks_of(identity.pid) == identity.start_ticks;
}

}  // namespace muster
