#include <boost/test/unit_test.hpp>

#include "faults/plan_text.h"

#include "sample_plan.h"

namespace muster {
namespace {

std::string why_not(FakeHosts& hosts, const std::string& yaml = "{region: us-east}") {
  return refusal("drain_region", yaml, lab_stack(), hosts);
}

/// The lab's stack with one routing of programs.
Stack stack_with_programs() {
  Stack stack = lab_stack();
  Routing routing = stack.routings.front();
  routing.kind = "command";
  routing.params = Params(json::object{{"host", "ns1"},
                                       {"drain", {"steer", "--out", "{region}"}},
                                       {"undrain", {"steer", "--in", "{region}"}},
                                       {"verify", {"steer", "--is-out={region}"}}});
  stack.routings = {routing};
  return stack;
}

/// The lab's stack with one value behind a provider's API.
Stack stack_with_provider(json::object changed = {}) {
  Stack stack = lab_stack();
  Routing routing = stack.routings.front();
  routing.kind = "http";
  json::object params{{"host", "ns1"},
                      {"url", "https://api.example.com/pools/{region}"},
                      {"headers", {{"Authorization", "Bearer ${secret:file:/run/token}"}}},
                      {"value", "/result/enabled"},
                      {"drained", "false"},
                      {"method", "PATCH"},
                      {"body", R"({"enabled": {value}})"},
                      {"names", {{"us-east", "17f3a"}}}};
  for (auto& [key, value] : changed) params[key] = value;
  routing.params = Params(std::move(params));
  stack.routings = {routing};
  return stack;
}

std::string provider_refusal(json::object changed, const std::string& found = "true\n") {
  FakeHosts hosts;
  hosts.says("ns1", "muster-setting", found);
  return refusal(
      "drain_region", "{region: us-east}", stack_with_provider(std::move(changed)), hosts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drain_region)

BOOST_AUTO_TEST_CASE(the_plan_by_gdnsd_which_is_the_labs_first_routing) {
  check_golden_plan("drain_region", lab_plan("drain_region", "{region: us-east}"));
}

BOOST_AUTO_TEST_CASE(the_plan_by_haproxy) {
  check_golden_plan("drain_region_haproxy",
                    lab_plan("drain_region", "{region: us-east, via: haproxy}"));
}

BOOST_AUTO_TEST_CASE(answers_from_the_drained_region_no_longer_count) {
  const FaultPlan plan = lab_plan("drain_region", "{region: eu-west}");
  BOOST_TEST(plan.regions_out == std::vector<std::string>{"eu-west"});
}

BOOST_AUTO_TEST_CASE(
    a_drain_by_gdnsd_is_seen_in_what_each_name_server_answers_a_user_of_the_region) {
  const FaultPlan plan = lab_plan("drain_region", "{region: eu-west}");
  BOOST_REQUIRE(plan.changes.size() == 2U);
  BOOST_TEST(holds(plan.changes[0].verify.text(),
                   "away 10.31.0.53 api.novvista.test 10.2.0.10 10.2.0.10 10.2.0.11"));
  BOOST_TEST(holds(plan.changes[1].verify.text(), "away 10.32.0.53 "));
  BOOST_TEST(holds(plan.changes[0].verify_undone.text(), "gdnsdctl"));
}

BOOST_AUTO_TEST_CASE(where_users_are_sent_elsewhere_already_only_gdnsd_itself_can_tell) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("ns2", "muster-look away", "it answers 10.2.0.10");
  const FaultPlan plan = plan_of("drain_region", "{region: us-east}", lab_stack(), hosts);
  BOOST_TEST(holds(plan.changes[0].verify.text(), "muster-look away"));
  BOOST_TEST(holds(plan.changes[1].verify.contains, "DOWN!"));
}

BOOST_AUTO_TEST_CASE(a_drain_by_haproxy_is_seen_in_the_status_that_the_health_check_gets) {
  const Change drain = lab_plan("drain_region", "{region: us-east, via: haproxy}").changes.at(0);
  BOOST_TEST(drain.verify.args.back() == "http://10.1.0.10/lb-health");
  BOOST_TEST(drain.verify.contains == "status ");
  BOOST_TEST(drain.verify.lacks == "status 200");
  BOOST_TEST(drain.verify_undone.contains == " region up\n");
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("lb-us", "/lb-health", "status 503");
  BOOST_TEST(plan_of("drain_region", "{region: us-east, via: haproxy}", lab_stack(), hosts)
                 .changes.at(0)
                 .verify.contains == " region drain\n");
}

BOOST_AUTO_TEST_CASE(a_resource_that_gdnsd_does_not_know_would_be_ignored_so_it_is_refused) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("ns2", "gdnsdctl", R"({"geoip/geo/eu": {"state": "NA"}})");
  BOOST_TEST(holds(why_not(hosts), "gdnsd on ns2 knows no geoip/geo/us"));
}

BOOST_AUTO_TEST_CASE(a_state_that_somebody_forced_is_not_overwritten) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "ns1",
      "gdnsdctl",
      R"({"geoip/geo/us": {"state": "NA"}, "geoip/geo/eu": {"state": "DOWN!"}})");
  BOOST_TEST(holds(why_not(hosts), "already forced in gdnsd on ns1"));
}

BOOST_AUTO_TEST_CASE(haproxy_is_put_back_to_what_it_said_before) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("lb-us", "show map", "0x1 region warm\n0x2 other up\n\n");
  const FaultPlan plan =
      plan_of("drain_region", "{region: us-east, via: haproxy}", lab_stack(), hosts);
  BOOST_TEST(holds(plan.changes[0].undo.input, "region warm"));
  BOOST_TEST(plan.changes[0].verify_undone.contains == " region warm\n");
  BOOST_TEST(plan.changes[0].undo.contains ==
             " region drain\n");  // else it is somebody else's by now
}

BOOST_AUTO_TEST_CASE(a_state_in_haproxy_that_only_begins_like_ours_is_somebody_elses) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("lb-us", "/lb-health", "status 503");
  const FaultPlan plan =
      plan_of("drain_region", "{region: us-east, via: haproxy}", lab_stack(), hosts);
  const Change& change = plan.changes.at(0);
  // What HAProxy 2.6 prints by `socat - UNIX-CONNECT:SOCKET <<< "show map FILE"`.
  const std::string ours = "0x5599ce684430 region drain\n\n";
  const std::string before = "0x5599ce684430 region up\n\n";
  BOOST_TEST(holds(ours, change.verify.contains));
  BOOST_TEST(holds(ours, change.undo.contains));
  BOOST_TEST(holds(before, change.verify_undone.contains));
  for (const char* theirs :
       {"0x5599ce684430 region draining\n\n", "0x5599ce684430 region upgrade\n\n"}) {
    BOOST_TEST(!holds(theirs, change.verify.contains));
    BOOST_TEST(!holds(theirs, change.undo.contains));
    BOOST_TEST(!holds(theirs, change.verify_undone.contains));
  }
}

BOOST_AUTO_TEST_CASE(a_region_that_is_drained_already_is_refused) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("lb-us", "show map", "0x1 region drain\n\n");
  BOOST_TEST(holds(why_not(hosts, "{region: us-east, via: haproxy}"), "drained already"));
}

BOOST_AUTO_TEST_CASE(haproxy_without_the_key_is_refused_because_setting_it_would_do_nothing) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("lb-us", "show map", "\n");
  BOOST_TEST(holds(why_not(hosts, "{region: us-east, via: haproxy}"), "has no region in"));
}

BOOST_AUTO_TEST_CASE(a_list_of_states_that_was_cut_does_not_say_that_none_is_forced) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says_too_much(
      "ns2", "gdnsdctl", R"({"geoip/geo/us": {"state": "NA"}, "geoip/geo/eu": )");
  BOOST_TEST(holds(why_not(hosts), "`gdnsdctl states` on ns2 is too long"));
}

BOOST_AUTO_TEST_CASE(a_map_that_was_cut_is_not_read) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says_too_much("lb-us", "show map", "0x1 region u");
  BOOST_TEST(holds(why_not(hosts, "{region: us-east, via: haproxy}"), "too long to be read whole"));
}

BOOST_AUTO_TEST_CASE(a_region_that_the_programs_of_the_stack_say_is_out_is_not_put_back_by_us) {
  FakeHosts hosts;
  hosts.says("ns1", "steer --is-out=eu-west", "");
  BOOST_TEST(holds(refusal("drain_region", "{region: eu-west}", stack_with_programs(), hosts),
                   "eu-west is drained already: steer --is-out=eu-west says so"));
}

BOOST_AUTO_TEST_CASE(what_a_provider_says_reaches_no_terminal_unless_it_can_be_printed) {
  FakeHosts hosts;
  hosts.says("ns1", "muster-setting", "\"\u009b31m\u202egnp\"\n");
  const FaultPlan plan = plan_of("drain_region", "{region: us-east}", stack_with_provider(), hosts);
  const std::string shown = plan.changes.at(0).what + plan_text(plan);
  BOOST_TEST(!holds(shown, "\u009b"));
  BOOST_TEST(!holds(shown, "\u202e"));
  BOOST_TEST(holds(plan.changes[0].undo.text(), "\u202e"));  // what is put back is as it was
}

BOOST_AUTO_TEST_CASE(programs_of_the_stack_are_told_the_region) {
  FakeHosts hosts;
  hosts.fails("ns1", "steer --is-out", "");
  const FaultPlan plan = plan_of("drain_region", "{region: eu-west}", stack_with_programs(), hosts);
  BOOST_REQUIRE(plan.changes.size() == 1U);
  BOOST_TEST(plan.changes[0].apply.args.back() == "eu-west");
  BOOST_TEST(plan.changes[0].undo.args[1] == "--in");
  BOOST_TEST(plan.changes[0].verify.args.back() == "--is-out=eu-west");
}

BOOST_AUTO_TEST_CASE(an_undrain_that_only_asked_for_it_is_not_taken_for_the_end_of_the_drain) {
  FakeHosts hosts;
  hosts.fails("ns1", "steer --is-out", "");
  Stack stack = stack_with_programs();
  json::object programs = stack.routings.at(0).params.values();
  programs["verify_undrained"] = {"steer", "--sends-to", "{region}"};
  stack.routings[0].params = Params(std::move(programs));
  const Change change = plan_of("drain_region", "{region: eu-west}", stack, hosts).changes.at(0);
  BOOST_TEST(change.verify_undone.text() == "steer --sends-to eu-west");
}

BOOST_AUTO_TEST_CASE(a_plan_says_that_nothing_looks_whether_an_undrain_worked) {
  FakeHosts hosts;
  hosts.fails("ns1", "steer --is-out", "");
  const FaultPlan plan = plan_of("drain_region", "{region: eu-west}", stack_with_programs(), hosts);
  BOOST_TEST(holds(plan_text(plan), "gone by   nothing looks: the undo's own exit code"));
}

BOOST_AUTO_TEST_CASE(a_value_behind_an_api_is_put_back_to_what_the_plan_saw) {
  FakeHosts hosts;
  hosts.says("ns1", "muster-setting", "\"weighted\"\n");
  const FaultPlan plan = plan_of("drain_region", "{region: us-east}", stack_with_provider(), hosts);
  BOOST_REQUIRE(plan.changes.size() == 1U);
  const Change& change = plan.changes[0];
  const auto words = [](const Operation& operation) {
    return std::vector<std::string>(operation.args.begin() + 1, operation.args.end());
  };
  BOOST_TEST(words(change.apply) == (std::vector<std::string>{"set", "\"weighted\"", "false"}));
  BOOST_TEST(change.verify.contains == "value=false;\n");
  BOOST_TEST(change.undo.contains == change.verify.contains);
  BOOST_TEST(words(change.undo) == (std::vector<std::string>{"restore", "false", "\"weighted\""}));
  BOOST_TEST(change.verify_undone.contains == "value=\"weighted\";\n");
  BOOST_TEST(holds(change.undo.input, "https://api.example.com/pools/17f3a"));
  BOOST_TEST(change.resource == "http:https://api.example.com/pools/17f3a");
}

BOOST_AUTO_TEST_CASE(a_plan_by_an_api_holds_the_reference_to_its_token_only) {
  FakeHosts hosts;
  hosts.says("ns1", "muster-setting", "true\n");
  const FaultPlan plan = plan_of("drain_region", "{region: us-east}", stack_with_provider(), hosts);
  BOOST_TEST(holds(plan.changes[0].apply.input, "${secret:file:/run/token}"));
}

BOOST_AUTO_TEST_CASE(an_api_that_says_drained_already_is_left_alone) {
  BOOST_TEST(holds(provider_refusal({}, "false\n"), "drained already"));
}

BOOST_AUTO_TEST_CASE(an_api_routing_that_could_not_put_back_is_refused) {
  BOOST_TEST(holds(provider_refusal({{"body", "{}"}}), "has no {value}"));
  BOOST_TEST(holds(provider_refusal({{"value", "enabled"}}), "no JSON pointer"));
  BOOST_TEST(holds(provider_refusal({{"drained", "off"}}), "write a text as"));
}

BOOST_AUTO_TEST_CASE(a_stack_without_routing_cannot_drain) {
  Stack stack = lab_stack();
  stack.routings.clear();
  FakeHosts hosts;
  BOOST_TEST(holds(refusal("drain_region", "{region: us-east}", stack, hosts), "no routing"));
}

BOOST_AUTO_TEST_CASE(the_only_region_is_not_drained) {
  Stack stack = lab_stack();
  stack.regions = {"us-east"};
  FakeHosts hosts;
  BOOST_TEST(holds(refusal("drain_region", "{region: us-east}", stack, hosts), "only region"));
}

BOOST_AUTO_TEST_CASE(a_protected_admin_state_file_stays_as_it_is) {
  Stack stack = lab_stack();
  stack.protections.push_back({Protection::Kind::Path, "/run/lab/gdnsd/state/admin_state"});
  FakeHosts hosts;
  BOOST_TEST(holds(refusal("drain_region", "{region: us-east}", stack, answer_like_the_lab(hosts)),
                   "protected"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
