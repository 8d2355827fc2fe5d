#include "faults/stdio_host.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "faults/guard/protocol.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr int kNotFound = 127;
constexpr int kNotRunnable = 126;

/// Another build has another.
std::string copied_guard(const std::string& local) {
  static const std::string digest = sha256(read_file(local));
  return "guard-" + digest.substr(digest.find(':') + 1, 16);
}

bool is_missing(const CommandResult& result) {
  return result.exit_code == kNotFound || says(result.err, "ommand not found") ||
         says(result.err, "o such file or directory");
}

}  // namespace

StdioHost::StdioHost(const StackHost& host, std::string_view copies_into)
    : name_(host.name),
      copies_guard_(!host.reach.settings.has("guard")),
      guard_(copies_guard_ ? std::string(copies_into) + copied_guard(local_guard())
                           : host.reach.settings.text("guard")) {}

std::string StdioHost::local_guard() {
  return (program_directory() / "muster-guard").string();
}

Task<CommandResult> StdioHost::try_run(Command command) {
  co_await require_guard();
  std::string input = encode({FrameType::Exec, command.argv}) + command.input;
  const CommandResult result = co_await run_session(std::move(input), command.timeout);
  if (result.exit_code == kNotFound && result.err.starts_with(kCannotStart))
    fail("on {}: {}", name_, printable(trim(result.err.substr(kCannotStart.size()))));
  co_return result;
}

Task<std::unique_ptr<Channel>> StdioHost::open(std::vector<std::string> argv) {
  std::string order = encode({FrameType::Exec, std::move(argv)});
  co_await require_guard();
  auto channel = co_await open_session(Way::Any);
  co_await channel->write(std::move(order));
  co_return channel;
}

Task<std::unique_ptr<Channel>> StdioHost::open_guard(std::string command) {
  const Way way = command == "recover" ? Way::Answering : Way::Any;
  co_await require_guard();
  co_return co_await open_session(way);
}

Task<> StdioHost::require_guard() {
  Task<> work = find_guard();
  co_await guard_found_.ensure(std::move(work));
}

/// An end of its input without a frame makes a guard say who it is.
Task<> StdioHost::find_guard() {
  CommandResult answer = co_await run_session("", 20s);
  if (is_missing(answer) && copies_guard_) {
    co_await copy_guard();
    answer = co_await run_session("", 20s);
  }
  judge_greeting(answer);
}

void StdioHost::judge_greeting(const CommandResult& answer) const {
  if (answer.ok() && answer.out == kGreeting) return;
  const std::string said = printable(trim(answer.err.empty() ? answer.out : answer.err), 300);
  if (answer.ok() && answer.out.ends_with(kGreeting))
    fail("on {}: logging in prints '{}'; let nothing be printed where no terminal is",
         name_,
         printable(trim(answer.out.substr(0, answer.out.size() - kGreeting.size())), 300));
  if (answer.ok() && answer.out.starts_with("muster-guard "))
    fail("on {}: the installed guard is '{}', and this is muster {}; install the same version",
         name_,
         said,
         MUSTER_VERSION);
  if (const std::string meaning = explain_start(answer); !meaning.empty())
    fail("on {}: {}", name_, meaning);
  if (is_missing(answer))
    fail("on {}: there is no {}; install muster-guard there{} ({})",
         name_,
         guard_,
         copies_guard_ ? "" : ", or leave out `guard:` and it is copied",
         said);
  if (answer.exit_code == kNotRunnable || says(answer.err, "xec format error"))
    fail(
        "on {}: {} does not run there ({}): it was built for another kind of machine, or its file "
        "system forbids it; build muster-guard there and name it in the stack: `guard: /path`",
        name_,
        guard_,
        said);
  fail("on {}: `{}` answered with exit code {}{}{}",
       name_,
       shown_command(),
       answer.exit_code,
       said.empty() ? "" : ": ",
       said);
}

}  // namespace muster
