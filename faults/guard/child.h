#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "faults/guard/system.h"

namespace muster::guard {

/// What became of a program that was run. `out` is valid until the next one is run.
struct Ended {
  enum class How { Exited, Signalled, TimedOut, NotStarted };
  How how = How::NotStarted;
  int code = 0;  ///< exit code, or signal
  std::string_view out;
  std::string_view err;
  bool partial = false;  ///< `out` is not all that was written

  bool ok() const { return how == How::Exited && code == 0; }
  /// "exit code 1: no such table", "no end within 5000 ms".
  Line text() const;
};

/// A program with everything made ready: its path is looked up and its argv laid out when it is
/// constructed, so that running it needs no memory. Never a shell. Not movable: argv points into
/// it.
///
/// Each child has its own process group and dies with the guard; its output goes to memory files,
/// not pipes, so that a daemon it leaves behind can neither block the guard nor be ended by
/// SIGPIPE.
class Program {
 public:
  /// Throws GuardError where there is no such program.
  Program(std::vector<std::string> argv, std::string input, std::int64_t timeout);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Runs it to its end, or kills its group after its timeout or `limit`, whichever is first. The
  /// child and its children keep `inherited` open (-1: nothing): so another guard can see that they
  /// still run.
  Ended run(std::int64_t limit, int inherited = -1);

  /// Starts it and waits for a line "ready" on its stdout; it then goes on until stop() or the end
  /// of the guard.
  Ended start(std::int64_t limit, int inherited = -1);
  /// TERM to its group, KILL two seconds later. Does nothing where it does not run.
  void stop();
  /// Readable when a started program has ended; -1 where none was started.
  int ended_fd() const { return pidfd_.get(); }

 private:
  bool launch(int inherited);
  [[noreturn]] void become(pid_t guard, int out, int err, int inherited);
  void kill_group(int signal) const;
  Ended finish(Ended::How how);

  std::vector<std::string> words_;
  std::vector<char*> argv_;
  std::string path_;
  Descriptor input_;
  std::int64_t timeout_;
  pid_t pid_ = 0;
  Descriptor pidfd_;
  Descriptor out_;
  Descriptor err_;
};

}  // namespace muster::guard
