// The supervisor: process 1 of the lab's outer pid namespace. All that the lab is (processes,
// networks, mounts, shared memory) belongs to namespaces that end with this one process. Until it
// is told "commit", it ends with its input.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drills/lab/programs/init.h"

namespace muster::lab_init {

namespace {

/// One host as the plan describes it: files below /run/lab.
struct PlannedHost {
  std::string name;
  std::map<std::string, std::string> files;
};

/// The plan comes as lines with tabs: `host NAME`, `file NAME SIZE` and its bytes, `links SIZE` and
/// its bytes, `go`; after the answer "made", `commit`. The end of the input before that means that
/// nobody wants the lab any more.
class Input {
 public:
  std::vector<std::string> line() {
    std::size_t end = 0;
    while ((end = buffer_.find('\n')) == std::string::npos) more();
    const std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return fields_of(text);
  }

  std::string bytes(const std::string& size) {
    const std::size_t count = std::stoul(size);
    while (buffer_.size() < count) more();
    std::string taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }

 private:
  void more() {
    char chunk[65536];
    const ssize_t count = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) ::_exit(0);
    buffer_.append(chunk, static_cast<std::size_t>(count));
  }

  std::string buffer_;
};

void say(const std::string& line) {
  send_all(STDOUT_FILENO, line + "\n");
}

/// Root inside is the caller outside; the only mapping that needs no privilege.
void enter_user_namespace() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER) != 0) die("cannot make a user namespace");
  if (!write_whole("/proc/self/setgroups", "deny") ||
      !write_whole("/proc/self/uid_map", "0 " + user + " 1") ||
      !write_whole("/proc/self/gid_map", "0 " + group + " 1"))
    die("cannot make a user namespace: its map cannot be written");
}

/// The daemons of the lab get no variable of the person who started it.
void clean_environment() {
  ::clearenv();
  ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::setenv("HOME", "/", 1);
}

void mount_own(const char* run_size) {
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    die("cannot make the mounts private");
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    die("cannot mount /proc in a namespace");
  mount_tmpfs("/run", std::string("mode=755,size=") + run_size);
  mount_tmpfs("/dev/shm", "mode=1777,size=64m");
}

std::string own_program() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length < 0) die("cannot read /proc/self/exe");
  return {path, static_cast<std::size_t>(length)};
}

[[noreturn]] void become_host(const PlannedHost& host, const std::string& program, int go) {
  if (::sethostname(host.name.c_str(), host.name.size()) != 0)
    die("cannot set the host name " + host.name);
  mount_own("64m");
  ::mkdir("/run/lab", 0755);
  for (const auto& [name, content] : host.files) {
    const std::string path = "/run/lab/" + name;
    make_folders(path.substr(0, path.rfind('/')));
    if (!write_whole(path, content)) die("cannot write " + path);
  }
  if (::symlink(program.c_str(), "/run/lab/service") != 0) die("cannot make /run/lab/service");
  char nothing = 0;
  while (::read(go, &nothing, 1) < 0 && errno == EINTR) continue;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) ::dup2(null, descriptor);
  execute({program, "host", host.name});
  ::_exit(1);
}

/// A new process in new namespaces: process 1 of the host. Returns its pid.
pid_t make_host(const PlannedHost& host, const std::string& program, const int (&go)[2]) {
  constexpr unsigned long kNamespaces =
      CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  const long pid = ::syscall(SYS_clone, kNamespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) die("cannot make the namespaces of " + host.name);
  if (pid == 0) {
    ::close(go[1]);
    become_host(host, program, go[0]);
  }
  const std::string link = kHosts + host.name;
  if (::symlink(("/proc/" + std::to_string(pid)).c_str(), link.c_str()) != 0)
    die("cannot make " + link);
  return static_cast<pid_t>(pid);
}

void make_links(const std::string& batch) {
  if (!write_whole("/run/links", batch)) die("cannot write /run/links");
  const int status = run_to_end({"ip", "-batch", "/run/links"});
  if (status == 0) return;
  std::fprintf(
      stderr, "cannot make the networks: ip -batch ended with %s\n", describe_end(status).c_str());
  ::_exit(1);
}

/// Hosts first, then the links between them, then every host may go on and set up its end.
void make_lab(Input& input) {
  const std::string program = own_program();
  int go[2];
  if (::pipe2(go, O_CLOEXEC) != 0) die("cannot make a pipe");
  std::vector<PlannedHost> hosts;
  for (;;) {
    const auto line = input.line();
    if (line[0] == "host") hosts.push_back({line.at(1), {}});
    if (line[0] == "file") hosts.back().files[line.at(1)] = input.bytes(line.at(2));
    if (line[0] != "links") continue;
    const std::string batch = input.bytes(line.at(1));
    for (const PlannedHost& host : hosts)
      say("host\t" + host.name + "\t" + std::to_string(make_host(host, program, go)));
    make_links(batch);
    ::close(go[0]);
    ::close(go[1]);
    say("made");
    return;
  }
}

/// Stays until it is ended, and reaps what its hosts leave behind.
[[noreturn]] void stay() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int descriptor = 0; descriptor <= 2; ++descriptor) ::dup2(null, descriptor);
  for (;;)
    if (::waitpid(-1, nullptr, 0) < 0 && errno != EINTR) ::pause();
}

[[noreturn]] void supervise_inside(int ready) {
  ::setsid();
  ::signal(SIGTERM, [](int) { ::_exit(0); });
  clean_environment();
  ::umask(022);
  ::sethostname("muster-lab", 10);
  mount_own("512m");
  ::mkdir(kHosts, 0755);
  send_all(ready, "!");
  ::close(ready);
  Input input;
  make_lab(input);
  while (input.line()[0] != "commit") continue;
  say("committed");
  stay();
}

}  // namespace

int supervise(const std::string& mode) {
  ::close_range(3, ~0U, 0);
  if (mode == "user") enter_user_namespace();
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
    die("cannot make the lab's namespaces");
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) die("cannot make a pipe");
  const pid_t inside = ::fork();
  if (inside < 0) die("cannot make the lab's supervisor");
  if (inside == 0) {
    ::close(ready[0]);
    supervise_inside(ready[1]);
  }
  ::close(ready[1]);
  char sign = 0;
  if (::read(ready[0], &sign, 1) != 1) return 1;  // it has said why
  say("supervisor\t" + std::to_string(inside));
  return 0;
}

}  // namespace muster::lab_init
