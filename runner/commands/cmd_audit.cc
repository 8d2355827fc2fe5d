#include <deque>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/serve/audit.h"

namespace muster {

namespace {

std::deque<std::string> last_lines(const std::filesystem::path& file, std::size_t most) {
  std::ifstream lines(file, std::ios::binary);
  std::deque<std::string> last;
  for (std::string line; std::getline(lines, line);) {
    last.push_back(std::move(line));
    if (last.size() > most) last.pop_front();
  }
  return last;
}

/// The log made its texts inert; a line that somebody else put in has not.
std::string entry_text(const std::string& line) {
  try {
    const json::value value = parse_json(line, "a line");
    if (!value.is_object()) fail("no object");
    const json::object& entry = value.get_object();
    const json::value* status = find(entry, "status");
    return fmt::format("{}  {}  {} {}  {}  {}",
                       printable(text_at(entry, "at"), 40),
                       printable(text_at(entry, "who"), 100),
                       printable(text_at(entry, "method"), 20),
                       printable(text_at(entry, "path"), 200),
                       status == nullptr ? "begun" : printable(compact_json(*status), 20),
                       printable(text_at(entry, "what"), 200));
  } catch (const Error&) {
    return "(no entry) " + printable(line, 200);
  }
}

int show_audit(const std::filesystem::path& file, int last, bool as_json) {
  if (!std::filesystem::exists(file))
    fail("there is no audit log {}; `muster serve` writes it in its own $MUSTER_HOME",
         file.string());
  const AuditCheck check = verify_audit(file);
  if (as_json) {
    json::array problems;
    for (const std::string& problem : check.problems) problems.emplace_back(problem);
    json::object object;
    object["file"] = file.string();
    object["lines"] = check.lines;
    object["torn"] = check.torn;
    object["problems"] = std::move(problems);
    print(pretty_json(object));
  } else {
    for (const std::string& line : last_lines(file, static_cast<std::size_t>(last)))
      print(entry_text(line) + "\n");
    for (const std::string& problem : check.problems) print(fmt::format("{}\n", problem));
    print(fmt::format("{}: {}{}\n",
                      file.string(),
                      count_of(check.lines, "line"),
                      check.problems.empty() ? ", each follows the one before it"
                                             : ", and it was tampered with"));
    if (check.torn > 0)
      print(fmt::format("{} cut short by a crash or a full disk\n", count_of(check.torn, "line")));
  }
  return static_cast<int>(check.problems.empty() ? ExitCode::Pass : ExitCode::Fail);
}

}  // namespace

Action define_audit(Arguments& arguments) {
  arguments.example("muster audit --last 20");
  auto& file = arguments.operand("FILE", "instead of audit.jsonl in $MUSTER_HOME", false);
  auto& last = arguments.number("--last", "how many entries to show", 10, 0, 1'000'000);
  auto& as_json = arguments.flag("--json", "only what was found, for programs");
  return [&] {
    return show_audit(
        file.empty() ? muster_home() / "audit.jsonl" : std::filesystem::path(file), last, as_json);
  };
}

}  // namespace muster
