#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "file";
  std::string undo_ran = directory / "undo-ran";

  /// In force, and both guards dead, as a power cut leaves it.
  void leave_in_force(const PlainChange& change) const {
    GuardProcess process(guard_program(), "serve", guards);
    const ArmedReport armed = process.arm({"run-a", 1, change});
    process.inject();
    kill_both(process, armed);
  }
  /// The records now are those of an earlier boot.
  void reboot() const {
    std::string now = content_of("/proc/sys/kernel/random/boot_id");
    now.pop_back();
    for (const auto& entry : fs::directory_iterator(fs::path(guards) / "records")) {
      const std::string bytes = content_of(entry.path());
      Frame facts;
      std::size_t used = 0;
      BOOST_REQUIRE(decode(bytes, facts, used) == Decoded::Complete);
      for (std::string& field : facts.fields)
        if (field == now) field = "00000000-0000-0000-0000-000000000000";
      write_content(entry.path(), encode(facts) + bytes.substr(used));
    }
  }
  int sweep() const { return GuardProcess(guard_program(), "sweep", guards).wait(); }
  /// A change whose undo leaves a trace.
  PlainChange traced() const {
    PlainChange change = touch_change(file);
    change.undo = operation("exec", {"sh", "-c", "rm -f \"$0\"; touch \"$1\"", file, undo_ran});
    return change;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_sweep, Setting)

BOOST_AUTO_TEST_CASE(what_a_reboot_ended_is_looked_at_and_not_undone_again) {
  leave_in_force(traced());
  fs::remove(file);  // as the kernel's own state goes with it
  reboot();
  BOOST_TEST(sweep() == 0);
  BOOST_TEST(!fs::exists(undo_ran));
  BOOST_TEST(sweep() == 0);
}

BOOST_AUTO_TEST_CASE(in_the_same_boot_it_is_undone_even_if_it_looks_undone) {
  leave_in_force(traced());
  fs::remove(file);
  BOOST_TEST(sweep() == 0);
  BOOST_TEST(fs::exists(undo_ran));
}

BOOST_AUTO_TEST_CASE(what_outlived_a_reboot_is_undone) {
  leave_in_force(traced());
  reboot();
  BOOST_TEST(sweep() == 0);
  BOOST_TEST(fs::exists(undo_ran));
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_file_is_put_back_after_a_reboot) {
  write_content(file, "as it was\n");
  fs::permissions(file, fs::perms::owner_read);
  PlainChange change = plain_change("file:" + file);
  for (PlainOperation* part :
       {&change.apply, &change.verify, &change.undo, &change.verify_undone}) {
    *part = operation("file", {file});
  }
  change.apply.input = "broken\n";
  leave_in_force(change);
  BOOST_TEST(content_of(file) == "broken\n");
  reboot();
  BOOST_TEST(sweep() == 0);
  BOOST_TEST(content_of(file) == "as it was\n");
  BOOST_TEST((fs::status(file).permissions() == fs::perms::owner_read));
}

BOOST_AUTO_TEST_CASE(a_process_of_an_earlier_boot_is_never_signalled) {
  const Victim victim;
  leave_in_force(pause_change(victim.pid()));
  reboot();
  BOOST_TEST(sweep() == 0);
  BOOST_TEST(victim.state() == 'T');  // this one only has its number
  ::kill(victim.pid(), SIGCONT);
}

BOOST_AUTO_TEST_CASE(a_change_that_was_never_applied_needs_no_look) {
  {
    PlainChange change = traced();
    GuardProcess process(guard_program(), "serve", guards);
    const ArmedReport armed = process.arm({"run-a", 1, change});
    kill_both(process, armed);
  }
  reboot();
  BOOST_TEST(sweep() == 0);
  BOOST_TEST(!fs::exists(undo_ran));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
