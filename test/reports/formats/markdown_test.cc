#include "reports/formats/markdown.h"

#include "base/text.h"
#include "test/reports/formats/golden.h"

using namespace muster;
using sample::count;
using sample::has;

namespace {

std::string markdown(const Result& result) {
  return report_format("markdown")->render(result);
}

/// A result that has more of everything than fits.
Result endless(const std::string& text) {
  Result result = sample::hostile(text);
  const auto multiply = [](auto& list) {
    const auto part = list;
    while (list.size() < 500) list.insert(list.end(), part.begin(), part.end());
  };
  multiply(result.metrics);
  multiply(result.events);
  multiply(result.actions);
  multiply(result.checks);
  multiply(result.validity);
  multiply(result.verdict.reasons);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(markdown_report)

BOOST_AUTO_TEST_CASE(summaries_are_what_they_were) {
  sample::check_golden("markdown", ".md");
}

BOOST_AUTO_TEST_CASE(failures_come_first_and_what_nobody_promised_is_folded_away) {
  const std::string text = markdown(sample::failed());
  const std::size_t failed = text.find("| ❌ Failed");
  const std::size_t passed = text.find("| ✅ Passed");
  const std::size_t info = text.find("| No budget");
  BOOST_REQUIRE(info != std::string::npos);
  BOOST_TEST(failed < passed);
  const std::size_t fold = text.find("<summary>Measured without a budget");
  BOOST_TEST(passed < fold);
  BOOST_TEST(fold < info);
  BOOST_TEST(has(text, "| Time to fail over, readers | 38.2 s (± 10 ms) | ≤ 30 s |"));
}

BOOST_AUTO_TEST_CASE(what_is_usual_and_what_changed_stand_beside_a_value) {
  Result result = sample::passed();
  for (Result::Metric& metric : result.metrics) {
    metric.history.reset();
    metric.change.reset();
    if (metric.id != "time_to_failover" || !metric.budget) continue;
    metric.history = Result::MetricHistory{{"a", "b"}, {6.1, 6.3}, 6.2};
    Result::MetricChange change;
    change.result = "worse";
    change.text = "35 % slower than usual";
    metric.change = change;
    metric.verdict = "warn";
  }
  const std::string text = markdown(result);
  BOOST_TEST(has(text, "| ≤ 30 s | 6.20 s | ⚠️ Warning: "));
  BOOST_TEST(has(text, "35 % slower than usual |"));
}

BOOST_AUTO_TEST_CASE(what_may_be_in_force_is_said_before_any_number) {
  const std::string text = markdown(sample::broken());
  const std::size_t alarm = text.find("may still be in force");
  BOOST_REQUIRE(alarm != std::string::npos);
  BOOST_TEST(alarm < text.find("| Check |"));
  BOOST_TEST(has(text, "To undo it by hand: ` nft delete table inet muster_drain_2 `"));
  BOOST_TEST(!has(markdown(sample::passed()), "in force."));
}

BOOST_AUTO_TEST_CASE(conditions_that_did_not_hold_are_not_folded_away) {
  const std::string text = markdown(sample::inconclusive());
  const std::size_t missed = text.find("- ❔ Fair measurement, probe-lag");
  BOOST_REQUIRE(missed != std::string::npos);
  BOOST_TEST(missed < text.find("<details>"));
}

BOOST_AUTO_TEST_CASE(a_summary_is_never_larger_than_a_comment_may_be) {
  for (const std::string& text : sample::hostile_texts()) {
    const std::string out = markdown(endless(text));
    BOOST_TEST(out.size() <= kMostMarkdown, text);
    BOOST_TEST(has(out, "… and "), text);
    BOOST_TEST(count(out, "<details>") == count(out, "</details>"), text);
  }
}

BOOST_AUTO_TEST_CASE(text_stays_text) {
  BOOST_TEST(markdown_text("a|b") == "a&#124;b");
  BOOST_TEST(markdown_text("<b>&amp;") == "&lt;b&gt;&amp;amp;");
  BOOST_TEST(markdown_text("@admin #123") == "@&#8203;admin #&#8203;123");
  BOOST_TEST(markdown_text(":x: at 12:04:05") == ":&#8203;x: at 12:04:05");
  BOOST_TEST(markdown_text("http://x www.x a.b") == "http:&#8203;//x www.&#8203;x a.b");
  BOOST_TEST(markdown_text("![a](b) *c* _d_ ~e~ $f$ \\") ==
             "!\\[a\\](b) \\*c\\* \\_d\\_ \\~e\\~ \\$f\\$ \\\\");
  BOOST_TEST(markdown_text("  two\nlines\n") == "two lines");
  BOOST_TEST(markdown_text("`x`") == "&#96;x&#96;");
}

BOOST_AUTO_TEST_CASE(a_command_can_be_copied_as_it_is) {
  BOOST_TEST(markdown_code("nft 'a|b' @c #1 <d>") == "` nft 'a|b' @c #1 <d> `");
  BOOST_TEST(markdown_code("echo `date` ``x``") == "``` echo `date` ``x`` ```");
  BOOST_TEST(markdown_code("a\nb") == "` a b `");
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_markup) {
  const std::string usual = markdown(sample::hostile("plain"));
  const auto lines = [](const std::string& text) {
    return split(text, '\n').size();
  };
  for (const std::string& text : sample::hostile_texts()) {
    const std::string out = markdown(sample::hostile(text));
    BOOST_TEST(lines(out) <= lines(usual), text);
    BOOST_TEST(count(out, "\n#") == 0U, text);
    BOOST_TEST(count(out, "\n/") == 0U, text);
    BOOST_TEST(count(out, "\n::") == 0U, text);
    BOOST_TEST(!has(out, "\x1b"), text);
    BOOST_TEST(!has(out, "<script>\n"), text);
    for (const std::string& line : split(out, '\n')) {
      if (line.starts_with("| ")) BOOST_TEST(count(line, "|") == 6U, line);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_result_is_written_without_harm) {
  BOOST_TEST(has(markdown(Result{}), "Unknown verdict"));
}

BOOST_AUTO_TEST_SUITE_END()
