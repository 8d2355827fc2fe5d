#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "drills/schema.h"

namespace muster {

/// One thing the guard can do, as data: it can be printed, stored and replayed.
///   exec     argv, `input` on stdin; succeeds on exit code 0 and, where `contains` is set, if
///   stdout has that text
///            (`lacks`: if it has not). As undo: `contains` is what the program of `verify_undone`
///            prints as long as the change is as it was made; where it prints neither that nor what
///            was before, somebody else changed it, and the undo is not run
///   signal   args: signal name; the process is the one whose identity was taken when the guard was
///   armed, by pidfd file     args: path; `input` the content. As apply: snapshot, then write and
///   rename. As undo: restore the
///            snapshot, only if the file still is what was written
///   gone     args: nothing; succeeds if the armed process no longer exists
///   stopped  args: "yes" | "no"; the armed process is stopped (state T) or not
///   alive    args: pid file; a process lives whose pid stands there
///   holder   argv of a program the guard starts and keeps as its child: it dies with the guard,
///   and so does the
///            fault (muster-delay). As undo: ends it.
///   none     does nothing and succeeds
struct Operation {
  std::string kind = "none";
  std::vector<std::string> args;
  std::string input;
  std::string contains;
  std::string lacks;
  Duration timeout = std::chrono::seconds(5);

  /// For people: "nft -f - <<< 'table inet ...'", "send SIGSTOP to the process of
  /// /run/lab/app.pid".
  std::string text() const;
  bool empty() const { return kind == "none"; }
};

/// One change to the system under test, with its undo. Planned by a fault, done and undone by a
/// guard.
struct Change {
  std::string id;           ///< "drain/1": inject step and number; unique in the run
  std::string kind;         ///< of the fault; the policy of the host is asked about it
  std::string what;         ///< one sentence: "force us-east down in gdnsd on ns1"
  std::string host;         ///< name in the stack
  bool on_network = false;  ///< its guard and programs run at the network() of the host
  std::string resource;  ///< what it takes hold of, for locks: "process:/run/lab/app.pid", "nft",
                         ///< "file:/..."
  std::string process;   ///< pid file (or "pid:N") of the process whose identity the guard takes;
                         ///< may be empty
  Operation apply;
  Operation verify;  ///< observes the effect, not the echo of the command
  Operation undo;
  Operation verify_undone;
  Duration verify_within = std::chrono::seconds(5);  ///< verify is retried every 50 ms for so long
  Duration undone_within = std::chrono::seconds(20);
  Duration deadline = std::chrono::minutes(10);  ///< hard, from arming; nothing moves it later
  Duration lease = std::chrono::seconds(20);     ///< silence of the runner for so long means undo
  UndoClass undo_class = UndoClass::Reversible;
  int order = 0;  ///< lower ones are injected first and undone last; equal ones side by side
};

Operation exec(std::vector<std::string> argv, std::string input = {});
/// What an operation looks for, for people: "value=false;\n" with a backslash.
std::string on_one_line(std::string text);

json::object to_json(const Operation& operation);
Operation operation_from_json(const json::object& object);
json::object to_json(const Change& change);
Change change_from_json(const json::object& object);

}  // namespace muster
