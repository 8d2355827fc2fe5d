#include "test/storm/kinds.h"

#include <cstdio>
#include <sstream>

#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

std::string self() {
  return fs::read_symlink("/proc/self/exe").string();
}

char state_of(pid_t pid) {
  const std::string stat = content_of("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t bracket = stat.rfind(')');
  return bracket == std::string::npos ? '\0' : stat[bracket + 2];
}

/// A process is stopped through its pidfd.
class Pause final : public StormKind {
 public:
  PlainChange prepare() override {
    if (!victim_ || state_of(victim_->pid()) != 'S') victim_ = std::make_unique<Victim>();
    while (state_of(victim_->pid()) != 'S') ::usleep(100);
    return pause_change(victim_->pid());
  }
  std::string left() override {
    const char state = state_of(victim_->pid());
    return state == 'S' || state == 'R' ? "" : std::string("the process is in state ") + state;
  }
  std::string snapshot() override { return std::to_string(victim_->pid()) + left(); }
  bool undone_without_record() const override { return false; }

 private:
  std::unique_ptr<Victim> victim_;
};

/// A service is killed and started again by a program.
class Start final : public StormKind {
 public:
  explicit Start(const std::string& directory) : pid_file_(directory + "/daemon.pid") {}

  PlainChange prepare() override {
    int status = 0;
    output_of({self(), "--start", pid_file_}, status);
    PlainChange change = plain_change("process:" + pid_file_);
    change.process = pid_file_;
    change.apply = operation("signal", {"KILL"});
    change.verify = operation("gone");
    change.undo = operation("exec", {self(), "--start", pid_file_});
    change.verify_undone = operation("alive", {pid_file_});
    return change;
  }
  std::string left() override {
    const std::string number = content_of(pid_file_);
    const char state = number.empty() ? '\0' : state_of(std::stoi(number));
    return state == 'S' || state == 'R' ? "" : "the service does not run";
  }

 private:
  std::string pid_file_;
};

/// A file is replaced.
class File final : public StormKind {
 public:
  explicit File(const std::string& directory)
      : folder_(directory + "/etc"), path_(folder_ + "/hosts") {}

  PlainChange prepare() override {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
    write_content(path_, kBefore);
    ::chmod(path_.c_str(), 0640);
    PlainChange change = plain_change("file:" + path_);
    change.apply = operation("file", {path_});
    change.apply.input = "after\n";
    change.verify = operation("exec", {"grep", "-q", "after", path_});
    change.undo = operation("file", {path_});
    change.verify_undone = operation("exec", {"grep", "-q", "before", path_});
    return change;
  }
  std::string left() override {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) return "the file is gone";
    if ((status.st_mode & 07777) != 0640) return "the file has another mode";
    if (content_of(path_) != kBefore) return "the file still is as the change wrote it";
    const auto entries = std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    return entries == 1 ? "" : "there is another file beside it";
  }
  std::string snapshot() override {
    struct stat status {};
    ::stat(path_.c_str(), &status);
    std::string text = content_of(path_) + std::to_string(status.st_mode) + " " +
                       std::to_string(status.st_uid) + " " + std::to_string(status.st_gid);
    for (const auto& entry : fs::directory_iterator(folder_)) text += " " + entry.path().string();
    return text;
  }
  bool undone_without_record() const override { return false; }

 private:
  static constexpr std::string_view kBefore = "before\n";
  std::string folder_;
  std::string path_;
};

/// A table of packet rules in the kernel, made and removed as faults/nft.cc does.
class Nft final : public StormKind {
 public:
  PlainChange prepare() override {
    int status = 0;
    if (!left().empty()) output_of({"nft", "delete", "table", "inet", kTable}, status);
    PlainChange change = plain_change("nft");
    const std::string table = kTable;
    change.apply = operation("exec", {"nft", "-f", "-"});
    change.apply.input = "create table inet " + table + "\ntable inet " + table +
                         " {\n  counter dropped { }\n  chain leaving {\n"
                         "    type filter hook output priority -200;\n"
                         "    ip daddr 192.0.2.1 counter name \"dropped\" drop\n  }\n}\n";
    change.verify = operation("exec", {"nft", "list", "tables"});
    change.verify.contains = table;
    change.undo = operation("exec", {"nft", "-f", "-"});
    change.undo.input = "flush table inet " + table + "\ndelete counter inet " + table +
                        " dropped\ndelete table inet " + table + "\n";
    change.undo.contains = "table inet " + table + " {\n\tcounter dropped {";
    change.verify_undone = operation("exec", {"nft", "list tables; list counters"});
    change.verify_undone.lacks = table;
    return change;
  }
  std::string left() override {
    int status = 0;
    const std::string tables = output_of({"nft", "list", "ruleset"}, status);
    if (status != 0) return "the rules cannot be read";
    return tables.find(kTable) == std::string::npos ? "" : "the table is still there";
  }
  std::string snapshot() override {
    int status = 0;
    return output_of({"nft", "list", "ruleset"}, status) + std::to_string(status);
  }

 private:
  static constexpr const char* kTable = "muster_storm";
};

/// A queue of our own limits what goes out, as faults/bandwidth.cc sets it.
class Qdisc final : public StormKind {
 public:
  PlainChange prepare() override {
    int status = 0;
    if (!left().empty()) output_of({"tc", "qdisc", "del", "dev", "lo", "root"}, status);
    PlainChange change = plain_change("qdisc:lo");
    change.apply = operation("exec", words("add"));
    for (const char* word : {"tbf", "rate", "64000bit", "burst", "3000", "latency", "400ms"})
      change.apply.args.emplace_back(word);
    change.verify = operation("exec", {"tc", "qdisc", "show", "dev", "lo", "root"});
    change.verify.contains = "qdisc tbf 7a31:";
    change.undo = operation("exec", words("del"));
    change.undo.contains = change.verify.contains;
    change.verify_undone = operation("exec", {"tc", "qdisc", "show", "dev", "lo", "root"});
    change.undo.lacks = " 0: root";
    change.verify_undone.lacks = "7a31:";
    return change;
  }
  std::string left() override {
    const std::string queue = snapshot();
    // Nothing is shown of an interface that never was up.
    const bool before = queue.empty() || queue.find(" 0: root") != std::string::npos;
    return before ? "" : "the queue is " + queue;
  }
  std::string snapshot() override {
    int status = 0;
    return output_of({"tc", "qdisc", "show", "dev", "lo"}, status);
  }

 private:
  static std::vector<std::string> words(const char* what) {
    return {"tc", "qdisc", what, "dev", "lo", "root", "handle", "7a31:"};
  }
};

/// A program holds a port for as long as it runs; it stands for any fault that lives in a process
/// (latency).
class Holder final : public StormKind {
 public:
  PlainChange prepare() override {
    PlainChange change = plain_change("port");
    change.apply = operation("holder", {self(), "--hold", std::to_string(kPort)});
    change.verify = operation("exec", {"cat", "/proc/net/udp"});
    change.verify.contains = in_table();
    change.undo = operation("holder");
    change.verify_undone = operation("exec", {"cat", "/proc/net/udp"});
    change.verify_undone.lacks = in_table();
    return change;
  }
  std::string left() override {
    const bool held = content_of("/proc/net/udp").find(in_table()) != std::string::npos;
    return held ? "the port is still held" : "";
  }

 private:
  static constexpr int kPort = 9999;
  static std::string in_table() {
    char text[8];
    std::snprintf(text, sizeof text, ":%04X ", kPort);
    return text;
  }
};

/// A file is made by a program that takes its time, through a child of its own.
class Touch final : public StormKind {
 public:
  explicit Touch(const std::string& directory) : path_(directory + "/touched") {}
  PlainChange prepare() override {
    fs::remove(path_);
    PlainChange change = touch_change(path_);
    change.apply = operation("exec", {"sh", "-c", "(sleep 0.002; touch \"$0\") & wait", path_});
    return change;
  }
  std::string left() override { return fs::exists(path_) ? "the file is still there" : ""; }

 private:
  std::string path_;
};

/// Like a service manager: starting what runs does nothing, and there is never more than one.
int start_daemon(const std::string& pid_file) {
  // Its lock, and not its number, tells whether it runs: the number may be another's by now.
  const int running = ::open((pid_file + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (::flock(running, LOCK_EX | LOCK_NB) != 0) return 0;
  ::close(running);
  int ready[2];
  if (::pipe(ready) != 0) return 1;
  if (::fork() == 0) {
    ::setsid();
    const int lock = ::open((pid_file + ".lock").c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) ::_exit(1);
    write_content(pid_file + ".new", std::to_string(::getpid()) + "\n");
    fs::rename(pid_file + ".new", pid_file);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int end : {0, 1, 2}) ::dup2(nowhere, end);
    ::close(ready[0]);
    ::close(ready[1]);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  return ::read(ready[0], &byte, 1) == 0 ? 0 : 1;
}

int hold_port(const std::string& port) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 1;
  std::puts("ready");
  std::fflush(stdout);
  for (;;) ::pause();
}

}  // namespace

const std::vector<std::string_view>& storm_kinds() {
  static const std::vector<std::string_view> kinds = {
      "pause", "start", "file", "nft", "qdisc", "holder", "touch"};
  return kinds;
}

std::unique_ptr<StormKind> make_storm_kind(std::string_view name, const std::string& directory) {
  if (name == "pause") return std::make_unique<Pause>();
  if (name == "start") return std::make_unique<Start>(directory);
  if (name == "file") return std::make_unique<File>(directory);
  if (name == "nft") return std::make_unique<Nft>();
  if (name == "qdisc") return std::make_unique<Qdisc>();
  if (name == "holder") return std::make_unique<Holder>();
  if (name == "touch") return std::make_unique<Touch>(directory);
  throw std::runtime_error("there is no kind " + std::string(name));
}

std::string output_of(const std::vector<std::string>& argv, int& status, std::string_view input) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!input.empty()) ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  const bool given = input.empty() || ::write(in[1], input.data(), input.size()) > 0;
  ::close(in[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(out[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(out[0]);
  ::waitpid(pid, &status, 0);
  if (!given) status = -1;
  return text;
}

int run_storm_helper(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2) return -1;
  if (arguments[0] == "--start") return start_daemon(arguments[1]);
  if (arguments[0] == "--hold") return hold_port(arguments[1]);
  return -1;
}

}  // namespace muster
