#include "runner/record/run_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "runner/record/record_json.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

struct ReachName {
  Reach::Kind kind;
  std::string_view name;
};
constexpr ReachName kReachNames[] = {{Reach::Kind::Local, "local"},
                                     {Reach::Kind::Lab, "lab"},
                                     {Reach::Kind::Netns, "netns"},
                                     {Reach::Kind::Ssh, "ssh"},
                                     {Reach::Kind::Docker, "docker"},
                                     {Reach::Kind::Kubectl, "kubectl"}};

json::array hosts_to_json(const Stack& stack) {
  json::array hosts;
  for (const StackHost& host : stack.hosts) {
    json::object entry;
    entry["name"] = host.name;
    for (const ReachName& each : kReachNames) {
      if (each.kind == host.reach.kind)
        entry["reach"] = json::string(each.name.data(), each.name.size());
    }
    entry["target"] = host.reach.target;
    if (!host.reach.settings.values().empty()) entry["settings"] = host.reach.settings.values();
    hosts.push_back(std::move(entry));
  }
  return hosts;
}

StackHost host_from_json(const json::object& entry) {
  StackHost host;
  host.name = text_at(entry, "name");
  host.reach.target = text_at(entry, "target");
  if (const json::value* settings = find(entry, "settings"))
    host.reach.settings = Params(settings->as_object());
  for (const ReachName& each : kReachNames) {
    if (each.name == text_at(entry, "reach")) host.reach.kind = each.kind;
  }
  return host;
}

/// Entries whose name is a run id, oldest first. Throws Error where nobody can tell.
std::vector<fs::path> run_names_in(const fs::path& folder) {
  std::vector<fs::path> found;
  try {
    if (!fs::exists(folder)) return found;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (is_run_id(entry.path().filename().string())) found.push_back(entry.path());
    }
  } catch (const fs::filesystem_error& error) {
    fail("cannot look into {}: {}", folder.string(), error.code().message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void apply_record(const JournalRecord& record, RunTrace& trace) {
  const auto find_open = [&](const std::string& id) {
    return std::find_if(trace.open.begin(), trace.open.end(), [&](const OpenChange& each) {
      return each.change.id == id;
    });
  };
  if (record.kind == "run-started") {
    trace.id = text_at(record.detail, "run");
    trace.drill = text_at(record.detail, "drill");
    trace.stack = text_at(record.detail, "stack");
    trace.started = parse_utc(text_at(record.detail, "at")).value_or(UtcTime{});
    trace.runner = {static_cast<pid_t>(integer_at(record.detail, "pid")),
                    static_cast<std::uint64_t>(integer_at(record.detail, "start_ticks")),
                    text_at(record.detail, "boot_id")};
    for (const json::value& host : at(record.detail, "hosts").as_array()) {
      trace.hosts.push_back(host_from_json(host.as_object()));
    }
  } else if (record.kind == "intent") {
    trace.open.push_back({change_from_json(at(record.detail, "change").as_object()), "intended"});
  } else if (record.kind == "applied") {
    const auto open = find_open(text_at(record.detail, "change"));
    if (open != trace.open.end()) open->state = "applied";
  } else if (record.kind == "undone") {
    const auto open = find_open(text_at(record.detail, "change"));
    if (open == trace.open.end()) return;
    if (flag_at(record.detail, "clean")) {
      trace.open.erase(open);
    } else {
      open->state = text_at(record.detail, "state") + ": " + text_at(record.detail, "evidence");
    }
  } else if (record.kind == "given-up") {
    std::ranges::move(trace.open, std::back_inserter(trace.given_up));
    trace.open.clear();
  } else if (record.kind == "closed") {
    trace.closed = true;
  }
}

}  // namespace

fs::path runs_directory() {
  return muster_home() / "runs";
}

fs::path run_directory(const std::string& id) {
  if (id == "last") {
    const auto all = run_names_in(runs_directory());
    if (all.empty()) fail("no drill has been run yet");
    return all.back();
  }
  if (!is_run_id(id)) fail("'{}' is not a run; see `muster history`", printable(id, 60));
  const fs::path directory = runs_directory() / id;
  if (!fs::is_directory(directory)) fail("there is no run {}; see `muster history`", id);
  return directory;
}

StackLock::StackLock(const std::string& stack, const std::string& run_id) : descriptor_(-1) {
  const fs::path folder = muster_home() / "locks";
  make_private_directories(folder);
  const fs::path file = folder / ("stack-" + stack);
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) fail_errno("cannot open the lock " + file.string());
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = read_file(file);
    ::close(descriptor_);
    throw Refused(fmt::format(
        "the stack {} is being drilled by run {}; wait for it or end it with `muster stop`",
        stack,
        trim(holder)));
  }
  if (::ftruncate(descriptor_, 0) != 0 || ::write(descriptor_, run_id.data(), run_id.size()) < 0) {
    ::close(descriptor_);
    fail_errno("cannot write the lock " + file.string());
  }
}

StackLock::~StackLock() {
  ::close(descriptor_);
}

bool holds_a_stack(const std::string& run_id) {
  const fs::path folder = muster_home() / "locks";
  std::error_code problem;
  const fs::directory_iterator entries(folder, problem);
  if (problem && problem != std::errc::no_such_file_or_directory)
    fail("cannot look into {}: {}", folder.string(), problem.message());
  for (const auto& entry : entries) {
    if (trim(read_file(entry.path())) != run_id) continue;
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) fail_errno("cannot open the lock " + entry.path().string());
    const bool is_held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0;
    ::close(descriptor);
    if (is_held) return true;
  }
  return false;
}

json::object run_started_record(const std::string& id,
                                const Playbook& playbook,
                                const Stack& stack,
                                UtcTime now) {
  const ProcessIdentity self = this_process();
  json::object record;
  record["run"] = id;
  record["drill"] = playbook.drill;
  record["playbook"] = playbook.file;
  record["stack"] = stack.name;
  record["at"] = format_utc(now);
  record["pid"] = self.pid;
  record["start_ticks"] = self.start_ticks;
  record["boot_id"] = self.boot_id;
  record["hosts"] = hosts_to_json(stack);
  return record;
}

json::object change_record(const Change& change) {
  json::object record;
  record["change"] = to_json(change);
  return record;
}

json::object applied_record(const Change& change, const Applied& applied) {
  json::object record = applied_json(applied);
  record["change"] = change.id;
  return record;
}

json::object undone_record(const Change& change, const Undone& undone) {
  json::object record = undone_json(undone);
  record["change"] = change.id;
  return record;
}

std::string RunTrace::text() const {
  if (!unreadable.empty()) return fmt::format("run {}, which cannot be read ({})", id, unreadable);
  return fmt::format("run {} of {}", id, drill);
}

RunTrace trace_journal(const JournalContent& content) {
  RunTrace trace;
  trace.damaged = content.damaged;
  for (const JournalRecord& record : content.records) apply_record(record, trace);
  return trace;
}

RunTrace trace_run(const fs::path& directory) {
  RunTrace trace;
  if (const auto journal = read_file_if_exists(directory / "journal"))
    trace = trace_journal(parse_journal(*journal));
  else
    trace.closed = true;  // killed before its first intent could be written: nothing was touched
  if (trace.id.empty()) trace.id = directory.filename().string();
  return trace;
}

void mark_open(const std::string& id) {
  make_private_directories(muster_home() / "open");
  write_file_atomically(muster_home() / "open" / id, "");
}

void mark_closed(const std::string& id) {
  const fs::path open = muster_home() / "open";
  std::error_code problem;
  fs::remove(open / id, problem);
  if (problem) fail("cannot remove {}: {}", (open / id).string(), problem.message());
  if (fs::is_directory(open, problem)) sync_directory(open);
}

bool may_be_open(const std::string& id) {
  std::error_code problem;
  return fs::exists(muster_home() / "open" / id, problem) || problem;
}

RunTrace trace_as_far_as_readable(const std::string& id) {
  try {
    return trace_run(runs_directory() / id);
  } catch (const Error& error) {
    RunTrace trace;
    trace.id = id;
    trace.unreadable = error.what();
    return trace;
  }
}

std::vector<RunTrace> open_runs() {
  std::vector<RunTrace> traces;
  for (const fs::path& marker : run_names_in(muster_home() / "open")) {
    RunTrace trace = trace_as_far_as_readable(marker.filename().string());
    if (!trace.stack.empty() || trace.needs_recovery()) traces.push_back(std::move(trace));
  }
  return traces;
}

std::vector<RunTrace> unfinished_runs() {
  std::vector<RunTrace> traces = open_runs();
  std::erase_if(traces,
                [](const RunTrace& trace) { return !trace.running() && !trace.needs_recovery(); });
  return traces;
}

}  // namespace muster
