#include "runner/record/run_store.h"

#include <boost/test/unit_test.hpp>

#include "test/runner/scratch_home.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

const std::string kFirst = "01KA1000000000000000000001";
const std::string kSecond = "01KA1000000000000000000002";

/// A home in which runs have begun and nobody lives any more.
struct Home {
  ScratchHome home;

  static fs::path journal(const std::string& id) { return runs_directory() / id / "journal"; }

  static Journal begin(const std::string& id) {
    fs::create_directories(runs_directory() / id);
    mark_open(id);
    Playbook playbook;
    playbook.drill = "drain";
    Stack stack;
    stack.name = "shop";
    json::object started = run_started_record(id, playbook, stack, UtcTime{});
    started["start_ticks"] = 1;  // of a process that is no more
    Journal journal = Journal::create(Home::journal(id));
    journal.append("run-started", std::move(started), true);
    return journal;
  }

  static void leave_a_change(Journal& journal) {
    Change change;
    change.id = "break/1";
    journal.append("intent", change_record(change), true);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_store, Home)

BOOST_AUTO_TEST_CASE(a_run_that_cannot_be_read_hides_no_other_and_counts_as_not_clean) {
  fs::create_directories(journal(kFirst));  // where a file is expected
  mark_open(kFirst);
  Journal left = begin(kSecond);
  leave_a_change(left);
  const std::vector<RunTrace> runs = unfinished_runs();
  BOOST_REQUIRE(runs.size() == 2U);
  BOOST_TEST(runs[0].id == kFirst);
  BOOST_TEST(!runs[0].unreadable.empty());
  BOOST_TEST(runs[0].needs_recovery());
  BOOST_TEST(runs[0].text().find(runs[0].unreadable) != std::string::npos);
  BOOST_TEST(runs[1].text() == "run " + kSecond + " of drain");
  BOOST_TEST(runs[1].needs_recovery());
}

BOOST_AUTO_TEST_CASE(a_run_that_undid_everything_and_died_needs_no_recovery) {
  Journal journal = begin(kFirst);
  BOOST_TEST(open_runs().size() == 1U);
  BOOST_TEST(unfinished_runs().empty());
}

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_before_its_first_record_touched_nothing) {
  fs::create_directories(runs_directory() / kFirst);
  mark_open(kFirst);
  BOOST_TEST(open_runs().empty());
}

BOOST_AUTO_TEST_SUITE_END()
