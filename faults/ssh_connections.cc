#include "faults/ssh_connections.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "faults/stdio_host.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr int kSessionsEach = 8;
/// ssh binds its socket by a longer name first, and a unix socket's name has 107 letters.
constexpr std::size_t kLongestSocket = 85;
constexpr Duration kConnectWithin = 30s;
constexpr Duration kAnswerWithin = 2s;

/// How often ssh asks whether the other end is there: three silences say no, before the lease of a
/// guard there is over, so that the runner knows when the guard undoes.
std::int64_t alive_interval(Duration lease) {
  return std::clamp<std::int64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(lease).count() / 5, 1, 15);
}

std::vector<std::string> settings_of(const StackHost& host) {
  const Params& params = host.reach.settings;
  std::vector<std::string> words;
  if (params.has("config")) words.insert(words.end(), {"-F", params.text("config")});
  const auto set = [&](std::string option) {
    words.emplace_back("-o");
    words.push_back(std::move(option));
  };
  // Nobody is asked, nothing is trusted at first sight, and nothing of ours is lent to the host.
  for (const char* option : {"BatchMode=yes",
                             "StrictHostKeyChecking=yes",
                             "UpdateHostKeys=no",
                             "ForwardAgent=no",
                             "ForwardX11=no",
                             "ClearAllForwardings=yes",
                             "PermitLocalCommand=no",
                             "RemoteCommand=none",
                             "LogLevel=ERROR",
                             "ConnectTimeout=10",
                             "ServerAliveCountMax=3",
                             "ControlPersist=10"})
    set(option);
  set(fmt::format("ServerAliveInterval={}", alive_interval(host.lease)));
  if (params.has("port")) set(fmt::format("Port={}", params.integer("port")));
  if (params.has("identity")) {
    set("IdentityFile=" + params.text("identity"));
    set("IdentitiesOnly=yes");
  }
  if (params.has("known_hosts")) {
    set("UserKnownHostsFile=" + params.text("known_hosts"));
    set("GlobalKnownHostsFile=/dev/null");
  }
  return words;
}

}  // namespace

SshConnections::SshConnections(Host& here, const StackHost& host)
    : here_(here),
      login_(host.reach.target),
      id_(fmt::format("{:08x}", entropy() >> 32U)),
      settings_(settings_of(host)) {}

std::vector<std::string> SshConnections::options(const Connection& connection) const {
  std::vector<std::string> words = settings_;
  words.insert(words.end(), {"-o", "ControlPath=" + connection.socket});
  return words;
}

std::vector<std::string> SshConnections::session(const Seat& seat,
                                                 const std::string& remote) const {
  std::vector<std::string> argv = {"ssh", "-T"};
  const std::vector<std::string> shared = options(*seat.connection());
  argv.insert(argv.end(), shared.begin(), shared.end());
  // Where the connection has ended meanwhile, ssh makes one for this session alone.
  argv.insert(argv.end(), {"-o", "ControlMaster=no", "--", login_, remote});
  return argv;
}

std::vector<std::string> SshConnections::file_transfer(const Seat& seat) const {
  std::vector<std::string> argv = {"sftp", "-q", "-b", "-"};
  const std::vector<std::string> shared = options(*seat.connection());
  argv.insert(argv.end(), shared.begin(), shared.end());
  std::string place = login_;
  if (says(place, ":")) {
    place.insert(place.find('@') + 1, "[");  // without '@' find() + 1 is 0
    place += "]";
  }
  argv.insert(argv.end(), {"-o", "ControlMaster=no", "--", place});
  return argv;
}

std::shared_ptr<SshConnections::Connection> SshConnections::with_room() {
  const auto found = std::ranges::find_if(
      connections_, [](const auto& each) { return each->sessions < kSessionsEach; });
  if (found != connections_.end()) return *found;
  const std::filesystem::path folder = muster_home() / "ssh";
  make_private_directories(folder);
  auto connection = std::make_shared<Connection>();
  connection->socket = (folder / fmt::format("{}-{}", id_, ++made_)).string();
  if (connection->socket.size() > kLongestSocket)
    fail("{} is too long a name for a socket of ssh; set MUSTER_HOME to a shorter path",
         connection->socket);
  return connections_.emplace_back(std::move(connection));
}

Task<std::unique_ptr<SshConnections::Seat>> SshConnections::take(Take which) {
  auto seat = std::make_unique<Seat>(with_room());
  const std::shared_ptr<Connection>& connection = seat->connection();
  if (which == Take::Answering) connection->connected.forget();
  Task<> work = connect(connection);
  co_await connection->connected.ensure(std::move(work));
  co_return seat;
}

Task<> SshConnections::connect(std::shared_ptr<Connection> connection) {
  if (connection->was_up && co_await answers(connection)) co_return;
  std::filesystem::remove(connection->socket);
  Command command;
  command.argv = {"ssh", "-T", "-f", "-N"};
  const std::vector<std::string> shared = options(*connection);
  command.argv.insert(command.argv.end(), shared.begin(), shared.end());
  command.argv.insert(command.argv.end(), {"-o", "ControlMaster=yes", "--", login_});
  command.timeout = kConnectWithin;
  const CommandResult result = co_await here_.try_run(std::move(command));
  if (result.timed_out)
    fail("ssh to {}: not connected within {}", login_, human_duration(kConnectWithin));
  connection->was_up = result.ok();
  if (result.ok()) co_return;
  const std::string said = explain_ssh(login_, result.err);
  fail("{}",
       said.empty() ? fmt::format("ssh to {}: exit code {}", login_, result.exit_code) : said);
}

Task<bool> SshConnections::answers(std::shared_ptr<Connection> connection) {
  Command command;
  command.argv = {"ssh", "-O", "check"};
  const std::vector<std::string> shared = options(*connection);
  command.argv.insert(command.argv.end(), shared.begin(), shared.end());
  command.argv.insert(command.argv.end(), {"--", login_});
  command.timeout = kAnswerWithin;
  const CommandResult result = co_await here_.try_run(std::move(command));
  co_return result.ok();
}

std::string explain_ssh(const std::string& login, std::string_view said) {
  struct Meaning {
    std::string_view sign;
    std::string_view advice;
  };
  constexpr Meaning kMeanings[] = {
      {"IDENTIFICATION HAS CHANGED",
       "its host key is not the one on record: find out why before anything else; if it was "
       "installed anew, `ssh-keygen -R` takes the old key off the list"},
      {"Host key verification failed",
       "its host key is not known here: read it on the host itself (`ssh-keygen -lf "
       "/etc/ssh/ssh_host_ed25519_key.pub`), compare it with `ssh-keyscan`, and add it to "
       "known_hosts"},
      {"Permission denied",
       "it lets nobody in with the keys it was offered: put the public key into authorized_keys "
       "there, or name another `user@` or `identity:` in the stack"},
      {"Could not resolve hostname", "there is no such host: correct the name in the stack"},
      {"Connection refused", "nothing listens there: is sshd running, and is this its port?"},
      {"Connection timed out", "it does not answer: is it up, and does a firewall let us through?"},
      {"No route to host", "it cannot be reached from here: is it up, and is there a route?"},
      {"Network is unreachable", "it cannot be reached from here: is there a route?"},
      {"Session open refused by peer",
       "it gives no more sessions on one connection: raise MaxSessions in its sshd_config"},
      {"Connection closed", "the connection ended"},
      {"closed by remote host", "the connection ended"},
      {"Broken pipe", "the connection ended"},
      {"Connection reset", "the connection was cut"},
      {"not responding", "the connection is dead"},
      {"ssh: ", "ssh failed"},
      {"mux_client", "its connection ended"}};
  for (const Meaning& meaning : kMeanings) {
    if (says(said, meaning.sign))
      return fmt::format("ssh to {}: {} ({})", login, meaning.advice, printable(trim(said), 300));
  }
  return "";
}

}  // namespace muster
