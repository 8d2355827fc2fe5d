// Process 1 of a lab host. It sets the host up from its description, then starts and stops the
// host's parts on request, and reaps. It never restarts a part by itself: a drill wants to see what
// stays broken.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drills/lab/programs/init.h"

namespace muster::lab_init {

namespace {

constexpr long kPatience = 3000;  ///< ms from the polite signal to SIGKILL

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct Part {
  std::string name;
  int stop_signal = SIGTERM;
  std::vector<std::string> argv;

  pid_t pid = 0;
  std::string last_end;           ///< how it ended the last time; empty if it never did
  std::optional<long> kill_at;    ///< while it is being stopped
  std::vector<int> waiting = {};  ///< clients to be told when it has ended

  std::string file(const char* suffix) const { return "/run/lab/" + name + suffix; }
};

struct Reply {
  int code = 0;
  std::string text;
};

class HostInit {
 public:
  void set_up();
  [[noreturn]] void serve();

 private:
  void perform(const std::vector<std::string>& line);
  void run(const std::vector<std::string>& argv);
  void log(const std::string& text);

  void accept_client();
  std::optional<Reply> answer(const std::vector<std::string>& words, int client);
  Reply start(Part& part);
  std::optional<Reply> stop(Part& part, int client);
  std::string describe(const Part& part) const;
  void reap();
  void ended(Part& part, int status);
  void force_overdue();
  int next_timeout() const;

  std::vector<Part> parts_;
  std::string failure_;  ///< why the set-up is not complete
  int listener_ = -1;
  int signals_ = -1;
};

void reply_to(int client, const Reply& reply) {
  send_all(client, std::to_string(reply.code) + "\n" + reply.text + "\n");
  ::close(client);
}

void HostInit::log(const std::string& text) {
  const int file = ::open("/run/lab/init.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  send_all(file, text + "\n");
  ::close(file);
}

// ---- set-up
// -----------------------------------------------------------------------------------------------------

void HostInit::run(const std::vector<std::string>& argv) {
  const int file = ::open("/run/lab/init.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::close(file);
  const int status = run_to_end(argv);
  if (status != 0 && failure_.empty())
    failure_ = argv.front() + " ended with " + describe_end(status);
}

void HostInit::perform(const std::vector<std::string>& line) {
  const std::string& verb = line[0];
  const std::vector<std::string> rest(line.begin() + 1, line.end());
  if (verb == "folder") make_folders(rest.at(0));
  if (verb == "tmpfs") {
    make_folders(rest.at(0));
    mount_tmpfs(rest.at(0), rest.at(1));
  }
  // Not every kernel has every knob, and not every machine the file to cover; what depends on it is
  // checked later.
  if (verb == "set" && !write_whole(rest.at(0), rest.at(1)))
    log(rest.at(0) + ": " + std::strerror(errno));
  if (verb == "cover" &&
      ::mount(rest.at(0).c_str(), rest.at(1).c_str(), nullptr, MS_BIND, nullptr) != 0)
    log("cannot mount over " + rest.at(1) + ": " + std::strerror(errno));
  if (verb == "run") run(rest);
  if (verb == "part") {
    parts_.emplace_back();
    parts_.back().name = rest.at(0);
    parts_.back().stop_signal = rest.at(1) == "INT" ? SIGINT : SIGTERM;
  }
  if (verb == "start") parts_.back().argv = rest;
}

void HostInit::set_up() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  signals_ = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);

  const std::string description = read_whole(kDescription);
  std::string_view rest = description;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    perform(fields_of(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, kSocket);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 64) != 0)
    die("cannot listen on the socket of init");
}

// ---- parts
// ------------------------------------------------------------------------------------------------------

[[noreturn]] void become_part(const Part& part) {
  ::setsid();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int log =
      ::open(part.file(".log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir("/run/lab") != 0) die("cannot enter /run/lab");
  execute(part.argv);
  die("cannot start " + part.argv.front());
}

Reply HostInit::start(Part& part) {
  if (part.pid != 0) return {0, part.name + " is running already, pid " + std::to_string(part.pid)};
  const pid_t child = ::fork();
  if (child < 0) return {1, "cannot start " + part.name + ": " + std::strerror(errno)};
  if (child == 0) become_part(part);
  part.pid = child;
  write_whole(part.file(".pid"), std::to_string(child) + "\n");
  return {0, part.name + " started, pid " + std::to_string(child)};
}

/// No answer yet while the part is still ending.
std::optional<Reply> HostInit::stop(Part& part, int client) {
  if (part.pid == 0) return Reply{0, part.name + " is not running"};
  ::kill(part.pid, part.stop_signal);
  part.kill_at = now_ms() + kPatience;
  part.waiting.push_back(client);
  return std::nullopt;
}

void HostInit::ended(Part& part, int status) {
  // What its main process leaves behind would go on serving, as with no service manager worth the
  // name.
  ::kill(-part.pid, SIGKILL);
  ::unlink(part.file(".pid").c_str());
  part.pid = 0;
  part.kill_at.reset();
  part.last_end = describe_end(status);
  log(part.name + " ended with " + part.last_end);
  for (const int client : part.waiting) reply_to(client, {0, part.name + " stopped"});
  part.waiting.clear();
}

void HostInit::reap() {
  signalfd_siginfo ignored{};
  while (::read(signals_, &ignored, sizeof ignored) > 0) continue;
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
    for (Part& part : parts_)
      if (part.pid == pid) ended(part, status);
}

void HostInit::force_overdue() {
  for (Part& part : parts_)
    if (part.kill_at && *part.kill_at <= now_ms()) {
      ::kill(-part.pid, SIGKILL);
      part.kill_at = now_ms() + kPatience;
    }
}

std::string HostInit::describe(const Part& part) const {
  if (part.pid != 0) return part.name + "\trunning\t" + std::to_string(part.pid);
  if (part.last_end.empty()) return part.name + "\tnever started\t0";
  return part.name + "\tended with " + part.last_end + "\t0";
}

// ---- requests
// ---------------------------------------------------------------------------------------------------

std::optional<Reply> HostInit::answer(const std::vector<std::string>& words, int client) {
  if (!failure_.empty())
    return Reply{1, "this host is not set up: " + failure_ + "; see /run/lab/init.log"};
  const std::string& verb = words[0];
  const std::string name = words.size() > 1 ? words[1] : "";
  if (verb == "status" && name.empty()) {
    std::string all;
    for (const Part& part : parts_) all += (all.empty() ? "" : "\n") + describe(part);
    return Reply{0, all};
  }
  const auto part =
      std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.name == name; });
  if (part == parts_.end())
    return Reply{1, "this host has no part '" + name + "'; see: service status"};
  if (verb == "status") return Reply{part->pid == 0 ? 3 : 0, describe(*part)};
  if (verb == "start") return start(*part);
  if (verb == "stop") return stop(*part, client);
  return Reply{2, "usage: service start NAME | stop NAME | status [NAME]"};
}

void HostInit::accept_client() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  // A request is one short line sent at once; a client that does not send it must not hold up the
  // host.
  const timeval patience{0, 200000};
  ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char buffer[256];
  const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
  std::string_view line(buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  line = line.substr(0, line.find('\n'));
  if (const auto reply = answer(fields_of(line), client)) reply_to(client, *reply);
}

int HostInit::next_timeout() const {
  long soonest = -1;
  for (const Part& part : parts_) {
    if (!part.kill_at) continue;
    const long left = std::max(0L, *part.kill_at - now_ms());
    soonest = soonest < 0 ? left : std::min(soonest, left);
  }
  return static_cast<int>(soonest);
}

void HostInit::serve() {
  for (;;) {
    pollfd polled[] = {{listener_, POLLIN, 0}, {signals_, POLLIN, 0}};
    ::poll(polled, 2, next_timeout());
    if (polled[1].revents != 0) reap();
    if (polled[0].revents != 0) accept_client();
    force_overdue();
  }
}

}  // namespace

int run_host(const std::string&) {
  ::signal(SIGPIPE, SIG_IGN);
  HostInit init;
  init.set_up();
  init.serve();
}

}  // namespace muster::lab_init
