#include "reports/gate/question.h"

#include <boost/test/unit_test.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr const char* kNonce = "0123456789abcdef";

std::string complaint_about(const GateWords& words) {
  return asked_by_words(words).complaint;
}

GateQuestion of_web() {
  GateQuestion question;
  question.service = "web";
  question.environment = "production";
  return question;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_question)

BOOST_AUTO_TEST_CASE(words_give_back_the_question_they_were_made_of) {
  GateQuestion whole = of_web();
  whole.version = "2026.46.1 \"ü\" &=?";
  whole.configuration = "sha256:0b";
  whole.max_age = 36h + 30min;
  GateQuestion of_drill;
  of_drill.drill = "drain-us-east";
  of_drill.no_regression = true;
  for (const GateQuestion& question : {whole, of_web(), of_drill}) {
    const AskedGate asked = asked_by_words(words_of(question, kNonce));
    BOOST_TEST(asked.complaint == "");
    BOOST_TEST((asked.question == question));
    BOOST_TEST(asked.nonce == kNonce);
    BOOST_TEST(asked_by_words(words_of(question, "")).nonce == "");
  }
}

BOOST_AUTO_TEST_CASE(a_word_that_is_not_understood_is_never_passed_over) {
  const GateWords good = words_of(of_web(), kNonce);
  BOOST_TEST(complaint_about(good) == "");
  const auto with = [&](const std::string& name, const std::string& value) {
    GateWords words = good;
    words[name] = value;
    return complaint_about(words);
  };
  BOOST_TEST(with("max_aeg", "1h") ==
             "the question has an unknown word 'max_aeg'; did you mean 'max_age'?");
  for (const char* value : {"", "x", "7", "-1h", "0"})
    BOOST_TEST(with("max_age", value) != "", value);
  for (const char* name : {"service", "environment", "drill", "version", "configuration"})
    BOOST_TEST(with(name, "").find("given and empty") != std::string::npos, name);
  for (const char* value : {"", "yes", "1", "TRUE"})
    BOOST_TEST(with("no_regression", value) != "", value);
  BOOST_TEST(with("no_regression", "true") ==
             "whether a regression denies is said by the policy, drill by drill");
  BOOST_TEST(with("no_regression", "false") == "");
  for (const std::string value : {"", "short", "0123456789abcde!", "0123456789abcde "})
    BOOST_TEST(with("nonce", value) != "", value);
  BOOST_TEST(with("nonce", std::string(129, 'a')) != "");
  BOOST_TEST(with("version", "a\nb") != "");
  BOOST_TEST(with("version", std::string("a\0b", 3)) != "");
  BOOST_TEST(with("version", "\xff\xfe") != "");
  BOOST_TEST(with("version", std::string(201, 'a')) != "");
  BOOST_TEST(with("version", std::string(200, 'a')) == "");
}

BOOST_AUTO_TEST_CASE(a_question_is_about_one_thing) {
  BOOST_TEST(complaint(GateQuestion{}) != "");
  GateQuestion both = of_web();
  both.drill = "drain-us-east";
  BOOST_TEST(complaint(both) != "");
  GateQuestion nowhere = of_web();
  nowhere.environment.clear();
  BOOST_TEST(complaint(nowhere) == "name the environment that 'web' goes to");
  GateQuestion nothing_older = of_web();
  nothing_older.max_age = 0ns;
  BOOST_TEST(complaint(nothing_older) != "");
}

BOOST_AUTO_TEST_CASE(questions_that_differ_are_told_apart_in_json) {
  const GateQuestion asked = of_web();
  std::vector<GateQuestion> others(7, asked);
  others[0].service = "api";
  others[1].environment = "staging";
  others[2].version = "1";
  others[3].configuration = "sha256:0";
  others[4].max_age = 1h;
  others[5].no_regression = true;
  others[6].drill = "x";
  for (const GateQuestion& other : others) BOOST_TEST((to_json(other) != to_json(asked)));
  BOOST_TEST((to_json(asked) == to_json(of_web())));
}

BOOST_AUTO_TEST_SUITE_END()
