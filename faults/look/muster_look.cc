// muster-look: sees an effect that has to be computed to be known, for a guard that can only
// compare texts. Small and static, since it runs on targets.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/look/dns_question.h"

namespace {

constexpr int kNo = 1;
constexpr int kUnknown = 2;
/// The Date of HTTP has whole seconds, and the answer takes its time.
constexpr double kTolerance = 2.0;

constexpr char kHelp[] = R"(muster-look clock ADDRESS:PORT PATH SECONDS
    the Date of an HTTP server is SECONDS ahead of this machine's clock (-300: behind it)
muster-look held ID BYTES
    the muster-hold of this ID lives and has so much memory
muster-look gone ID
    no process of this machine has the word ID in its command line
muster-look busy PERCENT
    the processors are busy for at least so much of a moment
muster-look full FOLDER LEAVE
    the file system has no more than LEAVE bytes left, and a megabyte
muster-look away SERVER NAME USER ADDRESS...
    the name server sends a user who has the address USER to none of these addresses
muster-look unanswered SECONDS PROGRAM [ARG]...
    the program does not end with 0 within so long; it is killed then

Exits with 0 if it is so, with 1 if it is not, with 2 if it cannot be told; prints what was seen.

Example: muster-look clock 127.0.0.1:8080 /livez -300
)";

[[noreturn]] void stop(int status, const std::string& message) {
  std::fprintf(status == kUnknown ? stderr : stdout, "%s\n", message.c_str());
  std::exit(status);
}

int connected(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::string host = endpoint.substr(0, colon);
  if (colon == std::string::npos || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    stop(kUnknown, "'" + endpoint + "' is not an IPv4 address and port");
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(endpoint.c_str() + colon + 1)));
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    stop(kUnknown, endpoint + ": " + std::strerror(errno));
  return socket;
}

/// The head of the answer, or as much as came of it.
std::string head_of(int socket, const std::string& path) {
  const std::string request =
      "HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    stop(kUnknown, std::string("cannot ask: ") + std::strerror(errno));
  std::string head;
  char buffer[4096];
  while (head.size() < 65536 && head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count <= 0) break;
    head.append(buffer, static_cast<std::size_t>(count));
  }
  return head;
}

std::time_t date_in(const std::string& head) {
  for (std::size_t line = head.find("\r\n"); line != std::string::npos;
       line = head.find("\r\n", line + 2)) {
    constexpr std::string_view kName = "date:";
    if (::strncasecmp(head.c_str() + line + 2, kName.data(), kName.size()) != 0) continue;
    std::tm parts{};
    const char* const rest =
        ::strptime(head.c_str() + line + 2 + kName.size(), " %a, %d %b %Y %H:%M:%S GMT", &parts);
    if (rest != nullptr) return ::timegm(&parts);
  }
  stop(kUnknown, "the answer has no Date");
}

[[noreturn]] void look_at_clock(const std::string& endpoint,
                                const std::string& path,
                                double wanted) {
  const std::string head = head_of(connected(endpoint), path);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  // Cut to whole seconds, a date is half a second early in the mean.
  const double ahead = static_cast<double>(date_in(head)) + 0.5 -
                       (static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9);
  char text[80];
  std::snprintf(text,
                sizeof text,
                "its clock is %.1f s %s",
                std::fabs(ahead),
                ahead < 0 ? "behind" : "ahead");
  stop(std::fabs(ahead - wanted) <= kTolerance ? 0 : kNo, text);
}

// ---- processes

/// As much as can be read; `problem` is the errno of what could not, or 0.
std::string read_whole(const std::string& path, int& problem) {
  std::string text;
  problem = 0;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char buffer[4096];
  ssize_t count = file < 0 ? -1 : 1;
  while (count > 0 && (count = ::read(file, buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  if (count < 0) problem = errno;
  if (file >= 0) ::close(file);
  return text;
}

std::string read_whole(const std::string& path) {
  int problem = 0;
  return read_whole(path, problem);
}

/// What holds something was started by the user who looks. Where /proc hides the processes of
/// others (hidepid), they are none of ours.
bool is_another_users(const std::string& process) {
  struct stat state {};
  return ::stat(process.c_str(), &state) == 0 && state.st_uid != ::geteuid();
}

/// Its command line, empty where it has ended meanwhile. What cannot be read may be the one that
/// is looked for: unknown.
std::string command_line_of(const std::string& process) {
  int problem = 0;
  const std::string line = read_whole(process + "/cmdline", problem);
  const bool has_ended = problem == ENOENT || problem == ESRCH;
  const bool is_hidden = (problem == EACCES || problem == EPERM) && is_another_users(process);
  if (problem != 0 && !has_ended && !is_hidden)
    stop(kUnknown, process + "/cmdline: " + std::strerror(problem));
  return line;
}

/// Of the processes that have `id` as a word of their command line, one that is not us; 0: none.
pid_t process_with(const std::string& id) {
  DIR* const folder = ::opendir("/proc");
  if (folder == nullptr) stop(kUnknown, std::string("/proc: ") + std::strerror(errno));
  pid_t found = 0;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(folder);
    if (entry == nullptr) break;
    const pid_t pid = std::atoi(entry->d_name);
    if (pid == 0 || pid == ::getpid()) continue;
    const std::string line = command_line_of("/proc/" + std::string(entry->d_name));
    if (line.starts_with("muster-look") || line.find("/muster-look") != std::string::npos) continue;
    if (line.find('\0' + id + '\0') != std::string::npos) found = pid;
  }
  if (errno != 0) stop(kUnknown, std::string("/proc: ") + std::strerror(errno));
  ::closedir(folder);
  return found;
}

[[noreturn]] void look_at_held(const std::string& id, double bytes) {
  const pid_t pid = process_with(id);
  if (pid == 0) stop(kNo, "nothing holds " + id);
  const std::string status = read_whole("/proc/" + std::to_string(pid) + "/status");
  const std::size_t at = status.find("VmRSS:");
  if (at == std::string::npos) stop(kUnknown, "its memory cannot be seen");
  const double held = std::atof(status.c_str() + at + 6) * 1024;
  stop(held >= bytes ? 0 : kNo, "it holds " + std::to_string(std::llround(held)) + " bytes");
}

[[noreturn]] void look_whether_gone(const std::string& id) {
  const pid_t pid = process_with(id);
  stop(pid == 0 ? 0 : kNo, pid == 0 ? "gone" : "process " + std::to_string(pid) + " holds it");
}

// ---- the machine

struct Ticks {
  double busy = 0;
  double all = 0;
};

/// /proc/stat, first line: user nice system idle iowait irq softirq steal ...
Ticks ticks_so_far() {
  const std::string text = read_whole("/proc/stat");
  Ticks ticks;
  const char* at = text.c_str() + std::min<std::size_t>(text.size(), 4);
  for (int column = 0; column < 8; ++column) {
    char* end = nullptr;
    const double count = std::strtod(at, &end);
    if (end == at) stop(kUnknown, "/proc/stat cannot be read");
    at = end;
    ticks.all += count;
    if (column != 3 && column != 4) ticks.busy += count;
  }
  return ticks;
}

[[noreturn]] void look_whether_busy(double percent) {
  const Ticks before = ticks_so_far();
  ::usleep(400000);
  const Ticks after = ticks_so_far();
  const double all = after.all - before.all;
  if (all <= 0) stop(kUnknown, "no time has passed");
  const double busy = 100 * (after.busy - before.busy) / all;
  stop(busy >= percent ? 0 : kNo, "busy for " + std::to_string(std::lround(busy)) + " percent");
}

[[noreturn]] void look_whether_full(const std::string& folder, double leave) {
  struct statvfs state {};
  if (::statvfs(folder.c_str(), &state) != 0) stop(kUnknown, folder + ": " + std::strerror(errno));
  const double left = static_cast<double>(state.f_bavail) * static_cast<double>(state.f_frsize);
  constexpr double kSlack = 1 << 20;
  stop(left <= leave + kSlack ? 0 : kNo, std::to_string(std::llround(left)) + " bytes are left");
}

// ---- what users get

[[noreturn]] void look_where_users_are_sent(const std::vector<std::string>& words) {
  try {
    const std::vector<std::string> found = muster::ask_name_server(words[1], words[2], words[3]);
    std::string text = "it answers";
    for (const std::string& address : found) text += " " + address;
    const bool sent_there = std::any_of(found.begin(), found.end(), [&](const auto& address) {
      return std::find(words.begin() + 4, words.end(), address) != words.end();
    });
    stop(found.empty() ? kUnknown : sent_there ? kNo : 0, found.empty() ? "no address" : text);
  } catch (const std::runtime_error& error) {
    stop(kUnknown, error.what());
  }
}

[[noreturn]] void look_whether_unanswered(double seconds, char** program) {
  const pid_t child = ::fork();
  if (child < 0) stop(kUnknown, std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, fd);
    ::execvp(program[0], program);
    ::_exit(127);
  }
  constexpr double kStep = 0.01;
  int status = 0;
  for (double waited = 0; ::waitpid(child, &status, WNOHANG) == 0; waited += kStep) {
    if (waited >= seconds) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      stop(0, "no answer came in time");
    }
    ::usleep(static_cast<useconds_t>(kStep * 1e6));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) stop(kUnknown, "it cannot be run");
  const bool answered = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  stop(answered ? kNo : 0, answered ? "an answer came" : "the answer was none that is well");
}

double number_of(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0' || end == text.c_str()) stop(kUnknown, "'" + text + "' is no number");
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words[0];
  if (words.size() == 4 && what == "clock") look_at_clock(words[1], words[2], number_of(words[3]));
  if (words.size() == 3 && what == "held") look_at_held(words[1], number_of(words[2]));
  if (words.size() == 2 && what == "gone") look_whether_gone(words[1]);
  if (words.size() == 2 && what == "busy") look_whether_busy(number_of(words[1]));
  if (words.size() == 3 && what == "full") look_whether_full(words[1], number_of(words[2]));
  if (words.size() >= 5 && what == "away") look_where_users_are_sent(words);
  if (words.size() >= 3 && what == "unanswered")
    look_whether_unanswered(number_of(words[1]), argv + 3);
  const bool help = words.size() == 1 && words[0] == "--help";
  std::fputs(kHelp, help ? stdout : stderr);
  return help ? 0 : kUnknown;
}
