#include <cerrno>

#include <sys/syscall.h>

#include <boost/test/unit_test.hpp>

#include "test/faults/failing_call.h"
#include "test/faults/guard_process.h"

namespace muster {

namespace {

/// Its undo does nothing, and what it looks for is still said afterwards.
PlainChange still_there(const std::string& file) {
  PlainChange change = touch_change(file);
  change.undo = operation("exec", {"true"});
  change.verify_undone = operation("exec", {"echo", "it is still there"});
  change.verify_undone.lacks = "still there";
  return change;
}

std::string state_after_undo(GuardProcess& guard, const PlainChange& change) {
  guard.arm(Order{"run-a", 1, change});
  guard.inject();
  return guard.undo().state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(guard_output)

BOOST_AUTO_TEST_CASE(what_a_program_said_and_nobody_could_keep_is_no_absence) {
  const TestDirectory directory;
  const PlainChange change = still_there(directory / "file");
  const std::vector<std::string> words{guard_program(), "serve", "--dir", directory / "guard"};
  GuardProcess guard(words, [] { return fail_call(SYS_memfd_create, ENOMEM); });
  BOOST_TEST(state_after_undo(guard, change) == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
