#include "base/process.h"

#include <csignal>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/process/v2.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using boost::system::error_code;

namespace {

constexpr std::size_t kOutputLimit = 1U << 20U;
constexpr std::size_t kErrorLimit = 64U << 10U;
constexpr std::size_t kReadSize = 256U << 10U;

/// Its own process group, so that one signal reaches a program and all its children.
struct OwnGroup {
  template <class Launcher>
  error_code on_exec_setup(Launcher&, const process::filesystem::path&, const char* const*) {
    ::setpgid(0, 0);
    ::signal(SIGPIPE, SIG_DFL);
    return {};
  }
};

/// Text as it comes from a pipe, up to a limit; the rest is read and dropped so that the writer
/// never blocks.
struct Captured {
  explicit Captured(std::size_t most) : limit(most) {}
  std::size_t limit;
  std::string text;
  bool truncated = false;

  void add(std::string_view bytes) {
    const std::size_t room = limit - std::min(limit, text.size());
    text += bytes.substr(0, room);
    truncated = truncated || bytes.size() > room;
  }
};

Task<> capture(asio::readable_pipe& pipe, Captured& into) {
  std::string buffer(16384, '\0');
  for (;;) {
    auto target = asio::buffer(buffer);
    auto [error, count] =
        co_await pipe.async_read_some(target, asio::as_tuple(asio::use_awaitable));
    into.add(std::string_view(buffer.data(), count));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) co_return;
  }
}

/// What is in the pipe right now. A daemon that the program started may hold the other end for
/// ever, so the end of the program, not the end of file, ends the reading.
void drain(asio::readable_pipe& pipe, Captured& into) {
  const int descriptor = pipe.native_handle();
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count <= 0) return;
    into.add(std::string_view(buffer, static_cast<std::size_t>(count)));
  }
}

Task<> feed(asio::writable_pipe& pipe, std::string input) {
  auto bytes = asio::buffer(input);
  co_await asio::async_write(pipe, bytes, asio::as_tuple(asio::use_awaitable));
  pipe.close();
}

std::string resolve_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const auto found = process::environment::find_executable(name);
  if (found.empty()) fail("{}: no such program on this machine", name);
  return found.string();
}

/// A child by its pidfd. Not a process::process: that one ends its child by force when it is
/// destroyed, and a guard must outlive the runner to undo.
using Child = process::basic_process_handle<asio::any_io_executor>;

Child start(const asio::any_io_executor& executor,
            const std::vector<std::string>& argv,
            process::process_stdio stdio) {
  const std::string program = resolve_program(argv.front());
  const std::vector<std::string> arguments(argv.begin() + 1, argv.end());
  try {
    process::process started(executor, program, arguments, std::move(stdio), OwnGroup{});
    return started.detach();
  } catch (const boost::system::system_error& error) {
    fail("cannot start {}: {}", argv.front(), error.code().message());
  }
}

int exit_code_of(int native) {
  return WIFSIGNALED(native) ? 128 + WTERMSIG(native) : WEXITSTATUS(native);
}

Task<> wait_for_end(Child& child, int& exit_code) {
  auto [error, native] = co_await child.async_wait(asio::as_tuple(asio::use_awaitable));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) fail("cannot wait for a program: {}", error.message());
  exit_code = exit_code_of(native);
}

void signal_group(const Child& child, int signal) {
  ::kill(-child.id(), signal);
}

class PipeChannel final : public Channel {
 public:
  PipeChannel(const asio::any_io_executor& executor, const std::vector<std::string>& argv)
      : input_(executor),
        output_(executor),
        errors_(executor),
        child_(start(executor, argv, process::process_stdio{input_, output_, errors_})) {}

  PipeChannel(const PipeChannel&) = delete;
  PipeChannel& operator=(const PipeChannel&) = delete;

  ~PipeChannel() override {
    if (waited_) return;
    input_.close();
    // Reaped in the background; the process is meant to end by itself on the end of its input.
    auto child = std::make_shared<Child>(std::move(child_));
    child->async_wait([child](error_code, int) {});
  }

  Task<> write(std::string bytes) override {
    auto buffer = asio::buffer(bytes);
    auto [error, count] =
        co_await asio::async_write(input_, buffer, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) fail("the other end is gone ({}){}", error.message(), explain());
  }

  Task<std::string> read() override {
    std::string buffer(kReadSize, '\0');
    auto target = asio::buffer(buffer);
    auto [error, count] =
        co_await output_.async_read_some(target, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    buffer.resize(count);
    co_return buffer;
  }

  void close_input() override { input_.close(); }

  Task<int> wait() override {
    int exit_code = 0;
    co_await wait_for_end(child_, exit_code);
    waited_ = true;
    co_return exit_code;
  }

  void kill() override {
    if (!waited_) signal_group(child_, SIGKILL);
  }

  std::string errors() const override {
    auto& self =
        const_cast<PipeChannel&>(*this);  // reading the pipe changes no state a caller can see
    drain(self.errors_, self.captured_);
    return captured_.text;
  }

 private:
  std::string explain() const {
    const std::string text = printable(trim(errors()), 400);
    return text.empty() ? "" : ": " + text;
  }

  asio::writable_pipe input_;
  asio::readable_pipe output_;
  asio::readable_pipe errors_;
  Child child_;
  Captured captured_{kErrorLimit};
  bool waited_ = false;
};

/// Tried on ourselves, and taken back.
bool may_give_realtime() {
  sched_param parameters{};
  parameters.sched_priority = 10;
  if (::sched_setscheduler(0, SCHED_FIFO, &parameters) != 0) return false;
  parameters.sched_priority = 0;
  return ::sched_setscheduler(0, SCHED_OTHER, &parameters) == 0;
}

class PrefixHost final : public Host {
 public:
  PrefixHost(std::string name, std::string reach, std::vector<std::string> prefix)
      : name_(std::move(name)), reach_(std::move(reach)), prefix_(std::move(prefix)) {}

  const std::string& name() const override { return name_; }
  std::string reach() const override { return reach_; }

  Task<CommandResult> try_run(Command command) override {
    auto executor = co_await asio::this_coro::executor;
    asio::writable_pipe input(executor);
    asio::readable_pipe output(executor);
    asio::readable_pipe errors(executor);
    SystemClock clock;
    const Time began = clock.now();
    Child child =
        start(executor, with_prefix(command.argv), process::process_stdio{input, output, errors});
    Captured out(kOutputLimit);
    Captured err(kErrorLimit);
    TaskGroup streams(executor);
    streams.spawn(capture(output, out));
    streams.spawn(capture(errors, err));
    streams.spawn(feed(input, std::move(command.input)));

    CommandResult result;
    std::exception_ptr interrupted;
    try {
      Task<> end = wait_for_end(child, result.exit_code);
      result.timed_out = !co_await with_deadline(clock, std::move(end), command.timeout);
    } catch (const boost::system::system_error&) {
      interrupted = std::current_exception();
    }
    if (interrupted || result.timed_out)
      co_await uncancelled(end_by_force(clock, child, result.exit_code));
    co_await uncancelled(streams.stop());
    if (interrupted) std::rethrow_exception(interrupted);
    drain(output, out);
    drain(errors, err);
    result.out = std::move(out.text);
    result.err = std::move(err.text);
    result.truncated = out.truncated || err.truncated;
    result.took = clock.now() - began;
    co_return result;
  }

  Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) override {
    auto executor = co_await asio::this_coro::executor;
    co_return std::make_unique<PipeChannel>(executor, with_prefix(argv));
  }

  /// The program inherits the priority through whatever enters the namespace before it.
  Task<std::unique_ptr<Channel>> open_promptly(std::vector<std::string> argv) override {
    if (prefix_.empty() || !may_give_realtime()) co_return co_await open(std::move(argv));
    auto executor = co_await asio::this_coro::executor;
    std::vector<std::string> whole = {"chrt", "--fifo", "10"};
    const std::vector<std::string> rest = with_prefix(argv);
    whole.insert(whole.end(), rest.begin(), rest.end());
    co_return std::make_unique<PipeChannel>(executor, std::move(whole));
  }

 private:
  std::vector<std::string> with_prefix(const std::vector<std::string>& argv) const {
    std::vector<std::string> whole = prefix_;
    whole.insert(whole.end(), argv.begin(), argv.end());
    return whole;
  }

  static Task<> end_by_force(Clock& clock, Child& child, int& exit_code) {
    signal_group(child, SIGTERM);
    Task<> end = wait_for_end(child, exit_code);
    const bool ended = co_await with_deadline(clock, std::move(end), std::chrono::seconds(1));
    if (!ended) {
      signal_group(child, SIGKILL);
      co_await wait_for_end(child, exit_code);
    }
  }

  std::string name_;
  std::string reach_;
  std::vector<std::string> prefix_;
};

}  // namespace

std::unique_ptr<Host> make_host(std::string name,
                                std::string reach,
                                std::vector<std::string> prefix) {
  return std::make_unique<PrefixHost>(std::move(name), std::move(reach), std::move(prefix));
}

}  // namespace muster
