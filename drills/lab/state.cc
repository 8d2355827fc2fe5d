#include "drills/lab/state.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "drills/lab/machine.h"

namespace muster::lab {

namespace fs = std::filesystem;

namespace {

std::string proc_file(int pid, const char* name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

/// A file of /proc, or nothing: its process may end between any two looks.
std::optional<std::string> read_proc(int pid, const char* name) {
  const int descriptor = ::open(proc_file(pid, name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::string content(16384, '\0');
  const ssize_t count = ::read(descriptor, content.data(), content.size());
  ::close(descriptor);
  if (count <= 0) return std::nullopt;
  content.resize(static_cast<std::size_t>(count));
  return content;
}

/// The fields of /proc/PID/stat from the third on; the second is a name that may hold anything.
std::vector<std::string> stat_fields(const std::string& stat) {
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos ? std::vector<std::string>{}
                                       : split(stat.substr(name_end + 2), ' ');
}

/// The numbers after "Name:" in a status file; none if there is no such line.
std::vector<int> status_numbers(const std::string& status, std::string_view name) {
  std::vector<int> numbers;
  for (const std::string& line : split(status, '\n')) {
    const auto words = split(line, '\t');
    if (words.front() != name) continue;
    for (std::size_t i = 1; i < words.size(); ++i) numbers.push_back(std::atoi(words[i].c_str()));
  }
  return numbers;
}

/// Nothing for a process that has ended, a zombie, a thread of the kernel.
std::optional<LabProcess> look_at(int pid) {
  const auto status = pid > 0 ? read_proc(pid, "status") : std::nullopt;
  if (!status || status_numbers(*status, "VmRSS:").empty()) return std::nullopt;
  LabProcess process{status_numbers(*status, "NSpid:"), status_numbers(*status, "PPid:").at(0)};
  if (process.pids.empty()) return std::nullopt;
  return process;
}

fs::path state_file() {
  return lab_folder() / "state.json";
}

json::object to_json(const ProcessId& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}};
}

ProcessId process_from(const json::value& value) {
  const json::object& object = value.as_object();
  return {static_cast<int>(integer_at(object, "pid")),
          static_cast<std::uint64_t>(integer_at(object, "start_ticks"))};
}

LabState state_from(const json::object& object) {
  LabState state;
  state.root = flag_at(object, "root");
  state.supervisor = process_from(at(object, "supervisor"));
  for (const auto& [name, process] : at(object, "hosts").as_object())
    state.hosts[name] = process_from(process);
  for (const auto& [name, value] : at(object, "settings").as_object())
    state.settings[name] = value.as_string();
  for (const json::value& part : at(object, "only").as_array())
    state.only.emplace_back(part.as_string());
  return state;
}

}  // namespace

ProcessId ProcessId::of(int pid) {
  const auto stat = read_proc(pid, "stat");
  const auto fields = stat ? stat_fields(*stat) : std::vector<std::string>{};
  if (fields.size() < 20) fail("process {} is gone", pid);
  return {pid, std::strtoull(fields[19].c_str(), nullptr, 10)};
}

bool ProcessId::alive() const {
  const auto stat = read_proc(pid, "stat");
  const auto fields = stat ? stat_fields(*stat) : std::vector<std::string>{};
  if (fields.size() < 20 || fields[0] == "Z" || fields[0] == "X") return false;
  return std::strtoull(fields[19].c_str(), nullptr, 10) == start_ticks;
}

std::optional<LabState> load_state() {
  const auto text = read_file_if_exists(state_file());
  if (!text) return std::nullopt;
  LabState state = state_from(parse_json(*text, state_file().string()).as_object());
  if (state.supervisor.alive()) return state;
  remove_state();
  return std::nullopt;
}

void save_state(const LabState& state) {
  json::object hosts;
  for (const auto& [name, process] : state.hosts) hosts[name] = to_json(process);
  json::object settings;
  for (const auto& [name, value] : state.settings) settings[name] = value;
  const json::object object{{"root", state.root},
                            {"supervisor", to_json(state.supervisor)},
                            {"hosts", std::move(hosts)},
                            {"settings", std::move(settings)},
                            {"only", json::value_from(state.only)}};
  write_file_atomically(state_file(), pretty_json(object) + "\n");
}

void remove_state() {
  std::error_code ignored;
  fs::remove(state_file(), ignored);
}

std::vector<LabProcess> processes_below(int ancestor) {
  std::vector<LabProcess> all;
  for (const auto& entry : fs::directory_iterator("/proc"))
    if (auto process = look_at(std::atoi(entry.path().filename().c_str())))
      all.push_back(std::move(*process));
  std::set<int> below = {ancestor};
  for (bool grown = true; grown;) {
    grown = false;
    for (const LabProcess& process : all)
      if (below.contains(process.parent) && below.insert(process.pid()).second) grown = true;
  }
  std::erase_if(all, [&](const LabProcess& process) { return !below.contains(process.pid()); });
  return all;
}

std::uint64_t memory_of(const std::vector<LabProcess>& processes) {
  std::uint64_t kilobytes = 0;
  for (const LabProcess& process : processes) {
    const auto rollup = read_proc(process.pid(), "smaps_rollup");
    const std::size_t at = rollup ? rollup->find("\nPss:") : std::string::npos;
    if (at != std::string::npos) kilobytes += std::strtoull(rollup->c_str() + at + 5, nullptr, 10);
  }
  return kilobytes * 1024;
}

LabLock::LabLock() {
  make_private_directories(lab_folder());
  const fs::path path = lab_folder() / "lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) fail_errno("cannot open " + path.string());
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(descriptor_);
  throw Refused("another `muster lab` command is at work on this lab; wait for it to end");
}

LabLock::~LabLock() {
  ::close(descriptor_);
}

}  // namespace muster::lab
