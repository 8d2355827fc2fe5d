#include "test/storm/namespaces.h"

#include <cstdio>
#include <cstring>

#include <sched.h>
#include <sys/mount.h>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

void put(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || ::write(file, text.data(), text.size()) < 0)
    throw std::runtime_error(std::string(path) + ": " + std::strerror(errno));
  ::close(file);
}

/// Throws where that is not permitted.
void enter_namespaces() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS) != 0) {
    throw std::runtime_error(std::string("unshare: ") + std::strerror(errno));
  }
  put("/proc/self/setgroups", "deny");
  put("/proc/self/uid_map", "0 " + user + " 1");
  put("/proc/self/gid_map", "0 " + group + " 1");
}

int inside(const std::function<int(const std::string&)>& work, const std::string& root) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool mounted = ::mount("proc", "/proc", "proc", 0, nullptr) == 0 &&
                       ::mount("tmpfs", root.c_str(), "tmpfs", 0, nullptr) == 0;
  if (!mounted) throw std::runtime_error(std::string("mount: ") + std::strerror(errno));
  int status = 0;
  const pid_t link = ::fork();
  if (link == 0) ::execlp("ip", "ip", "link", "set", "lo", "up", nullptr);
  ::waitpid(link, &status, 0);
  return work(root);
}

}  // namespace

int in_own_namespaces(const std::function<int(const std::string& root)>& work) {
  const TestDirectory directory;
  const std::string root = directory / "";
  opt_in();
  try {
    enter_namespaces();
  } catch (const std::exception& error) {
    std::printf("skipped: %s\n", error.what());
    return kSkipped;
  }
  const pid_t first = ::fork();
  if (first == 0) {
    try {
      const int result = inside(work, root);
      std::fflush(stdout);
      ::_exit(result);
    } catch (const std::exception& error) {
      std::printf("%s\n", error.what());
      std::fflush(stdout);
      ::_exit(2);
    }
  }
  int status = 0;
  ::waitpid(first, &status, 0);
  ::umount2(root.c_str(), MNT_DETACH);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

}  // namespace muster
