// A run of which nobody can see everything undone, closed on a person's word.
#include "runner/record/given_up.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "runner/record/journal.h"
#include "test/runner/scratch_home.h"
#include "test/runner/sim_run.h"

using namespace muster;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::string kRun = "01KA1000000000000000000001";

/// A home with a dead run that left one change.
struct LeftBehind {
  ScratchHome home;
  GivingUp word{
      "alice (uid 1000)", "app-us was scrapped", parse_utc("2026-11-27T12:00:00Z").value()};

  LeftBehind() {
    make_private_directories(runs_directory() / kRun);
    mark_open(kRun);
    Journal begun = Journal::create(journal());
    json::object started =
        run_started_record(kRun, small_drill().playbook, small_drill().stack, word.at);
    started["boot_id"] = "another boot";
    begun.append("run-started", std::move(started), true);
    Change change;
    change.id = "slow/1";
    change.what = "delay 200ms";
    change.host = "app-us";
    begun.append("intent", change_record(change), true);
  }

  static fs::path journal() { return runs_directory() / kRun / "journal"; }
  static RunTrace trace() { return trace_as_far_as_readable(kRun); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(given_up, LeftBehind)

BOOST_AUTO_TEST_CASE(
    a_run_that_was_given_up_keeps_nobody_from_drilling_and_its_journal_says_who_did) {
  BOOST_TEST(unfinished_runs().size() == 1U);
  const GivenUp given = give_up_run(trace(), word);
  BOOST_TEST(open_runs().empty());
  BOOST_TEST(!trace().needs_recovery());
  BOOST_REQUIRE(trace().given_up.size() == 1U);
  BOOST_TEST(trace().given_up[0].change.what == "delay 200ms");
  BOOST_TEST(given.text() == "run " + kRun + " of " + small_drill().playbook.drill + " on " +
                                 small_drill().stack.name +
                                 ", given up by alice (uid 1000) at 2026-11-27T12:00:00.000000Z: "
                                 "app-us was scrapped");
  const JournalContent content = read_journal(journal());
  BOOST_REQUIRE(content.records.size() == 4U);
  BOOST_TEST(content.records[2].kind == "given-up");
  BOOST_TEST(text_at(content.records[2].detail, "why") == word.why);
  BOOST_TEST(content.records[3].kind == "closed");
}

BOOST_AUTO_TEST_CASE(what_was_given_up_is_told_for_as_long_as_somebody_asks_for_it) {
  BOOST_TEST(given_up_since(word.at - 1h).empty());
  give_up_run(trace(), word);
  const std::vector<GivenUp> found = given_up_since(word.at - 1h);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].run == kRun);
  BOOST_TEST(found[0].word.who == word.who);
  BOOST_TEST(found[0].changes == std::vector<std::string>{"delay 200ms on app-us: intended"},
             boost::test_tools::per_element());
  BOOST_TEST(given_up_since(word.at + 1s).empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_journal_is_closed_on_a_persons_word) {
  std::string text = read_file(journal());
  text[20] = text[20] == '0' ? '1' : '0';
  write_file_atomically(journal(), text);
  BOOST_TEST(trace().damaged);
  const GivenUp given = give_up_run(trace(), word);
  BOOST_TEST(given.changes.back() == "whatever the damaged part of its journal tells of");
  BOOST_TEST(!trace().needs_recovery());
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_read_is_put_aside) {
  fs::rename(journal(), journal().string() + ".kept");
  fs::create_directory(journal());  // where a file is expected
  BOOST_TEST(!trace().unreadable.empty());
  const GivenUp given = give_up_run(trace(), word);
  BOOST_TEST(given.text().starts_with("run " + kRun + " of an unknown drill on an unknown stack"));
  BOOST_TEST(trace().unreadable.empty());
  BOOST_TEST(!trace().needs_recovery());
  BOOST_TEST(open_runs().empty());
  BOOST_TEST(fs::is_directory(journal().string() + ".unreadable"));
}

BOOST_AUTO_TEST_CASE(a_run_is_not_given_up_beside_a_drill_of_its_stack) {
  const StackLock drilling(small_drill().stack.name, "01KA1000000000000000000009");
  BOOST_CHECK_THROW(give_up_run(trace(), word), Refused);
  BOOST_TEST(trace().needs_recovery());
  BOOST_TEST(given_up_since(word.at - 1h).empty());
}

BOOST_AUTO_TEST_CASE(a_run_lives_that_holds_its_stack_whatever_became_of_its_journal) {
  BOOST_TEST(!holds_a_stack(kRun));
  {
    const StackLock its(small_drill().stack.name, kRun);
    BOOST_TEST(holds_a_stack(kRun));
    BOOST_TEST(!holds_a_stack("01KA1000000000000000000009"));
  }
  BOOST_TEST(!holds_a_stack(kRun));
}

BOOST_AUTO_TEST_SUITE_END()
