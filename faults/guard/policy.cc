#include "faults/guard/policy.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

namespace muster::guard {

namespace {

constexpr std::size_t kLimit = 64U << 10U;
constexpr const char* kOfLab = "/run/lab/allow.conf";
constexpr const char* kOfHost = "/etc/muster/allow.conf";

using Names = std::vector<std::string>;

bool has(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string joined(const Names& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// Runs of the characters that `belongs` accepts.
template <class Belongs>
Names split(std::string_view text, Belongs belongs) {
  Names words;
  bool inside = false;
  for (const char each : text) {
    if (belongs(each) && !inside) words.emplace_back();
    inside = belongs(each);
    if (inside) words.back() += each;
  }
  return words;
}

Names words_of(std::string_view line) {
  return split(line.substr(0, line.find('#')), [](char c) { return c != ' ' && c != '\t'; });
}

/// As they stand in argv words and scripts: `dev eth0`, `iifname "eth0"`.
Names names_in(std::string_view text) {
  return split(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

/// "90s", "15m", "2h", "1d" in nanoseconds; 0 where it is none of these.
std::int64_t duration_in(const std::string& text) {
  constexpr std::string_view kUnits = "smhd";
  constexpr std::int64_t kSeconds[] = {1, 60, 3600, std::int64_t{24} * 3600};
  const auto number = number_in(text.substr(0, text.size() - 1));
  const std::size_t unit = kUnits.find(text.back());
  if (unit == std::string_view::npos || !number || *number <= 0 || *number > 100'000) return 0;
  return *number * kSeconds[unit] * kSecond;
}

std::string resolved(const std::string& path) {
  char found[PATH_MAX];
  return ::realpath(path.c_str(), found) != nullptr ? found : path;
}

std::string find_file() {
  if (const char* const named = std::getenv("MUSTER_ALLOW")) return named;
  Names candidates = {kOfLab, kOfHost};
  if (const char* const home = std::getenv("HOME"); home != nullptr && ::geteuid() != 0)
    candidates.push_back(std::string(home) + "/.config/muster/allow.conf");
  for (const std::string& path : candidates)
    if (::access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)) return path;
  return candidates[::geteuid() == 0 ? 1 : candidates.size() - 1];
}

/// Throws where it is not to be trusted; nothing where there is none.
std::optional<std::string> read_trusted(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open() && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (!file.open() || ::fstat(file.get(), &status) != 0) fail_system(path);
  const bool owned = status.st_uid == 0 || status.st_uid == ::geteuid();
  if (!S_ISREG(status.st_mode) || !owned || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw GuardError(
        path + ": must be a file of root's or our own that nobody else may write: chown root " +
        path + "; chmod 644 " + path);
  return read_whole(file, path, kLimit);
}

}  // namespace

Policy Policy::of_this_host(const std::string& kind) {
  Policy policy;
  policy.path_ = find_file();
  const auto content = read_trusted(policy.path_);
  if (!content) {
    throw GuardError("this host has not agreed to be broken; to agree, write the line `allow " +
                     (kind.empty() ? std::string("all") : kind) + "` into " + policy.path_ +
                     " there (see docs/guard.md, \"What a host allows\")");
  }
  policy.read(*content);
  return policy;
}

void Policy::read(const std::string& content) {
  for (const std::string& line : split(content + "\n", [](char c) { return c != '\n'; })) {
    const Names words = words_of(line);
    if (!words.empty()) read_line(words);
  }
}

void Policy::read_line(const Names& words) {
  const std::string& first = words[0];
  const std::string protects = first == "protect" && words.size() == 3 ? words[1] : "";
  Names* const list = first == "allow"          ? &kinds_
                      : first == "run"          ? &programs_
                      : protects == "process"   ? &processes_
                      : protects == "interface" ? &interfaces_
                      : protects == "path"      ? &paths_
                                                : nullptr;
  bool understood = list != nullptr && words.size() > 1;
  if (list == &paths_) {
    understood = words[2][0] == '/';
    paths_.push_back(resolved(words[2]));
  } else if (list != nullptr) {
    list->insert(list->end(), words.begin() + (protects.empty() ? 1 : 2), words.end());
  } else if (first == "max-duration" && words.size() == 2) {
    longest_ = duration_in(words[1]);
    understood = longest_ > 0;
  }
  if (!understood) refuse("the guard does not understand its line `" + joined(words, " ") + "`");
}

void Policy::refuse(const std::string& why) const {
  throw GuardError(path_ + " of this host forbids it: " + why);
}

void Policy::check(const PlainChange& change) const {
  if (!has(kinds_, "all") && !has(kinds_, change.kind))
    refuse("it has no line `allow " + change.kind + "`");
  if (change.deadline > longest_) {
    refuse("the fault may last for " + std::to_string(change.deadline / kSecond) +
           " s until its hard deadline, and max-duration is " + std::to_string(longest_ / kSecond) +
           " s; give the step a shorter `deadline`");
  }
  for (const PlainOperation* part :
       {&change.apply, &change.verify, &change.undo, &change.verify_undone}) {
    if (part->kind == "exec" || part->kind == "holder") check_words(*part);
  }
}

void Policy::check_program(const std::string& program) const {
  if (!programs_.empty() && !has(programs_, program))
    refuse("it has no line `run " + program + "`");
}

void Policy::check_words(const PlainOperation& operation) const {
  if (!operation.args.empty()) check_program(operation.args[0]);
  for (const std::string& name : names_in(operation.input + " " + joined(operation.args, " ")))
    if (has(interfaces_, name)) refuse("interface " + name + " is protected");
}

void Policy::check_target(const Facts& facts) const {
  for (const std::string& prefix : paths_) {
    const std::string& path = facts.file.path;
    if (path == prefix || path.starts_with(prefix == "/" ? prefix : prefix + "/"))
      refuse("path " + prefix + " is protected");
  }
  if (facts.process.pid == 0 || processes_.empty()) return;
  const std::string folder = "/proc/" + std::to_string(facts.process.pid);
  std::string name = read_if_exists(folder + "/comm", 256).value_or("");
  while (name.ends_with('\n')) name.pop_back();
  std::string program = link_target(folder + "/exe");
  if (program.ends_with(" (deleted)")) program.resize(program.size() - 10);
  for (const std::string& each : processes_) {
    const bool same = each.substr(0, 15) == name || each == program ||
                      each == program.substr(program.rfind('/') + 1);
    if (same) refuse("process " + each + " is protected");
  }
}

std::string Policy::text() const {
  return path_ + ": " + (kinds_.empty() ? "no kind" : joined(kinds_, ", ")) + ", at most " +
         std::to_string(longest_ / kSecond) + " s each";
}

}  // namespace muster::guard
