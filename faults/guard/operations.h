#pragma once

#include <memory>

#include "faults/guard/child.h"
#include "faults/guard/identity.h"
#include "faults/guard/record.h"
#include "faults/guard/snapshot.h"
#include "faults/guard/system.h"

namespace muster::guard {

/// What an observation says. An error is Unknown, never No and never Yes.
enum class Answer { Yes, No, Unknown };

struct Seen {
  Answer answer = Answer::Unknown;
  Line text;  ///< what was seen, or why nothing was
};

/// Throws GuardError where lease or deadline are missing, or a length of time is such that its sum
/// with an instant could overflow.
void check_times(const PlainChange& change);

/// Looks at the target for the last time before it is touched: the identity of the process, the
/// file as it is. Throws GuardError where the change cannot be undone from what it finds (no such
/// process, already stopped).
Facts take_facts(const Order& order);

/// The four operations of one change, made ready to run: programs found, process held, file
/// contents in memory.
class Operations {
 public:
  enum class Need {
    All,
    Undo
  };  ///< a recovery must not fail because the program that applied is gone
  /// Throws GuardError where an operation cannot be done on this host.
  Operations(const Facts& facts, Need need);

  /// `limit` cuts each operation's own timeout. A program that is started keeps `inherited` open.
  Done apply(std::int64_t limit, int inherited);
  Seen verify(std::int64_t limit);
  Done undo(std::int64_t limit);
  Seen verify_undone(std::int64_t limit);

  /// False where verify_undone observes nothing: then only the undo's own success counts.
  bool observes_undo() const;
  /// Readable once a holder has ended by itself; -1 where there is none.
  int holder_fd() const;

 private:
  struct Ready {
    PlainOperation plain;
    std::unique_ptr<Program> program;  ///< of exec and holder
    int signal = 0;
  };

  static Ready make_ready(const PlainOperation& plain);
  Done perform(Ready& ready, std::int64_t limit, int inherited);
  Done send_signal(const Ready& ready) const;
  void await_end_of_killed() const;
  bool is_foreign();
  Seen observe(Ready& ready, ReplacedFile::Content wanted, std::int64_t limit);
  static Seen judge_output(const Ready& ready, const Ended& ended);
  Seen see_process(const Ready& ready) const;
  Seen see_alive(const Ready& ready) const;
  Seen see_file(ReplacedFile::Content wanted) const;

  HeldProcess process_;
  ReplacedFile file_;
  int apply_signal_ = 0;
  Ready apply_;
  Ready verify_;
  Ready undo_;
  Ready verify_undone_;
};

}  // namespace muster::guard
