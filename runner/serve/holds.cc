#include "runner/serve/holds.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"

namespace muster {

namespace {

/// One line of a configuration that curl reads from its stdin, where no other user sees it.
std::string curl_line(std::string_view option, std::string_view value) {
  std::string quoted;
  for (const char c : value) {
    if (c == '\\' || c == '"') quoted += '\\';
    if (c == '\n' || c == '\r') continue;
    quoted += c;
  }
  return fmt::format("{} = \"{}\"\n", option, quoted);
}

/// No settings of the user who runs it, no redirects; the status comes last, on a line of its own.
Command curl_question(const HoldCheck& check, std::vector<Secret>& used) {
  Command asking = command("curl",
                           "--disable",
                           "--silent",
                           "--show-error",
                           "--proto",
                           "=http,https",
                           "--noproxy",
                           "*",
                           "--max-filesize",
                           "262144",
                           "--write-out",
                           "\n%{http_code}",
                           "--config",
                           "-");
  asking.argv.insert(asking.argv.end(),
                     {"--max-time", fmt::format("{:.3f}", to_seconds(check.timeout))});
  asking.input = curl_line("url", check.url);
  for (const auto& [name, value] : check.headers)
    asking.input += curl_line("header", name + ": " + with_secrets(value, used));
  asking.timeout = check.timeout + std::chrono::seconds(1);
  return asking;
}

HoldSaid read_page(const HoldCheck& check, const CommandResult& result) {
  const std::size_t line = result.out.rfind('\n');
  if (!result.ok() || line == std::string::npos)
    return {HoldAnswer::Error, "it did not answer: " + printable(trim(result.err), 200)};
  const std::string status = result.out.substr(line + 1);
  if (status != std::to_string(check.status))
    return {HoldAnswer::Held,
            fmt::format("it answered with status {}, not {}", printable(status, 10), check.status)};
  if (!check.body_contains.empty() &&
      result.out.substr(0, line).find(check.body_contains) == std::string::npos)
    return {HoldAnswer::Held, fmt::format("its answer lacks '{}'", check.body_contains)};
  return {HoldAnswer::Clear, ""};
}

HoldSaid read_exit(const CommandResult& result) {
  if (result.timed_out) return {HoldAnswer::Error, "it did not end in time"};
  if (result.exit_code == 0) return {HoldAnswer::Clear, ""};
  const std::string words = printable(trim(result.out.empty() ? result.err : result.out), 200);
  return {HoldAnswer::Held,
          fmt::format("it ended with {}{}", result.exit_code, words.empty() ? "" : ": " + words)};
}

}  // namespace

Task<HoldSaid> ask_hold(HoldCheck check, Host& here) {
  HoldSaid said;
  Redactor redactor;
  try {
    std::vector<Secret> used;
    Command asking =
        check.url.empty() ? Command{check.command, {}, check.timeout} : curl_question(check, used);
    for (const Secret& secret : used) redactor.hide(secret);
    const CommandResult result = co_await here.try_run(std::move(asking));
    said = check.url.empty() ? read_exit(result) : read_page(check, result);
  } catch (const Error& error) {
    said = {HoldAnswer::Error, error.what()};
  }
  said.why = redactor.clean(said.why);
  co_return said;
}

}  // namespace muster
