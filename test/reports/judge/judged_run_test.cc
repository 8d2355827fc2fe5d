// From a judged run to everything that relies on it: the page, the history and the gate.
#include <filesystem>

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "reports/formats/html.h"
#include "reports/gate/signed_result.h"
#include "store/history_store.h"
#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

/// Two probes, one of them with a budget of 10 s that it keeps with 3.2 s; the other takes 6 s.
Result judged() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13200ms, 100)
      .good("readers", "client-us", 13200ms, 50s, 100)
      .good("comments", "client-us", 0s, 10s, 20)
      .bad("comments", "client-us", 10s, 16s, 20, Outcome::Unknown)
      .good("comments", "client-us", 16s, 50s, 20)
      .fault(10s)
      .undo(30s)
      .agent("client-us")
      .objective("time_to_failover", "readers", 10);
  run.record().sample_digest = sha256("the samples");
  return run.judged();
}

DrillAnswer ask(const Result& result) {
  std::string folder = (std::filesystem::temp_directory_path() / "muster-judged-XXXXXX").string();
  BOOST_REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const SigningKey key = SigningKey::open_or_make(folder + "/signing-key.pem");
  TrustedKeys trusted;
  trusted.add_pem(key.public_pem());
  const std::string text = pretty_json(to_json(result));
  HistoryRun run = history_run_of(result);
  run.result_digest = sha256(text);
  const auto history = open_history(folder + "/history.db");
  history->add(run);
  GateEvidence evidence;
  evidence.runs = history->runs(result.run.drill, 10);
  std::filesystem::remove_all(folder);
  take_result(text, sign_result(key, text), trusted, evidence);
  evidence.now = result.run.ended_at + std::chrono::hours(1);
  GateDemand demand;
  demand.drill = result.run.drill;
  return decide(demand, evidence);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(judged_run)

BOOST_AUTO_TEST_CASE(the_first_of_several_trials_names_their_group) {
  const Result result = judged();
  BOOST_TEST(result.run.trial_group == result.run.id);
}

BOOST_AUTO_TEST_CASE(a_judged_pass_opens_the_gate_through_history_and_json) {
  const Result result = judged();
  BOOST_REQUIRE(result.verdict.status == "pass");
  const DrillAnswer answer = ask(result);
  BOOST_TEST_MESSAGE(answer.reasons.front());
  BOOST_TEST(answer.allow);
}

BOOST_AUTO_TEST_CASE(a_judged_miss_keeps_it_shut) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 25s, 100)
      .good("readers", "client-us", 25s, 50s, 100)
      .fault(10s)
      .undo(40s)
      .agent("client-us")
      .objective("time_to_failover", "readers", 10);
  BOOST_TEST(!ask(run.judged()).allow);
}

BOOST_AUTO_TEST_CASE(the_page_shows_the_judged_failover_and_not_the_worst_of_any_probe) {
  const std::string page = render_html(judged());
  const std::size_t figure = page.find("<dt>Time to fail over, readers</dt>");
  BOOST_REQUIRE(figure != std::string::npos);
  BOOST_TEST(page.substr(figure, 120).find("3.20 s") != std::string::npos);
  BOOST_TEST(page.find("120 requests of unknown fate") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
