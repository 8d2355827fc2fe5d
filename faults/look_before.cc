#include "faults/look_before.h"

#include "base/text.h"
#include "faults/targets.h"

namespace muster {

void require_whole(const CommandResult& result, const std::string& what, const Where& where) {
  if (result.truncated)
    refuse(where,
           fmt::format("{} is too long to be read whole, so nobody knows what is not in it", what));
}

Task<> require_not_seen_yet(Host& host, Operation gone, std::string who, Where where) {
  const CommandResult now = co_await host.try_run(command_of(gone));
  if (!now.ok())
    refuse(where,
           fmt::format("{} does not answer well now: {}",
                       who,
                       printable(trim(now.err.empty() ? now.out : now.err), 200)));
  require_whole(now, fmt::format("what {} answers", who), where);
  if (now.out.find(gone.lacks) != std::string::npos)
    refuse(
        where,
        fmt::format("{} answers '{}' before the fault: neither the fault nor its end could be seen",
                    who,
                    gone.lacks));
}

Operation opposite(Operation gone) {
  std::swap(gone.contains, gone.lacks);
  return gone;
}

}  // namespace muster
