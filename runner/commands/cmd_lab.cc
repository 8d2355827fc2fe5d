#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "drills/lab/lab.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"

namespace muster {

namespace {

struct LabArguments {
  std::string& what;
  std::string& host;
  std::vector<std::string>& command;
  bool& root;
  std::vector<std::string>& set;
  std::vector<std::string>& only;
  bool& as_json;
};

std::string memory_text(std::uint64_t bytes) {
  return fmt::format("{} MB", bytes / 1'000'000);
}

/// `--only app,db` and `--only app --only db` are the same.
std::vector<std::string> parts_of(const std::vector<std::string>& only) {
  std::vector<std::string> parts;
  for (const std::string& words : only)
    for (std::string& part : split(words, ',')) parts.push_back(std::move(part));
  return parts;
}

Task<int> up(LabArguments arguments) {
  SystemClock clock;
  const Time began = clock.now();
  LabOptions options{
      arguments.root, named_values(arguments.set, "--set"), parts_of(arguments.only)};
  std::function<void(std::string)> progress = [](std::string line) {
    print(line + "\n");
  };
  const LabStatus status = co_await lab_up(std::move(options), std::move(progress));
  print(fmt::format(
      "the lab is up: {} healthy after {}, {} of memory; `muster lab status` shows them\n",
      count_of(status.parts.size(), "part"),
      human_duration(clock.now() - began),
      memory_text(status.memory_bytes)));
  co_return 0;
}

Task<int> down() {
  const bool was_up = co_await lab_down();
  print(was_up ? "the lab is down; nothing of it is left\n" : "the lab was not up\n");
  co_return 0;
}

json::object status_json(const LabStatus& status) {
  json::array parts;
  for (const LabPart& part : status.parts) {
    json::object entry;
    entry["host"] = part.host;
    entry["part"] = part.part;
    entry["address"] = part.address;
    entry["health"] = part.health;
    entry["role"] = part.role;
    entry["pid"] = part.pid;
    entry["healthy"] = part.healthy;
    parts.push_back(std::move(entry));
  }
  json::object object;
  object["up"] = status.up;
  object["healthy"] = status.healthy();
  object["memory_bytes"] = status.memory_bytes;
  object["parts"] = std::move(parts);
  return object;
}

Task<int> show_status(bool as_json) {
  const LabStatus status = co_await lab_status();
  if (as_json) {
    print(pretty_json(status_json(status)));
  } else if (!status.up) {
    print("the lab is down; start it with `muster lab up`\n");
  } else {
    print(fmt::format("{:<11} {:<10} {:<13} {:<8} {:<28} {}\n",
                      "host",
                      "part",
                      "address",
                      "pid",
                      "role",
                      "health"));
    for (const LabPart& part : status.parts) {
      print(fmt::format("{:<11} {:<10} {:<13} {:<8} {:<28} {}\n",
                        part.host,
                        part.part,
                        part.address,
                        part.pid,
                        part.role,
                        printable(part.health, 120)));
    }
    print(fmt::format("{}, {} of memory\n",
                      status.healthy() ? "all healthy" : "NOT all healthy",
                      memory_text(status.memory_bytes)));
  }
  co_return static_cast<int>(status.up && status.healthy() ? ExitCode::Pass : ExitCode::Fail);
}

/// Becomes the command, so that its terminal, signals and exit code are the caller's own.
int exec_on(const std::string& host, const std::vector<std::string>& command) {
  if (host.empty() || command.empty())
    throw UsageError("say which host and what to run: muster lab exec client-us -- ip addr");
  std::vector<std::string> words = lab_entry(host);
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  fail_errno("cannot run " + words[0]);
}

int run_lab(const LabArguments& arguments) {
  if (arguments.what == "up") return run_to_end(up(arguments));
  if (arguments.what == "down") return run_to_end(down());
  if (arguments.what == "status") return run_to_end(show_status(arguments.as_json));
  if (arguments.what == "exec") return exec_on(arguments.host, arguments.command);
  if (arguments.what == "settings") {
    for (const LabSetting& setting : lab_settings()) {
      print(fmt::format("{:<18} {:<8} {}\n", setting.name, setting.fallback, setting.help));
    }
    return 0;
  }
  const std::string meant = nearest(arguments.what, {"up", "down", "status", "exec", "settings"});
  throw UsageError("muster lab up|down|status|exec|settings, not '" + arguments.what + "'" +
                   (meant.empty() ? "" : "; did you mean '" + meant + "'?"));
}

}  // namespace

Action define_lab(Arguments& arguments) {
  arguments.example(
      "muster lab up --set dns_ttl=60\n  muster lab exec client-us -- ip addr\n  muster lab "
      "settings");
  LabArguments a{
      arguments.operand("WHAT", "up, down, status, exec or settings"),
      arguments.operand("HOST", "for exec: the host", false),
      arguments.operands("COMMAND", "for exec: what to run there, after --", false),
      arguments.flag("--root", "real root instead of a user namespace"),
      arguments.options(
          "--set", "NAME=VALUE", "a scale or flaw of the lab; see `muster lab settings`"),
      arguments.options("--only",
                        "PART,...",
                        "start only these parts (app, db, cache, lb, edge ...) and what they need"),
      arguments.flag("--json", "for programs")};
  return [a] {
    return run_lab(a);
  };
}

}  // namespace muster
