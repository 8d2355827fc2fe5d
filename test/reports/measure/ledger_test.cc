#include "reports/measure/ledger.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

class LedgerRun {
 public:
  LedgerRun() { run_.probe("comments", 10, 5s, "ledger").fault(10s).undo(20s); }

  LedgerRun& write(int number, Duration when, Outcome outcome = Outcome::Good) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = sample.due + 10ms;
    sample.kind = SampleKind::Write;
    sample.value = number;
    sample.outcome = outcome;
    run_.sample("comments", "client-us", sample);
    return *this;
  }
  LedgerRun& read(
      const std::string& vantage, int number, Duration when, Outcome outcome, int count = 1) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = sample.due + 10ms;
    sample.kind = SampleKind::ReadBack;
    sample.value = number;
    sample.text = run_.text("client-us");
    sample.outcome = outcome;
    sample.status = static_cast<std::uint16_t>(outcome == Outcome::Good ? count : 0);
    run_.sample("comments", vantage, sample);
    return *this;
  }
  Result judged() { return run_.judged(); }

 private:
  RecordBuilder run_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(an_acknowledged_write_that_no_region_has_at_last_is_lost) {
  const Result result = LedgerRun()
                            .write(1, 9s)
                            .read("client-us", 1, 9100ms, Outcome::Good)  // it was there once
                            .read("client-us", 1, 30s, Outcome::WrongBody)
                            .read("client-eu", 1, 30s, Outcome::WrongBody)
                            .judged();
  BOOST_TEST(result.integrity.acked == 1);
  BOOST_TEST(result.integrity.checked == 1);
  BOOST_TEST(result.integrity.lost_total == 1);
  BOOST_REQUIRE(result.integrity.lost.size() == 1u);
  BOOST_TEST(result.integrity.lost[0].key == "comments/client-us/1");
  BOOST_TEST(result.integrity.lost[0].t_s == -1.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "lost_writes").value == 1.0);
}

BOOST_AUTO_TEST_CASE(a_write_that_one_region_still_has_is_not_lost) {
  const Result result = LedgerRun()
                            .write(1, 9s)
                            .read("client-us", 1, 30s, Outcome::WrongBody)
                            .read("client-eu", 1, 30s, Outcome::Good)
                            .judged();
  BOOST_TEST(result.integrity.lost_total == 0);
  BOOST_TEST(result.integrity.checked == 1);
}

BOOST_AUTO_TEST_CASE(a_write_whose_last_look_went_unanswered_is_not_called_lost_nor_checked) {
  const Result result = LedgerRun()
                            .write(1, 9s)
                            .read("client-us", 1, 30s, Outcome::WrongBody)
                            .read("client-eu", 1, 9100ms, Outcome::Good)
                            .read("client-eu", 1, 30s, Outcome::NotSent)
                            .judged();
  BOOST_TEST(result.integrity.acked == 1);
  BOOST_TEST(result.integrity.checked == 0);
  BOOST_TEST(result.integrity.lost_total == 0);
  BOOST_TEST(!metric(result, "lost_writes").value.has_value());
}

BOOST_AUTO_TEST_CASE(what_nobody_could_read_back_may_be_lost_as_well) {
  const Result result = LedgerRun()
                            .write(1, 9s)
                            .write(2, 9s)
                            .write(3, 9s)
                            .read("client-us", 1, 30s, Outcome::Good)
                            .read("client-us", 2, 30s, Outcome::WrongBody)
                            .read("client-us", 3, 30s, Outcome::NotSent)
                            .judged();
  const auto& lost = metric(result, "lost_writes");
  BOOST_TEST(*lost.value == 1.0);
  BOOST_TEST(*lost.lo == 1.0);
  BOOST_TEST(*lost.hi == 2.0);
}

BOOST_AUTO_TEST_CASE(unknown_and_refused_writes_are_promised_to_nobody) {
  const Result result = LedgerRun()
                            .write(1, 11s, Outcome::Unknown)
                            .write(2, 12s, Outcome::Refused)
                            .write(3, 13s)
                            .read("client-us", 1, 30s, Outcome::WrongBody)
                            .read("client-us", 3, 30s, Outcome::Good)
                            .judged();
  BOOST_TEST(result.integrity.acked == 1);
  BOOST_TEST(result.integrity.unknown == 1);
  BOOST_TEST(result.integrity.refused == 1);
  BOOST_TEST(result.integrity.lost_total == 0);
  BOOST_TEST(*metric(result, "unknown_writes").value == 1.0);
}

BOOST_AUTO_TEST_CASE(reading_tells_which_unknown_writes_happened) {
  const Result result = LedgerRun()
                            .write(1, 11s, Outcome::Unknown)
                            .write(2, 12s, Outcome::Unknown)
                            .write(3, 13s, Outcome::Unknown)
                            .write(4, 14s, Outcome::Unknown)
                            .read("client-us", 1, 30s, Outcome::Good)
                            .read("client-us", 2, 30s, Outcome::WrongBody)
                            .read("client-us", 3, 30s, Outcome::NotSent)
                            .judged();
  BOOST_TEST(result.integrity.unknown == 4);
  BOOST_TEST(result.integrity.unknown_found == 1);
  BOOST_TEST(result.integrity.unknown_missing == 1);  // of two of them nobody can tell
  BOOST_TEST(result.integrity.lost_total == 0);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_there_twice_is_a_duplicate) {
  const Result result =
      LedgerRun().write(1, 9s).read("client-us", 1, 30s, Outcome::Good, 2).judged();
  BOOST_TEST(result.integrity.duplicate_total == 1);
  BOOST_TEST(*metric(result, "duplicate_writes").value == 1.0);
}

BOOST_AUTO_TEST_CASE(
    a_read_that_missed_an_acknowledged_write_is_stale_by_the_age_of_what_it_missed) {
  const Result result =
      LedgerRun()
          .write(1, 11s)                                      // acknowledged at 11.010 s
          .read("client-eu", 1, 11005ms, Outcome::WrongBody)  // not acknowledged yet: not stale
          .read("client-eu", 1, 12s, Outcome::WrongBody)
          .read("client-eu", 1, 14010ms, Outcome::WrongBody)
          .read("client-eu", 1, 15s, Outcome::Good)
          .judged();
  BOOST_TEST(result.integrity.stale_total == 1);
  BOOST_TEST(*result.integrity.worst_stale_s == 3.0, tt::tolerance(1e-9));
  BOOST_TEST(result.integrity.stale[0].vantage == "client-eu");
  BOOST_TEST(*metric(result, "staleness_max").value == 3.0, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(an_error_while_reading_back_says_nothing_of_the_write) {
  const Result result = LedgerRun()
                            .write(1, 11s)
                            .read("client-eu", 1, 12s, Outcome::HttpError)
                            .read("client-eu", 1, 15s, Outcome::Good)
                            .judged();
  BOOST_TEST(result.integrity.stale_total == 0);
  BOOST_TEST(result.integrity.checked == 1);
}

BOOST_AUTO_TEST_CASE(only_the_first_200_are_listed_but_all_are_counted) {
  LedgerRun run;
  for (int i = 0; i < 250; ++i) {
    run.write(i, 9s + i * 1ms).read("client-us", i, 30s, Outcome::WrongBody);
  }
  const Result result = run.judged();
  BOOST_TEST(result.integrity.lost_total == 250);
  BOOST_TEST(result.integrity.lost.size() == 200u);
}

BOOST_AUTO_TEST_SUITE_END()
