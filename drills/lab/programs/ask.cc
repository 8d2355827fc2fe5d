// Carries questions into the lab: one process, run inside the supervisor's namespaces, that opens
// each socket in the network of the host that is meant to ask. All questions of a round are under
// way at the same time.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "drills/lab/programs/init.h"

namespace muster::lab_init {

namespace {

constexpr std::size_t kAnswerLimit = 1U << 20U;

struct Question {
  std::string host;
  std::string kind;     ///< tcp | udp | unix | file
  std::string address;  ///< 10.1.0.10:80, or a path below /proc/PID of the host's process 1
  int patience = 0;     ///< ms
  std::string bytes;

  int socket = -1;
  bool sent = false;
  bool done = false;
  std::string error = {};
  std::string answer = {};
};

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void end(Question& question, const std::string& error = "") {
  question.done = true;
  question.error = error;
  if (question.socket >= 0) ::close(question.socket);
  question.socket = -1;
}

bool enter_network(const std::string& path) {
  const int network = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (network < 0) return false;
  const bool entered = ::setns(network, CLONE_NEWNET) == 0;
  ::close(network);
  return entered;
}

template <class Address>
void connect_to(Question& question, const Address& address) {
  // A Unix socket gives EAGAIN where its queue is full; the next round asks again.
  if (::connect(question.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0 &&
      errno != EINPROGRESS)
    end(question, std::strerror(errno));
}

void connect_internet(Question& question) {
  sockaddr_in address{};
  const std::size_t colon = question.address.find(':');
  address.sin_family = AF_INET;
  address.sin_port =
      ::htons(static_cast<in_port_t>(std::stoul(question.address.substr(colon + 1))));
  ::inet_pton(AF_INET, question.address.substr(0, colon).c_str(), &address.sin_addr);
  const int type = question.kind == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  question.socket = ::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  connect_to(question, address);
}

void connect_path(Question& question, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return end(question, "path too long");
  std::copy(path.begin(), path.end(), address.sun_path);
  question.socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  connect_to(question, address);
}

void begin(Question& question) {
  const std::string base = kHosts + question.host + "/";
  if (::access((base + "ns/net").c_str(), F_OK) != 0) return end(question, "powered off");
  if (question.kind == "file") {
    question.answer = read_whole(base + question.address);
    return end(question);
  }
  if (question.kind == "unix") return connect_path(question, base + question.address);
  if (!enter_network(base + "ns/net")) return end(question, "powered off");
  connect_internet(question);
}

void take(Question& question) {
  char buffer[16384];
  const ssize_t count = ::recv(question.socket, buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0) return end(question, std::strerror(errno));
  question.answer.append(buffer, static_cast<std::size_t>(count));
  if (count == 0 || question.kind == "udp" || question.answer.size() > kAnswerLimit) end(question);
}

void send(Question& question) {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(question.socket, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return end(question, std::strerror(error));
  // Every question is a few hundred bytes: an empty socket buffer takes it at once.
  if (::send(question.socket, question.bytes.data(), question.bytes.size(), MSG_NOSIGNAL) < 0)
    return end(question, std::strerror(errno));
  question.sent = true;
}

/// One wait for all sockets and for the end of our own input; false when there is nothing left to
/// wait for.
bool step(std::vector<Question>& questions, long began) {
  std::vector<pollfd> polled{{STDIN_FILENO, 0, 0}};
  std::vector<Question*> waiting;
  int patience = -1;
  for (Question& question : questions) {
    if (question.done) continue;
    const int left = static_cast<int>(began + question.patience - now_ms());
    if (left <= 0) {
      end(question, "no answer within " + std::to_string(question.patience) + " ms");
      continue;
    }
    patience = patience < 0 ? left : std::min(patience, left);
    polled.push_back({question.socket, question.sent ? short{POLLIN} : short{POLLOUT}, 0});
    waiting.push_back(&question);
  }
  if (waiting.empty()) return false;
  ::poll(polled.data(), polled.size(), patience);
  if ((polled[0].revents & (POLLHUP | POLLERR)) != 0) ::_exit(0);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (polled[i + 1].revents == 0) continue;
    if (waiting[i]->sent)
      take(*waiting[i]);
    else
      send(*waiting[i]);
  }
  return true;
}

void answer_round(std::vector<Question>& questions) {
  const long began = now_ms();
  for (Question& question : questions) begin(question);
  while (step(questions, began)) continue;
  std::string out;
  for (const Question& question : questions) {
    const std::string& bytes = question.error.empty() ? question.answer : question.error;
    out += (question.error.empty() ? "answer\t" : "error\t") + std::to_string(bytes.size()) + "\n" +
           bytes;
  }
  if (!send_all(STDOUT_FILENO, out)) ::_exit(0);
}

}  // namespace

int carry_questions() {
  // `ask HOST KIND ADDRESS MILLISECONDS SIZE` and its bytes, for each question of a round; then
  // `go`.
  std::vector<Question> round;
  std::string buffer;
  for (;;) {
    std::size_t line_end = 0;
    while ((line_end = buffer.find('\n')) != std::string::npos) {
      const auto fields = fields_of(std::string_view(buffer).substr(0, line_end));
      std::size_t used = line_end + 1;
      if (fields[0] == "ask") {
        const std::size_t size = std::stoul(fields.at(5));
        if (buffer.size() < used + size) break;
        round.push_back(
            {fields[1], fields[2], fields[3], std::stoi(fields[4]), buffer.substr(used, size)});
        used += size;
      }
      buffer.erase(0, used);
      if (fields[0] != "go") continue;
      answer_round(round);
      round.clear();
    }
    char chunk[65536];
    const ssize_t count = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return 0;
    buffer.append(chunk, static_cast<std::size_t>(count));
  }
}

}  // namespace muster::lab_init
