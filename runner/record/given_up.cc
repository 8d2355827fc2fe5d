#include "runner/record/given_up.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "runner/record/journal.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kUnreadable = "journal.unreadable";

fs::path notes() {
  return muster_home() / "given-up";
}

json::object record_of(const GivenUp& given_up) {
  json::object record;
  record["at"] = format_utc(given_up.word.at);
  record["who"] = given_up.word.who;
  record["why"] = given_up.word.why;
  record["changes"] = json::value_from(given_up.changes);
  return record;
}

GivenUp read_note(const fs::path& file) {
  const json::value value = parse_json(read_file(file), file.string());
  if (!value.is_object()) fail("{} is no note of what was given up", file.string());
  const json::object& note = value.get_object();
  const auto since = parse_utc(text_at(note, "at"));
  const json::value& changes = at(note, "changes");
  if (!since || !changes.is_array()) fail("{} is spoilt", file.string());
  GivenUp given_up{text_at(note, "run"), text_at(note, "drill"), text_at(note, "stack"), {}, {}};
  given_up.word = {text_at(note, "who"), text_at(note, "why"), *since};
  for (const json::value& change : changes.get_array())
    if (change.is_string()) given_up.changes.emplace_back(change.get_string());
  return given_up;
}

std::vector<std::string> left_by(const RunTrace& trace) {
  std::vector<std::string> changes;
  for (const OpenChange& each : trace.open)
    changes.push_back(
        printable(fmt::format("{} on {}: {}", each.change.what, each.change.host, each.state)));
  if (!trace.unreadable.empty())
    changes.push_back(fmt::format("whatever {} tells of, which nobody can read", kUnreadable));
  else if (trace.damaged)
    changes.emplace_back("whatever the damaged part of its journal tells of");
  return changes;
}

Journal journal_of(const RunTrace& trace) {
  const fs::path directory = run_directory(trace.id);
  const fs::path journal = directory / "journal";
  if (trace.unreadable.empty()) return Journal::reopen(journal);
  std::error_code problem;
  fs::rename(journal, directory / kUnreadable, problem);
  if (problem) fail("cannot put {} aside: {}", journal.string(), problem.message());
  return Journal::create(journal);
}

}  // namespace

std::string GivenUp::text() const {
  return fmt::format("run {} of {} on {}, given up by {} at {}: {}",
                     run,
                     drill.empty() ? "an unknown drill" : printable(drill, 64),
                     stack.empty() ? "an unknown stack" : printable(stack, 64),
                     word.who,
                     format_utc(word.at),
                     printable(word.why));
}

json::object to_json(const GivenUp& given_up) {
  json::object note;
  note["run"] = given_up.run;
  note["drill"] = given_up.drill;
  note["stack"] = given_up.stack;
  for (auto& [key, value] : record_of(given_up)) note[key] = std::move(value);
  return note;
}

void note_given_up(const GivenUp& given_up) {
  make_private_directories(notes());
  write_file_atomically(notes() / given_up.run, pretty_json(to_json(given_up)));
}

GivenUp give_up_run(const RunTrace& trace, const GivingUp& word) {
  const StackLock lock(trace.stack, trace.id);
  GivenUp given_up{trace.id, trace.drill, trace.stack, word, left_by(trace)};
  note_given_up(given_up);
  Journal journal = journal_of(trace);
  journal.append("given-up", record_of(given_up), true);
  journal.append("closed", {}, true);
  mark_closed(trace.id);
  return given_up;
}

std::vector<GivenUp> given_up_since(UtcTime since) {
  std::vector<GivenUp> found;
  try {
    if (!fs::exists(notes())) return found;
    for (const auto& entry : fs::directory_iterator(notes())) {
      if (!is_run_id(entry.path().filename().string())) continue;
      GivenUp each = read_note(entry.path());
      if (each.word.at >= since) found.push_back(std::move(each));
    }
  } catch (const fs::filesystem_error& error) {
    fail("cannot look into {}: {}", notes().string(), error.code().message());
  }
  std::ranges::sort(found, {}, &GivenUp::run);
  return found;
}

}  // namespace muster
