#include "runner/drill/ending.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "runner/perhaps_in_force.h"
#include "runner/record/journal.h"
#include "runner/record/run_store.h"
#include "test/base/loop.h"
#include "test/runner/scratch_home.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

struct Run {
  ScratchHome home;
  fs::path journal = home.path / "journal";

  void intend() const {
    Change change;
    change.id = "break/1";
    Journal::create(journal).append("intent", change_record(change), true);
  }
};

EngineEnd ended_by_error(bool refused = false) {
  EngineEnd end;
  end.error = std::make_exception_ptr(Error("an agent ended"));
  end.refused = refused;
  return end;
}

EngineEnd ended_with(std::optional<Undone::State> state) {
  EngineEnd end;
  end.record.emplace();
  end.record->actions.emplace_back();
  if (state) end.record->actions.back().undone.emplace().state = *state;
  return end;
}

Task<Result> fails() {
  throw Error("cannot read the journal: Too many open files");
  co_return Result{};
}

Task<Result> fails_otherwise() {
  throw std::bad_alloc();
  co_return Result{};
}

Task<> expect_problem(Task<> last, std::string problem) {
  const std::string said = co_await problem_of(std::move(last));
  BOOST_TEST(said == problem);
}

Task<> cannot_let_go() {
  throw Error("the store is away");
  co_return;
}

Task<> lets_go() {
  co_return;
}

Task<> wait_for(Task<Result> rest, bool undone) {
  co_await result_of_rest(std::move(rest), undone);
}

Task<> expect_end(Task<RunRecord> engine, std::string why, bool refused) {
  const EngineEnd end = co_await end_of(std::move(engine));
  BOOST_TEST(!end.record.has_value());
  BOOST_TEST((end.error != nullptr));
  BOOST_TEST(end.why == why);
  BOOST_TEST(end.refused == refused);
}

Task<RunRecord> refused_by_a_target() {
  throw Refused("not here");
  co_return RunRecord{};
}

Task<RunRecord> out_of_memory() {
  throw std::bad_alloc();
  co_return RunRecord{};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ending, Run)

BOOST_AUTO_TEST_CASE(a_run_with_a_record_is_undone_where_every_change_was_seen_gone) {
  BOOST_TEST(is_undone(ended_with(Undone::State::Clean), home.path));
  BOOST_TEST(is_undone(ended_with(Undone::State::CleanByGuard), home.path));
  BOOST_TEST(!is_undone(ended_with(Undone::State::Unknown), home.path));
  BOOST_TEST(!is_undone(ended_with(Undone::State::Conflict), home.path));
  BOOST_TEST(!is_undone(ended_with(std::nullopt), home.path));
}

BOOST_AUTO_TEST_CASE(a_run_without_a_record_is_undone_where_nothing_was_tried_or_a_target_refused) {
  BOOST_TEST(is_undone(ended_by_error(), home.path));
  intend();
  BOOST_TEST(!is_undone(ended_by_error(), home.path));
  BOOST_TEST(is_undone(ended_by_error(true), home.path));
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_read_says_nothing_of_being_undone) {
  fs::create_directory(journal);
  BOOST_TEST(!is_undone(ended_by_error(), home.path));
}

BOOST_AUTO_TEST_CASE(a_second_failure_never_hides_that_something_may_be_in_force) {
  const auto says_so = [](const PerhapsInForce& error) {
    return std::string_view(error.what()).find("run `muster recover`") != std::string_view::npos;
  };
  BOOST_CHECK_EXCEPTION(run_task(wait_for(fails(), false)), PerhapsInForce, says_so);
  BOOST_CHECK_EXCEPTION(run_task(wait_for(fails_otherwise(), false)), PerhapsInForce, says_so);
}

BOOST_AUTO_TEST_CASE(a_failure_after_everything_is_undone_stays_what_it_is) {
  BOOST_CHECK_EXCEPTION(run_task(wait_for(fails(), true)), Error, [](const Error& error) {
    return dynamic_cast<const PerhapsInForce*>(&error) == nullptr;
  });
  BOOST_CHECK_THROW(run_task(wait_for(fails_otherwise(), true)), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(what_fails_when_nothing_depends_on_it_is_told_and_changes_nothing) {
  run_task(expect_problem(cannot_let_go(), "the store is away"));
  run_task(expect_problem(lets_go(), ""));
}

BOOST_AUTO_TEST_CASE(whatever_ends_the_engine_is_told) {
  run_task(expect_end(refused_by_a_target(), "not here", true));
  run_task(expect_end(out_of_memory(), "std::bad_alloc", false));
}

BOOST_AUTO_TEST_SUITE_END()
