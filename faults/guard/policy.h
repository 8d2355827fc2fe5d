#pragma once

#include <string>
#include <vector>

#include "faults/guard/record.h"

namespace muster::guard {

/// What the owner of this host allows to be done to it: a file on the target itself, which the
/// guard reads before it arms. Recovery and sweeping never ask it.
///
///   allow KIND...            kinds of faults; `all` means every kind
///   max-duration 15m         the longest hard deadline; s, m, h or d; an hour if it is not said
///   run PROGRAM...           if there is such a line: the only programs a change may run
///   protect process NAME     no process of this name, or of this executable, is signalled
///   protect interface NAME   no program is given this word
///   protect path PREFIX      no file there, or below it, is replaced
///
/// Words are separated by blanks; # begins a comment. A line that is none of these makes the whole
/// file void.
class Policy {
 public:
  /// The first of these that exists: $MUSTER_ALLOW, /run/lab/allow.conf, /etc/muster/allow.conf,
  /// and for an ordinary user ~/.config/muster/allow.conf. Throws GuardError where there is none,
  /// or where somebody else than root or we ourselves could have written it. It says what to write
  /// where: `kind` is allowed by it.
  static Policy of_this_host(const std::string& kind);

  /// These throw GuardError, which names file and rule: of what is asked for,
  void check(const PlainChange& change) const;
  /// of a program that is run only to look,
  void check_program(const std::string& program) const;
  /// and of what was found.
  void check_target(const Facts& facts) const;

  /// For people: where it stands and what it allows.
  std::string text() const;

 private:
  void read(const std::string& content);
  void read_line(const std::vector<std::string>& words);
  void check_words(const PlainOperation& operation) const;
  [[noreturn]] void refuse(const std::string& why) const;

  using Names = std::vector<std::string>;
  std::string path_;
  Names kinds_;
  std::int64_t longest_ = 3600 * kSecond;
  Names programs_;
  Names processes_;
  Names interfaces_;
  Names paths_;
};

}  // namespace muster::guard
