#include "reports/formats/github.h"

#include "test/reports/formats/golden.h"

using namespace muster;

BOOST_AUTO_TEST_SUITE(github)

BOOST_AUTO_TEST_CASE(a_job_is_told_the_headline_of_what_did_not_pass) {
  BOOST_TEST(
      github_annotation(sample::failed()) ==
      "::error title=Failed%3A drain-us-east%2C run 46::Failover took 38.2 s against a budget "
      "of 30 s, and 3 acknowledged writes were lost.\n");
  BOOST_TEST(github_annotation(sample::passed()) == "");
}

BOOST_AUTO_TEST_CASE(a_headline_cannot_begin_another_command) {
  for (const std::string& text : sample::hostile_texts()) {
    const std::string line = github_annotation(sample::hostile(text));
    BOOST_TEST(sample::count(line, "\n") == 1U, text);
  }
  Result result = sample::failed();
  result.verdict.headline = "100 %0A::add-mask::x";
  result.run.drill = "a::b,c";
  BOOST_TEST(github_annotation(result) ==
             "::error title=Failed%3A a%3A%3Ab%2Cc%2C run 46::100 %250A::add-mask::x\n");
}

BOOST_AUTO_TEST_SUITE_END()
