#include "base/host.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace muster {

Task<CommandResult> Host::run(Command command) {
  const std::string shown = show_argv(command.argv);
  CommandResult result = co_await try_run(std::move(command));
  if (result.timed_out) fail("on {}: {}: no end within its time", name(), shown);
  if (result.exit_code != 0) {
    const std::string said = printable(trim(result.err.empty() ? result.out : result.err), 400);
    fail("on {}: {}: exit code {}{}{}",
         name(),
         shown,
         result.exit_code,
         said.empty() ? "" : ": ",
         said);
  }
  co_return result;
}

Task<std::unique_ptr<Channel>> Host::open_guard(std::string command) {
  std::vector<std::string> argv = {
      own_program("muster-guard"), std::move(command), "--dir", (muster_home() / "guard").string()};
  co_return co_await open(std::move(argv));
}

Task<std::unique_ptr<Channel>> Host::open_promptly(std::vector<std::string> argv) {
  return open(std::move(argv));
}

std::string Host::own_program(std::string_view name) const {
  return (program_directory() / name).string();
}

Task<std::optional<OwnChannel>> Host::own_channel() {
  co_return std::nullopt;
}

}  // namespace muster
