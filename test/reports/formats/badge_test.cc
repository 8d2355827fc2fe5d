#include "reports/formats/badge_words.h"
#include "test/reports/formats/golden.h"

using namespace muster;
using sample::has;

namespace {

std::string message(const Result& result, bool expired = false) {
  return badge_words(result, expired).message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(badge)

BOOST_AUTO_TEST_CASE(badges_are_what_they_were) {
  sample::check_golden("badge", ".svg");
  sample::check_golden("badge-json", ".json");
}

BOOST_AUTO_TEST_CASE(a_badge_says_the_verdict_and_how_long_the_failover_took) {
  BOOST_TEST(message(sample::passed()) == "passed, failover 8.40 s");
  BOOST_TEST(message(sample::failed()) == "failed, failover 38.2 s");
  BOOST_TEST(message(sample::never_detected()) == "failed, failover not within 60 s");
  BOOST_TEST(message(sample::inconclusive()) == "inconclusive");
  BOOST_TEST(message(sample::broken()) == "still broken");
}

BOOST_AUTO_TEST_CASE(an_old_run_is_no_promise_any_more) {
  BOOST_TEST(message(sample::passed(), true) == "expired, was passed");
  BOOST_TEST(badge_words(sample::passed(), true).is_error);
  const ReportFormat& svg = *report_format("badge");
  BOOST_TEST(has(svg.render_expired(sample::passed()), ">expired, was passed<"));
  BOOST_TEST(
      has(report_format("badge-json")->render_expired(sample::passed()), "expired, was passed"));
}

BOOST_AUTO_TEST_CASE(what_is_broken_does_not_become_harmless_with_age) {
  BOOST_TEST(message(sample::broken(), true) == "still broken");
}

BOOST_AUTO_TEST_CASE(the_title_says_when) {
  BOOST_TEST(badge_words(sample::passed(), false).title ==
             "drain-us-east: passed, failover 8.40 s (run 46, 2026-11-14 14:13 UTC)");
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_markup) {
  for (const std::string& text : sample::hostile_texts()) {
    const std::string out = report_format("badge")->render(sample::hostile(text));
    BOOST_TEST(sample::count(out, "<") ==
                   sample::count(report_format("badge")->render(sample::passed()), "<"),
               text);
    BOOST_TEST(!has(out, "\uFFFE"));
    BOOST_TEST(out.size() < 25'000U);
    const auto json =
        parse_json(report_format("badge-json")->render(sample::hostile(text)), "badge");
    BOOST_TEST(json.as_object().size() == 6U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
