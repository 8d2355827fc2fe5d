#include "drills/playbook.h"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "test/drills/test_catalogue.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kReaders =
    "probes:\n  readers:\n    http: {url: \"http://www.example.test/\"}\n";

Drill load_good(std::string_view name, const LoadOptions& options = {}) {
  return load_drill(source_path(fmt::format("test/good/{}.yaml", name)), test_catalogue(), options);
}

template <class Action>
const Action& action(const Drill& drill, std::size_t index) {
  return std::get<Action>(drill.playbook.steps.at(index).action);
}

std::vector<std::string> titles(const Drill& drill) {
  std::vector<std::string> all;
  for (const Step& step : drill.playbook.steps) all.push_back(step.title());
  return all;
}

Playbook simple(std::string_view rest) {
  return load_text(std::string(kReaders) + std::string(rest)).playbook;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(playbook)

BOOST_AUTO_TEST_CASE(every_good_playbook_loads) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("test/good"))) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    BOOST_CHECK_NO_THROW(load_drill(entry.path().string(), test_catalogue(), {}));
  }
  BOOST_TEST(count >= 3U);
}

BOOST_AUTO_TEST_CASE(the_design_s_example_is_read_whole) {
  const Drill drill = load_good("full");
  const Playbook& playbook = drill.playbook;
  BOOST_TEST(playbook.drill == "drain-us-east");
  BOOST_TEST(playbook.tags.size() == 3U);
  BOOST_TEST(drill.stack.name == "novvista-lab");
  BOOST_TEST_REQUIRE(playbook.probes.size() == 3U);
  const ProbeSpec& readers = *playbook.probe("readers");
  BOOST_TEST(readers.kind == "http");
  BOOST_TEST(readers.rate == 100);
  BOOST_TEST(readers.clients == 20);
  BOOST_TEST((readers.settle == 5s));
  BOOST_TEST(readers.params.object("expect").integer("status") == 200);
  BOOST_TEST(readers.params.text("method") == "GET");
  BOOST_TEST(readers.from.size() == 2U);
  BOOST_TEST(playbook.steady.at(1).max.value() == 0.5);
  BOOST_TEST(playbook.stop_if.at(0).above.value() == 0.9);
  BOOST_TEST((playbook.stop_if.at(0).for_at_least == 20s));
  BOOST_TEST(playbook.objectives.size() == 3U);
  BOOST_TEST(titles(drill) == (std::vector<std::string>{"baseline of 10.0 s",
                                                        "inject drain (drain_region)",
                                                        "await failover of readers within 60.0 s",
                                                        "hold for 20.0 s",
                                                        "undo drain",
                                                        "await recovery of readers within 60.0 s"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_kind_of_step_is_read) {
  const Drill drill = load_good("every_step");
  BOOST_TEST((action<BaselineStep>(drill, 0).length == 10s));
  BOOST_TEST(action<ExpectStep>(drill, 1).condition.max.value() == 0.001);
  const RunStep& run = action<RunStep>(drill, 2);
  BOOST_TEST(
      run.argv == (std::vector<std::string>{"logger", "drill in us-east for 1m30s", "${HOME}"}),
      boost::test_tools::per_element());
  BOOST_TEST((run.timeout == 30s));
  BOOST_TEST((action<AskStep>(drill, 3).within == 5min));
  BOOST_TEST(action<ParallelStep>(drill, 4).branches.size() == 2U);
  BOOST_TEST((action<AwaitStep>(drill, 5).kind == AwaitStep::Kind::Failover));
  BOOST_TEST((action<AwaitStep>(drill, 6).condition.for_at_least == 3s));
  BOOST_TEST((action<HoldStep>(drill, 7).length == 90s));
  BOOST_TEST(action<InjectStep>(drill, 9).accept_irreversible);
  BOOST_TEST(action<InjectStep>(drill, 9).accept_all_regions);
  BOOST_TEST(!action<InjectStep>(drill, 8).accept_all_regions);
  BOOST_TEST(drill.playbook.trials == 3);
}

BOOST_AUTO_TEST_CASE(a_variable_changes_which_steps_take_place) {
  const Drill gentle = load_good("every_step");
  const Drill hard = load_good("every_step", {{{"mode", "hard"}, {"dns_too", "true"}}, {}});
  BOOST_TEST(action<ParallelStep>(hard, 4).branches.size() == 3U);
  BOOST_TEST(action<InjectStep>(hard, 7).name == "cut");
  BOOST_TEST(hard.playbook.steps.size() == gentle.playbook.steps.size() + 2);
}

BOOST_AUTO_TEST_CASE(fragments_bring_probes_limits_and_variables) {
  const Playbook playbook = load_good("every_step", {{{"rate", "10/s"}}, {}}).playbook;
  BOOST_TEST(playbook.probe("readers")->rate == 10);
  BOOST_TEST(playbook.probe("readers")->poisson);
  BOOST_TEST(playbook.steady.size() == 2U);
  BOOST_TEST(playbook.objectives.front().metric == "latency_p99");
  BOOST_TEST(playbook.objectives.size() == 6U);
  BOOST_TEST(playbook.text.find("poisson") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_stack_can_be_given_beside_the_playbook) {
  const LoadOptions options{{}, source_path("test/bad/stack.yaml")};
  const Drill drill = load_good("smallest", options);
  BOOST_TEST(drill.stack.file == source_path("test/bad/stack.yaml"));
  BOOST_TEST(drill.playbook.stack_file == source_path("test/bad/stack.yaml"));
  BOOST_CHECK_EXCEPTION(
      load_good("smallest", {{}, "/nowhere.yaml"}), UsageError, [](const UsageError& error) {
        return std::string(error.what())
            .starts_with("--stack /nowhere.yaml: error: there is no file");
      });
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_the_defaults_of_the_interface) {
  const Playbook playbook =
      simple("steps:\n  - inject: a\n    fault: {dns_fail: {}}\n  - await: {failover: readers}\n");
  const ProbeSpec& probe = playbook.probes.at(0);
  BOOST_TEST(probe.from.empty());
  BOOST_TEST(probe.rate == 1);
  BOOST_TEST(!probe.poisson);
  BOOST_TEST(probe.clients == 1);
  BOOST_TEST((probe.settle == 5s));
  BOOST_TEST((std::get<AwaitStep>(playbook.steps.at(1).action).within == 60s));
  BOOST_TEST(!std::get<InjectStep>(playbook.steps.at(0).action).deadline.has_value());
  BOOST_TEST(playbook.trials == 1);
}

BOOST_AUTO_TEST_CASE(a_step_knows_the_line_it_stands_in) {
  const Playbook playbook =
      simple("steps:\n  - hold: 1s\n  - inject: a\n    fault: {dns_fail: {}}\n");
  BOOST_TEST(playbook.steps.at(0).where.line == 8);
  BOOST_TEST(playbook.steps.at(1).where.line == 9);
  BOOST_TEST(playbook.steps.at(1).where.column == 13);
}

BOOST_AUTO_TEST_CASE(a_self_healing_fault_may_be_recovered_from_without_an_undo) {
  const std::string kill =
      "steps:\n  - inject: a\n    fault: {process_kill: {service: app}}\n  - await: {recovery: "
      "readers}\n";
  BOOST_TEST(message_of_text(std::string(kReaders) + kill) == "");
  const std::string drain =
      "steps:\n  - inject: a\n    fault: {drain_region: {region: us-east}}\n  - await: {recovery: "
      "readers}\n";
  BOOST_TEST(message_of_text(std::string(kReaders) + drain) != "");
}

BOOST_AUTO_TEST_CASE(a_deadline_counts_every_hold_up_to_the_undo_and_the_longest_branch) {
  const auto drill = [](std::string_view deadline) {
    return fmt::format(
        "steps:\n  - inject: a\n    fault: {{drain_region: {{region: us-east}}}}\n    deadline: "
        "{}\n  - hold: 10s\n"
        "  - parallel: [{{hold: 5s}}, {{hold: 20s}}]\n  - undo: a\n  - hold: 1h\n",
        deadline);
  };
  BOOST_TEST(message_of_text(drill("31s")) == "");
  BOOST_TEST(message_of_text(drill("30s")).find("the steps between take 30s") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_digest_is_of_the_meaning_not_of_the_letters) {
  const std::string digest = simple("steps:\n  - hold: 90s\n").digest;
  BOOST_TEST(digest.starts_with("sha256:"));
  BOOST_TEST(digest.size() == 71U);
  BOOST_TEST(simple("steps: [{hold: 1m30s}]  # the same\n").digest == digest);
  BOOST_TEST(simple("steps: [{hold: 91s}]\n").digest != digest);
  BOOST_TEST(simple("title: t\nsteps: [{hold: 90s}]\n").digest != digest);
  BOOST_TEST(
      simple("vars: {h: {type: duration, default: 90s}}\nsteps: [{hold: \"${h}\"}]\n").digest ==
      digest);
}

BOOST_AUTO_TEST_CASE(a_series_goes_on_while_only_words_budgets_and_patience_change) {
  const auto series = [](std::string_view top,
                         std::string_view hold,
                         std::string_view within,
                         std::string_view max) {
    return simple(fmt::format("{}objectives:\n  - {{metric: error_ratio, probe: readers, max: "
                              "{}}}\nsteps:\n  - inject: a\n"
                              "    fault: {{dns_fail: {{}}}}\n  - await: {{failover: readers}}\n   "
                              " within: {}\n  - hold: {}\n",
                              top,
                              max,
                              within,
                              hold))
        .series_key;
  };
  const std::string key = series("", "5s", "30s", "1%");
  BOOST_TEST(series("title: another\ntags: [a]\n", "5s", "30s", "1%") == key);
  BOOST_TEST(series("", "5s", "90s", "1%") == key);
  BOOST_TEST(series("", "5s", "30s", "2%") == key);
  BOOST_TEST(series("stop_if:\n  - {metric: error_ratio, probe: readers, above: 50%}\n",
                    "5s",
                    "30s",
                    "1%") == key);
  BOOST_TEST(series("", "6s", "30s", "1%") != key);
}

BOOST_AUTO_TEST_CASE(another_rate_or_another_stack_is_another_series) {
  const std::string text =
      "muster: 1\ndrill: x\nprobes: {p: {http: {url: u}, rate: 5/s}}\nsteps: [{hold: 1s}]\n";
  const Scratch scratch;
  const std::string one =
      scratch.write("one.yaml", "muster_stack: 1\nstack: one\nhosts: {h: {reach: local}}\n");
  const std::string two =
      scratch.write("two.yaml", "muster_stack: 1\nstack: two\nhosts: {h: {reach: local}}\n");
  const auto key = [&](const std::string& file, const std::string& stack) {
    return load_drill(file, test_catalogue(), {{}, stack}).playbook.series_key;
  };
  const std::string drill = scratch.write("drill.yaml", text);
  const std::string faster = scratch.write(
      "faster.yaml", text.substr(0, text.find("5/s")) + "6/s}}\nsteps: [{hold: 1s}]\n");
  BOOST_TEST(key(drill, one) != key(drill, two));
  BOOST_TEST(key(drill, one) != key(faster, one));
  BOOST_TEST(key(drill, one) == key(drill, one));
}

BOOST_AUTO_TEST_CASE(a_playbook_that_is_not_there_is_the_user_s_mistake) {
  BOOST_CHECK_THROW(load_drill("/nowhere/drill.yaml", test_catalogue(), {}), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
