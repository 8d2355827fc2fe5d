#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/process.h"
#include "drills/lab/lab.h"

namespace muster::lab_test {

namespace fs = std::filesystem;

template <class T>
T run(Task<T> task) {
  boost::asio::io_context context;
  std::optional<T> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr error, T value) {
    failure = error;
    if (!error) result = std::move(value);
  });
  context.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

inline void ignore_progress(std::string) {}

inline LabStatus up(LabOptions options = {}) {
  return run(lab_up(std::move(options), ignore_progress));
}

/// What a process of a lab host prints.
inline std::string output_of(const std::string& host, std::vector<std::string> argv) {
  const auto reached = make_host(host, "lab host " + host, lab_entry(host));
  Command wanted{std::move(argv), {}, std::chrono::seconds(10)};
  return run(reached->run(std::move(wanted))).out;
}

inline const LabPart& part_of(const LabStatus& status,
                              const std::string& host,
                              const std::string& name) {
  for (const LabPart& part : status.parts)
    if (part.host == host && part.part == name) return part;
  fail("the status has no {}/{}", host, name);
}

/// /proc, read without any help of the lab's own code.
struct Process {
  int pid;
  int parent;
  bool ended;  ///< a zombie
};

inline std::vector<Process> all_processes() {
  std::vector<Process> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    std::ifstream file(entry.path() / "stat");
    std::stringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    const std::size_t name_end = text.rfind(") ");
    if (pid <= 0 || name_end == std::string::npos) continue;
    std::istringstream fields(text.substr(name_end + 2));
    char state = '?';
    int parent = 0;
    fields >> state >> parent;
    all.push_back({pid, parent, state == 'Z'});
  }
  return all;
}

/// /proc is no snapshot: a parent may end while it is read, and its child seem to belong to nobody.
inline bool every_parent_is_there(const std::vector<Process>& all) {
  std::set<int> known = {0};
  for (const Process& process : all) known.insert(process.pid);
  return std::all_of(
      all.begin(), all.end(), [&](const Process& p) { return known.contains(p.parent); });
}

/// Everything that this test started and that still lives: we are the reaper of orphans.
inline std::set<int> descendants() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  std::vector<Process> all = all_processes();
  while (!every_parent_is_there(all)) all = all_processes();
  std::set<int> below = {::getpid()};
  for (bool grown = true; grown;) {
    grown = false;
    for (const Process& process : all)
      grown = (below.contains(process.parent) && below.insert(process.pid).second) || grown;
  }
  below.erase(::getpid());
  for (const Process& process : all)
    if (process.ended) below.erase(process.pid);
  return below;
}

/// The namespaces a process lives in, as the kernel names them: "net:[4026532001]".
inline std::set<std::string> namespaces_of(int pid) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const char* kind : {"net", "mnt", "pid", "ipc", "uts", "user"}) {
    const fs::path name =
        fs::read_symlink(fs::path("/proc") / std::to_string(pid) / "ns" / kind, ignored);
    if (!name.empty()) names.insert(name.string());
  }
  return names;
}

/// Those of the lab's processes that are not ours as well.
inline std::set<std::string> lab_namespaces() {
  std::set<std::string> names;
  for (const int pid : descendants()) names.merge(namespaces_of(pid));
  for (const std::string& own : namespaces_of(::getpid())) names.erase(own);
  return names;
}

/// The processes of the whole machine that live in one of the namespaces, or see a mount of the
/// lab.
inline std::vector<int> inhabitants(const std::set<std::string>& namespaces) {
  std::vector<int> found;
  for (const Process& process : all_processes())
    for (const std::string& name : namespaces_of(process.pid))
      if (namespaces.contains(name)) {
        found.push_back(process.pid);
        break;
      }
  return found;
}

inline bool sees_lab_mount(int pid) {
  std::ifstream mounts(fs::path("/proc") / std::to_string(pid) / "mountinfo");
  std::stringstream content;
  content << mounts.rdbuf();
  return content.str().find("muster-lab") != std::string::npos;
}

/// A home of its own for each test, so that labs of several tests and people run side by side;
/// nothing of it outlives the test, whatever the test did.
struct Home {
  Home() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    char name[] = "/tmp/muster-lab-test-XXXXXX";
    if (::mkdtemp(name) == nullptr) fail_errno("mkdtemp");
    path = name;
    ::setenv("MUSTER_HOME", path.c_str(), 1);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() {
    ::setenv("MUSTER_HOME", path.c_str(), 1);
    run(lab_down());
    fs::remove_all(path);
  }
  fs::path path;
};

}  // namespace muster::lab_test
