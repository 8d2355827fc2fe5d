#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tasks.h"
#include "base/time.h"

namespace muster {

/// A program and its arguments: always an argv, never a shell line.
struct Command {
  std::vector<std::string> argv;
  std::string input;  ///< given to its stdin, which is then closed
  Duration timeout =
      std::chrono::seconds(10);  ///< then TERM to its process group, and KILL a second later
};

/// Makes a Command; the form to use inside `co_await host.run(command("nft", "list", "tables"))`.
template <class... Words>
Command command(Words&&... words) {
  return Command{{std::string(std::forward<Words>(words))...}, {}, std::chrono::seconds(10)};
}

struct CommandResult {
  int exit_code = 0;  ///< 128 + signal where one ended it
  std::string out;    ///< capped at 1 MiB
  std::string err;    ///< capped at 64 KiB
  Duration took{};
  bool timed_out = false;
  bool truncated = false;

  bool ok() const { return exit_code == 0 && !timed_out; }
};

/// A running program whose stdin and stdout are ours: how the runner talks to a guard or an agent.
/// Destroying it closes its stdin at once (which tells a guard to undo) and leaves the process to
/// end by itself; it is reaped in the background.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Writes all bytes; throws Error if the other end is gone.
  virtual Task<> write(std::string bytes) = 0;
  /// Up to 256 KiB as they come; empty at end of file.
  virtual Task<std::string> read() = 0;
  virtual void close_input() = 0;
  /// Waits for the process to end; its exit code.
  virtual Task<int> wait() = 0;
  /// Ends the process group by force; for a program that does not end after close_input.
  virtual void kill() = 0;
  /// What it printed to stderr so far, capped at 64 KiB.
  virtual std::string errors() const = 0;
};

/// The connection by which commands get to a host, as packets on that host show it.
struct OwnChannel {
  std::string peer;  ///< address it comes from, an IPv4 or IPv6 literal
  int port = 0;      ///< TCP, on the host's side
};

/// A machine, namespace or container on which commands run.
class Host {
 public:
  virtual ~Host() = default;
  virtual const std::string& name() const = 0;
  /// How it is reached, for people: "local", "lab host app1-us".
  virtual std::string reach() const = 0;
  /// The exit status is data; throws Error only where the program could not be started.
  virtual Task<CommandResult> try_run(Command command) = 0;
  virtual Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) = 0;

  /// As `open`, for a program whose sending on time is measured: where we may give it real-time
  /// priority and it could not take that itself (inside a namespace), it gets it from us.
  virtual Task<std::unique_ptr<Channel>> open_promptly(std::vector<std::string> argv);

  /// Starts the guard of this host, to `serve` or to `recover`; the caller then sends the order.
  virtual Task<std::unique_ptr<Channel>> open_guard(std::string command);
  /// How one of muster's own programs is called there: by the path beside the running one where the
  /// host shares our files.
  virtual std::string own_program(std::string_view name) const;
  /// Where its packets are seen and changed by this machine's programs. A container need not have
  /// any of them: there it is its network namespace, entered from outside. The host itself
  /// elsewhere.
  virtual Host& network() { return *this; }
  /// Nothing where commands get there by no network.
  virtual Task<std::optional<OwnChannel>> own_channel();

  /// Throws Error with the program's stderr unless it exits with 0.
  Task<CommandResult> run(Command command);
};

/// Looks up the hosts of a stack; throws Error for an unknown or unreachable one ("lab host
/// app1-us: the lab is down; start it with `muster lab up`").
class Hosts {
 public:
  virtual ~Hosts() = default;
  virtual Host& host(std::string_view name) = 0;
};

}  // namespace muster
