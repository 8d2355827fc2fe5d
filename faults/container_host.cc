#include "faults/container_host.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "faults/stdio_host.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

/// What the engine itself ends with where it, not the program, failed.
constexpr int kEngineFailed = 125;
constexpr Duration kAskWithin = 20s;
constexpr Duration kCopyWithin = 120s;

/// One start of a container. Its name may be another's a moment later.
struct Instance {
  std::string id;
  std::string started;
  std::string pid;

  bool operator==(const Instance&) const = default;
};

/// The engine's command line, about one container.
class Engine {
 public:
  explicit Engine(const StackHost& host)
      : here_(make_host(host.name, "this machine", {})),
        host_(host.name),
        container_(host.reach.target),
        program_(host.reach.settings.text("engine")) {
    if (host.reach.settings.has("user")) user_ = {"--user", host.reach.settings.text("user")};
  }

  Host& here() const { return *here_; }
  const std::string& host() const { return host_; }
  std::string shown() const { return program_ + " container " + container_; }

  std::vector<std::string> session(const std::string& guard) const {
    std::vector<std::string> argv = {program_, "exec", "--interactive"};
    argv.insert(argv.end(), user_.begin(), user_.end());
    argv.insert(argv.end(), {container_, guard, "stdio"});
    return argv;
  }

  Task<CommandResult> run(Command command) const {
    CommandResult result = co_await here_->try_run(std::move(command));
    if (result.timed_out) fail("on {}: {} does not answer", host_, program_);
    co_return result;
  }

  Task<> copy(std::string from, std::string to) const {
    Command copy = command(program_, "cp", std::move(from), container_ + ":" + to);
    copy.timeout = kCopyWithin;
    const CommandResult result = co_await run(std::move(copy));
    if (!result.ok())
      fail(
          "on {}: the guard cannot be copied into the container ({}); mount muster-guard into it "
          "and name it in the stack: `guard: /path`",
          host_,
          said_by(result));
  }

  /// Throws Error where it does not run.
  Task<Instance> instance() const {
    Command inspect = command(program_,
                              "container",
                              "inspect",
                              "--format",
                              "{{.Id}} {{.State.Pid}} {{.State.StartedAt}}",
                              container_);
    inspect.timeout = kAskWithin;
    const CommandResult result = co_await run(std::move(inspect));
    if (!result.ok()) fail("on {}: {}", host_, explain(result));
    const std::string line(trim(result.out));
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() < 3 || words[0].size() < 12)
      fail("on {}: {} tells of the container: {}", host_, program_, printable(line, 200));
    if (words[1] == "0") fail("on {}: the container {} does not run; start it", host_, container_);
    co_return Instance{words[0], line.substr(line.find(' ', line.find(' ') + 1)), words[1]};
  }

  /// The process ids that it tells are of this machine only where it runs here.
  Task<> require_local() const {
    const bool podman = program_ == "podman";
    Command ask =
        podman ? command(program_, "info", "--format", "{{.Host.ServiceIsRemote}}")
               : command(program_, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}");
    ask.timeout = kAskWithin;
    const CommandResult result = co_await run(std::move(ask));
    if (!result.ok()) fail("on {}: {}", host_, explain(result));
    const std::string_view answer = trim(result.out);
    if (podman ? answer != "false" : !answer.starts_with("unix://"))
      fail(
          "on {}: {} runs on another machine ({}), and the packets of a container can only be "
          "changed on its own; run the drill there",
          host_,
          program_,
          printable(answer, 100));
  }

  std::string explain(const CommandResult& result) const {
    const std::string said = said_by(result);
    if (says(said, "o such container") || says(said, "no container with name"))
      return fmt::format(
          "{} knows no container {}; `{} ps -a` lists them", program_, container_, program_);
    if (says(said, "Cannot connect to the Docker daemon") || says(said, "permission denied while"))
      return fmt::format("docker does not answer: is it running, and may we use it? ({})", said);
    if (says(said, "not running") || says(said, "on running containers") ||
        says(said, "is paused") || says(said, "container state improper"))
      return fmt::format("the container {} does not run; start it ({})", container_, said);
    return fmt::format("{}: {}", program_, said);
  }

  /// Whether it was the engine that failed, and not what ran in the container.
  static bool failed(const CommandResult& result) {
    return result.exit_code == kEngineFailed || result.err.starts_with("Error: ") ||
           result.err.starts_with("Error response from daemon") ||
           says(result.err, "Cannot connect to the Docker daemon");
  }

  /// By their own words: the program is not there, which the engine tells as a failure of its own.
  static bool lacks_program(const CommandResult& result) {
    return says(result.err, "o such file or directory") || says(result.err, "not found in $PATH");
  }

 private:
  static std::string said_by(const CommandResult& result) {
    return printable(trim(result.err.empty() ? result.out : result.err), 300);
  }

  std::unique_ptr<Host> here_;
  std::string host_;
  std::string container_;
  std::string program_;
  std::vector<std::string> user_;
};

/// A network namespace that is held open, and how programs of this machine get into it.
class Entrance {
 public:
  Entrance(Instance of, int opened, const std::string& name, const std::string& reach)
      : of_(std::move(of)),
        namespace_(opened),
        inside_(make_host(
            name,
            reach,
            {"nsenter", fmt::format("--net=/proc/{}/fd/{}", ::getpid(), opened), "--"})) {}
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;
  ~Entrance() { ::close(namespace_); }

  const Instance& of() const { return of_; }
  Host& inside() const { return *inside_; }

 private:
  Instance of_;
  int namespace_;
  std::unique_ptr<Host> inside_;
};

/// The container's network, entered from this machine. The namespace is held by a descriptor that
/// was opened while the container was the one the engine knows, so that a process that got its
/// number later is never taken for it.
class ContainerNetwork final : public Host {
 public:
  explicit ContainerNetwork(const Engine& engine) : engine_(engine) {}

  const std::string& name() const override { return engine_.host(); }
  std::string reach() const override { return "the network of " + engine_.shown(); }

  Task<CommandResult> try_run(Command command) override {
    const auto entrance = co_await enter();
    co_return co_await entrance->inside().try_run(std::move(command));
  }

  Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) override {
    const auto entrance = co_await enter();
    co_return co_await entrance->inside().open(std::move(argv));
  }

 private:
  /// Several tasks may come at once: each keeps the entrance it was given.
  Task<std::shared_ptr<Entrance>> enter() {
    const Instance now = co_await engine_.instance();
    if (entrance_ && entrance_->of() == now) co_return entrance_;
    co_await engine_.require_local();
    const std::string path = fmt::format("/proc/{}/ns/net", now.pid);
    const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0)
      fail("on {}: the network of its container cannot be entered ({}): {}",
           name(),
           path,
           errno == EACCES ? "muster has to run as root for that" : std::strerror(errno));
    auto entrance = std::make_shared<Entrance>(now, opened, name(), reach());
    const Instance then = co_await engine_.instance();
    if (then != now) fail("on {}: its container was started anew just now; try again", name());
    entrance_ = entrance;
    co_return entrance;
  }

  const Engine& engine_;
  std::shared_ptr<Entrance> entrance_;  ///< of the latest start that was seen
};

class ContainerHost final : public StdioHost {
 public:
  explicit ContainerHost(const StackHost& host)
      : StdioHost(host, "/.muster-"), engine_(host), network_(engine_) {}

  std::string reach() const override { return engine_.shown(); }
  Host& network() override { return network_; }

 private:
  Task<CommandResult> run_session(std::string input, Duration timeout) override {
    Command command;
    command.argv = engine_.session(guard());
    command.input = std::move(input);
    command.timeout = timeout;
    CommandResult result = co_await engine_.here().try_run(std::move(command));
    if (Engine::failed(result) && !Engine::lacks_program(result))
      fail("on {}: {}", name(), engine_.explain(result));
    co_return result;
  }

  Task<std::unique_ptr<Channel>> open_session(Way) override {
    std::vector<std::string> argv = engine_.session(guard());
    co_return co_await engine_.here().open(std::move(argv));
  }

  /// The engine writes it in place: a run that comes in the middle finds half of it, is refused,
  /// and has touched nothing.
  Task<> copy_guard() override { co_await engine_.copy(local_guard(), guard()); }

  std::string shown_command() const override { return join(engine_.session(guard()), " "); }

  Engine engine_;
  ContainerNetwork network_;
};

}  // namespace

std::unique_ptr<Host> make_container_host(const StackHost& host) {
  return std::make_unique<ContainerHost>(host);
}

}  // namespace muster
