#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(process_kill)

BOOST_AUTO_TEST_CASE(the_plan_for_both_servers_of_a_region) {
  check_golden_plan("process_kill", lab_plan("process_kill", "{service: app, region: us-east}"));
}

BOOST_AUTO_TEST_CASE(it_takes_only_those_hosts_of_a_region_on_which_the_service_runs) {
  const FaultPlan plan = lab_plan("process_kill", "{service: app, region: eu-west}");
  BOOST_REQUIRE(plan.changes.size() == 2U);
  BOOST_TEST(plan.changes[0].host == "app1-eu");
  BOOST_TEST(plan.changes[1].host == "app2-eu");
}

BOOST_AUTO_TEST_CASE(one_of_two_servers_is_the_load_balancers_affair_alone) {
  const FaultPlan plan = lab_plan("process_kill", "{service: app, host: app1-us}");
  BOOST_REQUIRE(plan.predicted.size() == 1U);
  BOOST_TEST(plan.predicted[0].name == "detect");
}

BOOST_AUTO_TEST_CASE(the_front_door_of_a_region_is_what_the_name_servers_look_at) {
  for (const std::string service : {"balancer", "edge", "objects"}) {
    const FaultPlan plan = lab_plan("process_kill", "{service: " + service + ", region: us-east}");
    BOOST_REQUIRE(plan.predicted.size() == 3U);
    BOOST_TEST(plan.predicted[0].worst == Duration::zero());
    BOOST_TEST(plan.predicted[1].name == "decide");
  }
  BOOST_TEST(
      lab_plan("process_kill", "{service: balancer, hosts: [lb-us, lb-eu]}").predicted.empty());
  BOOST_TEST(lab_plan("process_kill", "{service: names, hosts: ns1}").predicted.empty());
}

BOOST_AUTO_TEST_CASE(servers_of_both_regions_leave_nothing_to_predict) {
  const FaultPlan plan =
      lab_plan("process_kill", "{service: app, hosts: [app1-us, app2-us, app1-eu, app2-eu]}");
  BOOST_TEST(plan.changes.size() == 4U);
  BOOST_TEST(plan.predicted.empty());
}

BOOST_AUTO_TEST_CASE(without_a_place_nothing_is_hit) {
  BOOST_TEST(holds(lab_refusal("process_kill", "{service: app}"), "say where"));
}

BOOST_AUTO_TEST_CASE(two_places_are_one_too_many) {
  BOOST_TEST(holds(lab_refusal("process_kill", "{service: app, host: app1-us, region: us-east}"),
                   "not both"));
}

BOOST_AUTO_TEST_CASE(a_host_without_the_service_is_refused) {
  BOOST_TEST(holds(lab_refusal("process_kill", "{service: app, host: db-us}"), "runs on none"));
}

BOOST_AUTO_TEST_CASE(a_service_that_could_not_be_started_again_is_refused) {
  Stack stack = lab_stack();
  json::object values = stack.services[0].params.values();
  values.erase("start");
  stack.services[0].params = Params(values);
  FakeHosts hosts;
  BOOST_TEST(holds(
      refusal("process_kill", "{service: app, host: app1-us}", stack, answer_like_the_lab(hosts)),
      "no `start`"));
}

BOOST_AUTO_TEST_CASE(a_process_that_does_not_run_is_refused) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).fails("*", "cat /run/lab/app.pid", "No such file or directory");
  BOOST_TEST(holds(refusal("process_kill", "{service: app, host: app1-us}", lab_stack(), hosts),
                   "does not run on app1-us"));
}

BOOST_AUTO_TEST_CASE(what_the_stack_protects_is_refused_by_program_host_and_service) {
  const std::string yaml = "{service: app, host: app1-us}";
  const auto why = [&](Protection::Kind kind, std::string value) {
    Stack stack = lab_stack();
    stack.protections.push_back({kind, std::move(value)});
    FakeHosts hosts;
    return refusal("process_kill", yaml, stack, answer_like_the_lab(hosts));
  };
  BOOST_TEST(holds(why(Protection::Kind::Process, "muster-lab-app"), "protected"));
  BOOST_TEST(holds(why(Protection::Kind::Process, "/run/lab/bin/muster-lab-app"), "protected"));
  BOOST_TEST(holds(why(Protection::Kind::Host, "app1-us"), "protected"));
  BOOST_TEST(holds(why(Protection::Kind::Service, "app"), "protected"));
  BOOST_TEST(why(Protection::Kind::Process, "sshd") == "");
}

BOOST_AUTO_TEST_CASE(a_protected_program_is_known_by_the_fifteen_letters_that_the_kernel_keeps) {
  Stack stack = lab_stack();
  stack.protections.push_back({Protection::Kind::Process, "systemd-resolved"});
  const auto why = [&](const std::string& comm, const std::string& path) {
    FakeHosts hosts;
    answer_like_the_lab(hosts).says("*", "cat /proc/42/comm", comm + "\n");
    hosts.says("*", "readlink /proc/42/exe", path + "\n");
    return refusal("process_kill", "{service: app, host: app1-us}", stack, hosts);
  };
  BOOST_TEST(holds(why("systemd-resolve", ""), "protected"));
  BOOST_TEST(holds(why("resolver", "/usr/lib/systemd/systemd-resolved"), "protected"));
  BOOST_TEST(holds(why("resolver", "/usr/lib/systemd/systemd-resolved (deleted)"), "protected"));
  BOOST_TEST(why("systemd-resol", "/usr/lib/systemd/systemd-resol") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
