#include "runner/serve/gate_keeper.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/process.h"
#include "runner/interlocks/lever.h"
#include "test/runner/scratch_home.h"

using namespace muster;

// How many looks at store and files many questions make. The policy is a pipe: whoever reads it
// stands still until the test writes it.

namespace {

namespace asio = boost::asio;

/// A gate with all that stands behind it, and those who ask.
struct Gate : ScratchHome {
  asio::io_context loop;
  SystemClock clock;
  Log log{false};
  Random random{1};
  std::unique_ptr<Host> here = make_host("here", "local", {});
  std::string policy = (path / "gate.yaml").string();
  Settings settings = with_policy(policy);
  std::vector<ScheduledDrill> drills;
  SharedStore store{default_store()};
  Notifier notifier{{}, clock, *here, &log};
  Scheduler scheduler{{settings, drills, clock, *here, store, notifier, log, random, "holder", ""}};
  ResultShelf results;
  Desk desk{settings, drills, scheduler, store, clock, log, results, "here"};
  SigningKey key = SigningKey::open_or_make(path / "signing-key.pem");
  ServerMetrics metrics;
  GateKeeper keeper{desk, key, metrics};
  std::vector<std::optional<GateAnswer>> answers;
  bool anybody_failed = false;

  Gate() { BOOST_REQUIRE(::mkfifo(policy.c_str(), 0600) == 0); }

  static Settings with_policy(const std::string& file) {
    Settings made;
    made.policy = file;
    return made;
  }

  void ask(const std::string& service) {
    GateQuestion question;
    question.service = service;
    question.environment = "production";
    asio::co_spawn(loop,
                   keeper.answer(std::move(question)),
                   [this](std::exception_ptr error, std::optional<GateAnswer> answer) {
                     anybody_failed = anybody_failed || error != nullptr;
                     answers.push_back(std::move(answer));
                   });
    loop.poll();
    loop.restart();
  }

  /// Waits until somebody reads the policy.
  int reading() const { return ::open(policy.c_str(), O_WRONLY | O_CLOEXEC); }

  /// Lets that reader go on, and finds a file whoever comes after it.
  void go_on(int pipe) {
    const std::string text = "muster_gate: 1\nservices: {web: {production: [drain]}}\n";
    std::filesystem::remove(policy);
    write_file_atomically(policy, text);
    BOOST_TEST(::write(pipe, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(pipe);
    loop.run_for(std::chrono::seconds(60));
    loop.restart();
  }
};

std::size_t denied(const Gate& gate) {
  std::size_t count = 0;
  for (const auto& answer : gate.answers) count += answer && !answer->allow ? 1 : 0;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_keeper)

BOOST_AUTO_TEST_CASE(who_asks_the_same_while_nobody_has_looked_yet_shares_one_look) {
  Gate gate;
  gate.ask("first");
  const int pipe = gate.reading();
  for (int i = 0; i < 300; ++i) gate.ask("web");
  BOOST_TEST(gate.answers.empty());
  gate.go_on(pipe);
  BOOST_TEST(!gate.anybody_failed);
  BOOST_TEST(denied(gate) == 301U);
  BOOST_TEST(gate.keeper.looked() == 2U);
}

BOOST_AUTO_TEST_CASE(a_look_that_has_begun_is_no_answer_to_who_asks_later) {
  Gate gate;
  gate.ask("web");
  const int pipe = gate.reading();
  for (int i = 0; i < 10; ++i) gate.ask("web");
  gate.go_on(pipe);
  BOOST_TEST(denied(gate) == 11U);
  BOOST_TEST(gate.keeper.looked() == 2U);
}

BOOST_AUTO_TEST_CASE(different_questions_are_looked_at_one_by_one_and_too_many_are_sent_away) {
  Gate gate;
  gate.ask("first");
  const int pipe = gate.reading();
  for (int i = 1; i < 64; ++i) gate.ask("service-" + std::to_string(i));
  BOOST_TEST(gate.answers.empty());
  gate.ask("one-too-many");
  BOOST_REQUIRE(gate.answers.size() == 1U);
  BOOST_TEST(!gate.answers[0].has_value());
  gate.ask("service-63");  // that one is waited for already
  BOOST_TEST(gate.answers.size() == 1U);
  gate.go_on(pipe);
  BOOST_TEST(denied(gate) == 65U);
  BOOST_TEST(gate.keeper.looked() == 64U);
  gate.ask("one-too-many");
  gate.loop.run_for(std::chrono::seconds(60));
  BOOST_TEST(denied(gate) == 66U);
}

BOOST_AUTO_TEST_CASE(what_became_so_before_a_question_came_is_in_its_answer) {
  Gate gate;
  gate.ask("web");
  const int pipe = gate.reading();
  engage_lever("somebody", "incident 4711", gate.clock.utc_now());
  gate.ask("web");
  gate.go_on(pipe);
  BOOST_REQUIRE(gate.answers.size() == 2U);
  const std::optional<GateAnswer>& later_one = gate.answers.back();
  BOOST_REQUIRE((later_one && !later_one->reasons.empty()));
  BOOST_TEST(later_one->reasons.front().find("incident 4711") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
