#pragma once

#include <string>
#include <vector>

namespace muster {

/// A program is run and met at one of its system calls: there the process is killed before the call
/// is made, or the call fails. strace can do the same, but counts each call by its name and in all
/// processes at once; here the calls of one process are counted in the order in which it makes
/// them, so that 1..n are all its boundaries, each once.
struct Meeting {
  bool in_fork = false;  ///< whose calls: the program's own, or those of the first process it forks
  int at = 0;            ///< the call, counted from 1; 0: none, all are only logged
  int error = 0;         ///< the errno with which it fails; 0: the process is killed
  /// A file that gets the number of each call, one a line, and at the end the line "met" if `at`
  /// was reached.
  std::string log;
};

/// The words that run `argv` with this meeting, through the program `self`.
std::vector<std::string> words_of(const Meeting& meeting,
                                  const std::string& self,
                                  std::vector<std::string> argv);

/// The program behind words_of. Returns the exit code of `argv`, or 128 and the signal that ended
/// it; -1 where `arguments` are not such words.
int run_meeting(const std::vector<std::string>& arguments);

/// What a meeting logged.
struct Met {
  std::vector<int> calls;
  bool met = false;
};
Met read_log(const std::string& path);

}  // namespace muster
