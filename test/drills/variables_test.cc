#include "drills/variables.h"

#include <boost/test/unit_test.hpp>

#include "test/drills/test_catalogue.h"

namespace muster {

namespace {

constexpr std::string_view kVars =
    "vars:\n"
    "  hold: {type: duration, default: 20s, help: how long}\n"
    "  hard: {type: flag, default: false}\n"
    "  mode: {type: choice, choices: [fast, slow], default: fast}\n"
    "  share: {type: ratio, default: 5%}\n"
    "  hosts: {type: name_list, default: [app-us, db-us]}\n"
    "  page: {type: text, default: 'a: b # c'}\n";

Drill load(std::string_view rest, const std::map<std::string, std::string>& set = {}) {
  return load_text(std::string(kVars) + std::string(rest), {set, {}});
}

Duration hold_of(const Drill& drill) {
  return std::get<HoldStep>(drill.playbook.steps.at(0).action).length;
}

const InjectStep& inject_of(const Drill& drill) {
  return std::get<InjectStep>(drill.playbook.steps.at(0).action);
}

std::size_t steps_with(std::string_view when, const std::map<std::string, std::string>& set = {}) {
  return load(fmt::format("steps:\n  - hold: 1s\n  - hold: 2s\n    when: {}\n", when), set)
      .playbook.steps.size();
}

std::string message(std::string_view rest, const std::map<std::string, std::string>& set = {}) {
  return message_of_text(std::string(kVars) + std::string(rest), {set, {}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(variables)

BOOST_AUTO_TEST_CASE(a_variable_can_be_a_whole_value) {
  BOOST_TEST(to_seconds(hold_of(load("steps: [{hold: \"${hold}\"}]\n"))) == 20);
  BOOST_TEST(to_seconds(hold_of(load("steps:\n  - hold: ${hold}\n", {{"hold", "1m"}}))) == 60);
}

BOOST_AUTO_TEST_CASE(a_variable_can_be_a_whole_list) {
  const std::string steps =
      "steps:\n  - inject: cut\n    fault: {partition: {from: \"${hosts}\", to: db-eu}}\n";
  BOOST_TEST(inject_of(load(steps)).params.list("from").size() == 2U);
  BOOST_TEST(inject_of(load(steps, {{"hosts", "app-eu"}})).params.list("from").at(0) == "app-eu");
  BOOST_TEST(
      inject_of(load(steps, {{"hosts", "app-eu,app-us,db-us"}})).params.list("from").size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_variable_can_be_a_part_of_a_text) {
  BOOST_TEST(load("title: for ${hold}, ${share} of it\nsteps: [{hold: 1s}]\n").playbook.title ==
             "for 20s, 5% of it");
}

BOOST_AUTO_TEST_CASE(a_value_is_never_read_as_yaml_again) {
  const Drill drill = load("title: ${page}\nowner: ${page}!\nsteps: [{hold: 1s}]\n",
                           {{"page", "x\nsteps: []\n# [}"}});
  BOOST_TEST(drill.playbook.title == "x\nsteps: []\n# [}");
  BOOST_TEST(drill.playbook.owner == "x\nsteps: []\n# [}!");
  BOOST_TEST(load("title: ${page}\nsteps: [{hold: 1s}]\n", {{"page", "${hold}"}}).playbook.title ==
             "${hold}");
}

BOOST_AUTO_TEST_CASE(two_dollars_stand_for_one) {
  BOOST_TEST(load("title: $${hold} and $5\nsteps: [{hold: 1s}]\n").playbook.title ==
             "${hold} and $5");
}

BOOST_AUTO_TEST_CASE(keys_and_variables_themselves_are_left_alone) {
  BOOST_TEST(message("'${page}': x\nsteps: [{hold: 1s}]\n").find("unknown key '${page}'") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_value_has_to_fit_where_it_is_put) {
  BOOST_TEST(message("steps:\n  - hold: ${share}\n").find("must be a duration") !=
             std::string::npos);
  BOOST_TEST(
      message("title: x ${hosts}\nsteps: [{hold: 1s}]\n").find("cannot be a part of a text") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_set_gives_is_checked_like_a_default) {
  BOOST_TEST(message("steps: [{hold: 1s}]\n", {{"hard", "yes"}}).find("--set hard=yes: error:") !=
             std::string::npos);
  BOOST_TEST(message("steps: [{hold: 1s}]\n", {{"mode", "slwo"}}).find("did you mean 'slow'?") !=
             std::string::npos);
  BOOST_TEST(message("steps: [{hold: 1s}]\n", {{"mod", "slow"}}).find("no variable 'mod'") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_variable_without_a_default_must_be_given) {
  const std::string text = "vars:\n  region: {type: name}\nsteps: [{hold: 1s}]\n";
  BOOST_TEST(message_of_text(text).find("--set region=...") != std::string::npos);
  BOOST_TEST(message_of_text(text, {{{"region", "us-east"}}, {}}) == "");
}

BOOST_AUTO_TEST_CASE(the_playbook_says_what_each_variable_is) {
  const Drill drill = load("steps: [{hold: 1s}]\n", {{"hold", "90s"}});
  const Variable& hold = drill.playbook.variables.at(0);
  BOOST_TEST(hold.name == "hold");
  BOOST_TEST((hold.type == Type::Duration));
  BOOST_TEST(hold.help == "how long");
  BOOST_TEST(hold.value.as_int64() == 90'000'000'000);
}

BOOST_AUTO_TEST_CASE(a_flag_decides_whether_a_step_takes_place) {
  BOOST_TEST(steps_with("${hard}") == 1U);
  BOOST_TEST(steps_with("${hard}", {{"hard", "true"}}) == 2U);
}

BOOST_AUTO_TEST_CASE(a_comparison_is_of_values_not_of_letters) {
  BOOST_TEST(steps_with("${hold} == 20000ms") == 2U);
  BOOST_TEST(steps_with("${hold} != 20s") == 1U);
  BOOST_TEST(steps_with("${mode} == fast") == 2U);
  BOOST_TEST(steps_with("${mode}==slow") == 1U);
  BOOST_TEST(steps_with("${mode} != fast", {{"mode", "slow"}}) == 2U);
  BOOST_TEST(steps_with("${share} == 0.05") == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
