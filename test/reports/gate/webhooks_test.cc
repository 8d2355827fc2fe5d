#include "reports/gate/webhooks.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

namespace {

/// As Flagger sends it.
std::string flagger_body(const std::string& metadata) {
  return R"({"name":"podinfo","namespace":"test","phase":"Progressing","checksum":"85d557f47b",)"
         R"("buildId":"x","type":"pre-rollout","failedChecks":0,"metadata":)" +
         metadata + "}";
}

GateAnswer denied() {
  GateAnswer answer;
  answer.reasons = {"run 46 has expired", "the safety lever is engaged"};
  return answer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_webhooks)

BOOST_AUTO_TEST_CASE(flagger_asks_about_its_metadata) {
  const AskedGate asked = asked_by_flagger(
      flagger_body(R"({"service":"web","environment":"production","version":"2026.46.1",)"
                   R"("configuration":"sha256:0b","max_age":"7d"})"));
  BOOST_TEST(asked.complaint == "");
  BOOST_TEST(asked.question.service == "web");
  BOOST_TEST(asked.question.environment == "production");
  BOOST_TEST(asked.question.version == "2026.46.1");
  BOOST_TEST(asked.question.configuration == "sha256:0b");
  BOOST_TEST((asked.question.max_age == std::chrono::hours(24 * 7)));
}

BOOST_AUTO_TEST_CASE(what_flagger_does_not_say_is_the_canary_itself) {
  for (const char* metadata : {"{}", "null", R"({"version":"1"})"}) {
    const AskedGate asked = asked_by_flagger(flagger_body(metadata));
    BOOST_TEST(asked.complaint == "");
    BOOST_TEST(asked.question.service == "podinfo");
    BOOST_TEST(asked.question.environment == "test");
  }
  const AskedGate bare = asked_by_flagger(R"({"name":"podinfo","namespace":"test"})");
  BOOST_TEST(bare.question.service == "podinfo");
  const AskedGate drill = asked_by_flagger(flagger_body(R"({"drill":"drain-us-east"})"));
  BOOST_TEST(drill.complaint == "");
  BOOST_TEST(drill.question.drill == "drain-us-east");
  BOOST_TEST(drill.question.service == "");
  BOOST_TEST(drill.question.environment == "test");  // what passed elsewhere says nothing of it
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_understood_is_a_complaint_and_no_question) {
  for (const std::string& body : {std::string(),
                                  std::string("null"),
                                  std::string("[]"),
                                  std::string("\"web\""),
                                  std::string("{}"),
                                  std::string("{\"name\":\"a\"}"),
                                  std::string("{\"name\":1,\"namespace\":\"b\"}"),
                                  std::string("{\"name\":\"a\",\"namespace\":\"\"}"),
                                  flagger_body("[]"),
                                  flagger_body("\"x\""),
                                  flagger_body(R"({"max_aeg":"7d"})"),
                                  flagger_body(R"({"version":{"a":"b"}})"),
                                  flagger_body(R"({"version":7})"),
                                  flagger_body(R"({"version":null})"),
                                  flagger_body(R"({"max_age":"soon"})"),
                                  flagger_body("{}").substr(0, 60),
                                  flagger_body("{}") + "x",
                                  "{\"name\":\"" + std::string(70'000, 'a') + "\"}"}) {
    const AskedGate asked = asked_by_flagger(body);
    BOOST_TEST(asked.complaint != "", body.substr(0, 80));
    BOOST_TEST(asked.complaint.find('\n') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(argo_sends_the_words_as_an_object) {
  const AskedGate asked =
      asked_by_json(R"({"service":"web","environment":"production","version":"1"})");
  BOOST_TEST(asked.complaint == "");
  BOOST_TEST(asked.question.service == "web");
  for (const char* body : {"", "{}", "[]", "{\"service\":\"web\"}", "{\"servcie\":\"web\"}"})
    BOOST_TEST(asked_by_json(body).complaint != "", body);
}

BOOST_AUTO_TEST_CASE(only_an_allow_is_a_status_that_flagger_takes_for_yes) {
  GateAnswer allowed;
  allowed.allow = true;
  allowed.reasons = {"run 46 passed"};
  BOOST_TEST(flagger_reply(allowed).status == 200);
  BOOST_TEST(flagger_reply(allowed).body == "pass\nrun 46 passed\n");
  BOOST_TEST(flagger_reply(denied()).status == 403);
  BOOST_TEST(flagger_reply(denied()).body ==
             "fail\nrun 46 has expired\nthe safety lever is engaged\n");
  BOOST_TEST(flagger_reply(GateAnswer{}).status == 403);
}

BOOST_AUTO_TEST_CASE(argo_reads_the_verdict_whatever_it_is) {
  const GateReply reply = argo_reply("{\"verdict\": \"fail\"}");
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.type == "application/json");
  BOOST_TEST(reply.body == "{\"verdict\": \"fail\"}");
}

BOOST_AUTO_TEST_SUITE_END()
