#include "faults/ssh_host.h"

#include <arpa/inet.h>

#include "base/error.h"
#include "base/process.h"
#include "base/random.h"
#include "base/text.h"
#include "faults/ssh_connections.h"
#include "faults/stdio_host.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr int kSshFailed = 255;

/// sftp splits its lines at blanks and expands patterns.
std::string quoted(const std::string& path) {
  std::string text = "\"";
  for (const char letter : path) {
    if (std::string_view("\"\\*?[]").find(letter) != std::string_view::npos) text += '\\';
    text += letter;
  }
  return text + "\"";
}

/// "10.9.0.1 51234 10.9.0.2 22", as sshd tells every session.
std::optional<OwnChannel> parse_ssh_connection(std::string_view text) {
  const std::vector<std::string> words = split(trim(text), ' ');
  if (words.size() != 4) return std::nullopt;
  const std::string peer = words[0].substr(0, words[0].find('%'));
  in6_addr address{};
  const int family = says(peer, ":") ? AF_INET6 : AF_INET;
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

class SshHost final : public StdioHost {
 public:
  explicit SshHost(const StackHost& host)
      : StdioHost(host, ".muster/"),
        here_(make_host(host.name, "this machine", {})),
        connections_(*here_, host) {
    const Params& settings = host.reach.settings;
    const bool sudo = settings.has("sudo") && settings.flag("sudo");
    remote_ = (sudo ? "sudo -n " : "") + guard() + " stdio";
  }

  std::string reach() const override { return "ssh " + connections_.login(); }

  Task<std::optional<OwnChannel>> own_channel() override {
    auto show = command("printenv", "SSH_CONNECTION");
    const CommandResult result = co_await try_run(std::move(show));
    auto channel = parse_ssh_connection(result.out);
    if (!channel)
      fail(
          "on {}: no SSH_CONNECTION tells where our own connection comes from, so that it could be "
          "spared; with sudo, add `Defaults env_keep += SSH_CONNECTION` to sudoers",
          name());
    co_return channel;
  }

 private:
  Task<CommandResult> run_session(std::string input, Duration timeout) override {
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

  Task<std::unique_ptr<Channel>> open_session(Way way) override {
    const auto which =
        way == Way::Answering ? SshConnections::Take::Answering : SshConnections::Take::Any;
    auto seat = co_await connections_.take(which);
    std::vector<std::string> argv = connections_.session(*seat, remote_);
    auto inner = co_await here_->open(std::move(argv));
    co_return std::make_unique<SshChannel>(std::move(seat), std::move(inner), connections_.login());
  }

  /// Under another name first: whoever finds the guard finds it whole.
  Task<> copy_guard() override {
    const auto seat = co_await connections_.take(SshConnections::Take::Any);
    const std::string beside = fmt::format("{}.{:08x}.new", guard(), entropy() >> 32U);
    Command command;
    command.argv = connections_.file_transfer(*seat);
    command.input = fmt::format(
        "-mkdir .muster\n-chmod 700 .muster\nput -f {0} {1}\nchmod 700 {1}\nrename {1} {2}\n",
        quoted(local_guard()),
        beside,
        guard());
    command.timeout = 120s;
    const CommandResult result = co_await here_->try_run(std::move(command));
    if (!result.ok())
      fail(
          "on {}: the guard cannot be copied by sftp ({}); install muster-guard there and name it "
          "in the stack: `guard: /path`",
          name(),
          printable(trim(result.err), 300));
  }

  std::string shown_command() const override { return remote_; }

  std::string explain_start(const CommandResult& answer) const override {
    if (says(answer.err, "sudo: command not found"))
      return "there is no sudo; install it, or leave out `sudo:` and log in as root";
    if (!says(answer.err, "sudo:")) return {};
    return fmt::format("sudo does not start the guard without a password ({}); allow it in sudoers",
                       printable(trim(answer.err), 300));
  }

  std::unique_ptr<Host> here_;
  SshConnections connections_;
  std::string remote_;  ///< the one remote command
};

}  // namespace

std::unique_ptr<Host> make_ssh_host(const StackHost& host) {
  return std::make_unique<SshHost>(host);
}

}  // namespace muster
