#include "faults/ssh_host.h"

#include <arpa/inet.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/random.h"
#include "base/text.h"
#include "faults/guard/protocol.h"
#include "faults/ssh_connections.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr int kSshFailed = 255;
constexpr int kNotFound = 127;
constexpr int kNotRunnable = 126;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::filesystem::path local_guard() {
  return program_directory() / "muster-guard";
}

/// The guard's name on the host tells its content: another build has another.
std::string copied_guard() {
  static const std::string digest = sha256(read_file(local_guard()));
  return ".muster/guard-" + digest.substr(digest.find(':') + 1, 16);
}

/// sftp splits its lines at blanks and expands patterns.
std::string quoted(const std::string& path) {
  std::string text = "\"";
  for (const char letter : path) {
    if (std::string_view("\"\\*?[]").find(letter) != std::string_view::npos) text += '\\';
    text += letter;
  }
  return text + "\"";
}

bool is_missing(const CommandResult& result) {
  return result.exit_code == kNotFound || holds(result.err, "ommand not found") ||
         holds(result.err, "No such file or directory");
}

/// "10.9.0.1 51234 10.9.0.2 22", as sshd tells every session.
std::optional<OwnChannel> parse_ssh_connection(std::string_view text) {
  const std::vector<std::string> words = split(trim(text), ' ');
  if (words.size() != 4) return std::nullopt;
  const std::string peer = words[0].substr(0, words[0].find('%'));
  in6_addr address{};
  const int family = holds(peer, ":") ? AF_INET6 : AF_INET;
  if (inet_pton(family, peer.c_str(), &address) != 1) return std::nullopt;
  if (words[3].empty() || words[3].size() > 5 ||
      words[3].find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return OwnChannel{peer, std::stoi(words[3])};
}

/// A session's channel and its place on a connection.
class SshChannel final : public Channel {
 public:
  SshChannel(std::unique_ptr<SshConnections::Seat> seat,
             std::unique_ptr<Channel> inner,
             std::string login)
      : seat_(std::move(seat)), inner_(std::move(inner)), login_(std::move(login)) {}

  Task<> write(std::string bytes) override { return inner_->write(std::move(bytes)); }
  Task<std::string> read() override { return inner_->read(); }
  void close_input() override { inner_->close_input(); }
  Task<int> wait() override { return inner_->wait(); }
  void kill() override { inner_->kill(); }
  std::string errors() const override {
    const std::string said = inner_->errors();
    const std::string meaning = explain_ssh(login_, said);
    return meaning.empty() ? said : meaning;
  }

 private:
  std::unique_ptr<SshConnections::Seat> seat_;  ///< given back after the channel has closed
  std::unique_ptr<Channel> inner_;
  std::string login_;
};

class SshHost final : public Host {
 public:
  explicit SshHost(const StackHost& host)
      : name_(host.name),
        here_(make_host(host.name, "this machine", {})),
        connections_(*here_, host),
        copies_guard_(!host.reach.settings.has("guard")),
        guard_(copies_guard_ ? copied_guard() : host.reach.settings.text("guard")) {
    const Params& settings = host.reach.settings;
    const bool sudo = settings.has("sudo") && settings.flag("sudo");
    remote_ = (sudo ? "sudo -n " : "") + guard_ + " stdio";
  }

  const std::string& name() const override { return name_; }
  std::string reach() const override { return "ssh " + connections_.login(); }

  Task<CommandResult> try_run(Command command) override {
    co_await require_guard();
    std::string input = encode({FrameType::Exec, command.argv}) + command.input;
    const CommandResult result = co_await run_remote(std::move(input), command.timeout);
    if (result.exit_code == kNotFound && result.err.starts_with(kCannotStart))
      fail("on {}: {}", name_, printable(trim(result.err.substr(kCannotStart.size()))));
    co_return result;
  }

  Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) override {
    std::string order = encode({FrameType::Exec, std::move(argv)});
    auto channel = co_await open_session(SshConnections::Take::Any);
    co_await channel->write(std::move(order));
    co_return channel;
  }

  /// The order that follows says what the guard is to do.
  Task<std::unique_ptr<Channel>> open_guard(std::string command) override {
    const bool careful = command == "recover";
    const auto which = careful ? SshConnections::Take::Answering : SshConnections::Take::Any;
    co_return co_await open_session(which);
  }

  /// Found by its name there, where it is installed.
  std::string own_program(std::string_view name) const override { return std::string(name); }

  Task<std::optional<OwnChannel>> own_channel() override {
    auto show = command("printenv", "SSH_CONNECTION");
    const CommandResult result = co_await try_run(std::move(show));
    auto channel = parse_ssh_connection(result.out);
    if (!channel)
      fail(
          "on {}: no SSH_CONNECTION tells where our own connection comes from, so that it could be "
          "spared; with sudo, add `Defaults env_keep += SSH_CONNECTION` to sudoers",
          name_);
    co_return channel;
  }

 private:
  Task<> require_guard() {
    Task<> work = find_guard();
    co_await guard_found_.ensure(std::move(work));
  }

  /// An end of its input without a frame makes a guard say who it is.
  Task<> find_guard() {
    CommandResult answer = co_await run_remote("", 20s);
    if (is_missing(answer) && copies_guard_) {
      co_await copy_guard();
      answer = co_await run_remote("", 20s);
    }
    judge_greeting(answer);
  }

  void judge_greeting(const CommandResult& answer) const {
    if (answer.ok() && answer.out == kGreeting) return;
    const std::string said = printable(trim(answer.err.empty() ? answer.out : answer.err), 300);
    if (answer.ok() && answer.out.ends_with(kGreeting))
      fail("on {}: logging in prints '{}'; let nothing be printed where no terminal is",
           name_,
           printable(trim(answer.out.substr(0, answer.out.size() - kGreeting.size())), 300));
    if (answer.ok() && answer.out.starts_with("muster-guard "))
      fail("on {}: the installed guard is '{}', and this is muster {}; install the same version",
           name_,
           said,
           MUSTER_VERSION);
    if (holds(answer.err, "sudo: command not found"))
      fail("on {}: there is no sudo; install it, or leave out `sudo:` and log in as root", name_);
    if (is_missing(answer))
      fail("on {}: there is no {}; install muster-guard there{} ({})",
           name_,
           guard_,
           copies_guard_ ? "" : ", or leave out `guard:` and it is copied",
           said);
    if (answer.exit_code == kNotRunnable || holds(answer.err, "xec format error"))
      fail(
          "on {}: {} does not run there ({}): it was built for another kind of machine, or its "
          "file "
          "system forbids it; build muster-guard there and name it in the stack: `guard: /path`",
          name_,
          guard_,
          said);
    if (holds(answer.err, "sudo:"))
      fail("on {}: sudo does not start the guard without a password ({}); allow it in sudoers",
           name_,
           said);
    fail("on {}: `{}` answered with exit code {}{}{}",
         name_,
         remote_,
         answer.exit_code,
         said.empty() ? "" : ": ",
         said);
  }

  /// Under another name first: whoever finds the guard finds it whole.
  Task<> copy_guard() {
    const auto seat = co_await connections_.take(SshConnections::Take::Any);
    const std::string beside = fmt::format("{}.{:08x}.new", guard_, entropy() >> 32U);
    Command command;
    command.argv = connections_.file_transfer(*seat);
    command.input = fmt::format(
        "-mkdir .muster\n-chmod 700 .muster\nput -f {0} {1}\nchmod 700 {1}\nrename {1} {2}\n",
        quoted(local_guard().string()),
        beside,
        guard_);
    command.timeout = 120s;
    const CommandResult result = co_await here_->try_run(std::move(command));
    if (!result.ok())
      fail(
          "on {}: the guard cannot be copied by sftp ({}); install muster-guard there and name it "
          "in "
          "the stack: `guard: /path`",
          name_,
          printable(trim(result.err), 300));
  }

  /// One session from start to end. Throws Error where ssh, not the program, failed.
  Task<CommandResult> run_remote(std::string input, Duration timeout) {
    const auto seat = co_await connections_.take(SshConnections::Take::Any);
    Command command;
    command.argv = connections_.session(*seat, remote_);
    command.input = std::move(input);
    command.timeout = timeout;
    CommandResult result = co_await here_->try_run(std::move(command));
    if (result.exit_code == kSshFailed) {
      const std::string meaning = explain_ssh(connections_.login(), result.err);
      if (!meaning.empty()) fail("{}", meaning);
    }
    co_return result;
  }

  Task<std::unique_ptr<Channel>> open_session(SshConnections::Take which) {
    co_await require_guard();
    auto seat = co_await connections_.take(which);
    std::vector<std::string> argv = connections_.session(*seat, remote_);
    auto inner = co_await here_->open(std::move(argv));
    co_return std::make_unique<SshChannel>(std::move(seat), std::move(inner), connections_.login());
  }

  std::string name_;
  std::unique_ptr<Host> here_;
  SshConnections connections_;
  bool copies_guard_;
  std::string guard_;   ///< path there
  std::string remote_;  ///< the one remote command
  Once guard_found_;
};

}  // namespace

std::unique_ptr<Host> make_ssh_host(const StackHost& host) {
  return std::make_unique<SshHost>(host);
}

}  // namespace muster
