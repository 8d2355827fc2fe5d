// How a turn is told to have ended, by its run and by what pulled its leash.
#include <boost/test/unit_test.hpp>

#include "runner/serve/turn.h"

using namespace muster;

namespace {

Result result_of(const std::string& state, const std::string& status, int code) {
  Result result;
  result.run.state = state;
  result.verdict.status = status;
  result.verdict.exit_code = code;
  return result;
}

Result lost_its_stack() {
  Result result = result_of("interrupted", "interrupted", 130);
  result.run.abort = "the stack 'shop' is another run's now";
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(turn_end)

BOOST_AUTO_TEST_CASE(a_run_that_came_to_its_end_finished_whatever_it_showed) {
  const TurnEnd passed = end_of_turn(result_of("completed", "pass", 0), std::nullopt);
  BOOST_TEST(passed.state == "finished");
  BOOST_TEST(passed.why == "pass");
  BOOST_TEST(passed.exit_code == 0);
  const TurnEnd failed = end_of_turn(result_of("completed", "fail", 1), std::nullopt);
  BOOST_TEST(failed.state == "finished");
  BOOST_TEST(failed.why == "fail");
  BOOST_TEST(failed.exit_code == 1);
}

BOOST_AUTO_TEST_CASE(a_run_that_lost_its_stack_was_cut_though_its_claim_held) {
  const TurnEnd end = end_of_turn(lost_its_stack(), std::nullopt);
  BOOST_TEST(end.state == "cut");
  BOOST_TEST(end.why == "the stack 'shop' is another run's now");
  BOOST_TEST(end.exit_code == 130);
}

BOOST_AUTO_TEST_CASE(what_is_still_broken_after_the_loss_does_not_hide_the_cut) {
  Result result = lost_its_stack();
  result.verdict.status = "broken";
  result.verdict.exit_code = 4;
  const TurnEnd end = end_of_turn(result, std::nullopt);
  BOOST_TEST(end.state == "cut");
  BOOST_TEST(end.exit_code == 4);
}

BOOST_AUTO_TEST_CASE(a_lost_claim_cuts_and_a_persons_word_does_not) {
  const Result interrupted = result_of("interrupted", "interrupted", 130);
  const TurnEnd lost = end_of_turn(interrupted, Pull{"the server has gone", false});
  BOOST_TEST(lost.state == "cut");
  BOOST_TEST(lost.why == "the server has gone");
  const TurnEnd halted = end_of_turn(result_of("aborted", "aborted", 5), Pull{"ops said so", true});
  BOOST_TEST(halted.state == "finished");
  BOOST_TEST(halted.why == "aborted");
}

BOOST_AUTO_TEST_CASE(an_interruption_without_a_word_is_still_a_cut) {
  const TurnEnd end = end_of_turn(result_of("interrupted", "interrupted", 130), std::nullopt);
  BOOST_TEST(end.state == "cut");
  BOOST_TEST(!end.why.empty());
}

BOOST_AUTO_TEST_SUITE_END()
