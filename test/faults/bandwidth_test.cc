#include <boost/test/unit_test.hpp>

#include "sample_network.h"
#include "sample_plan.h"

namespace muster {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(bandwidth)

BOOST_AUTO_TEST_CASE(the_plan_for_the_interface_of_the_default_route) {
  check_golden_plan("bandwidth", lab_plan("bandwidth", "{host: lb-us, rate: 64kbit}"));
}

BOOST_AUTO_TEST_CASE(a_queue_that_somebody_configured_is_not_replaced) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "*", "tc -j qdisc", R"([{"kind":"htb","handle":"1:","root":true,"refcnt":2}])");
  BOOST_TEST(holds(refusal("bandwidth", "{host: lb-us, rate: 64kbit}", lab_stack(), hosts),
                   "already has a htb queue"));
}

BOOST_AUTO_TEST_CASE(a_protected_interface_is_refused) {
  Stack stack = lab_stack();
  stack.protections.push_back({Protection::Kind::Interface, "eth0"});
  FakeHosts hosts;
  BOOST_TEST(
      holds(refusal("bandwidth", "{host: lb-us, rate: 64kbit}", stack, answer_like_the_lab(hosts)),
            "protected"));
}

BOOST_AUTO_TEST_CASE(a_protected_interface_is_refused_by_whatever_name) {
  const std::string yaml = "{host: lb-us, rate: 64kbit, interface: enp3s0}";
  for (const char* name : {"eth0", "enp3s0"}) {
    Stack stack = lab_stack();
    stack.protections.push_back({Protection::Kind::Interface, name});
    FakeHosts hosts;
    BOOST_TEST(holds(refusal("bandwidth", yaml, stack, answer_like_the_lab(hosts)), "protected"),
               name);
    BOOST_TEST(
        holds(refusal("bandwidth", "{host: lb-us, rate: 64kbit}", stack, hosts), "protected"),
        name);
  }
  BOOST_TEST(lab_plan("bandwidth", yaml).changes.at(0).resource == "qdisc:eth0");
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_not_there_is_refused) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).fails("*", "ip -j link show dev eth7", "does not exist");
  BOOST_TEST(holds(
      refusal("bandwidth", "{host: lb-us, rate: 64kbit, interface: eth7}", lab_stack(), hosts),
      "lb-us has no interface eth7"));
}

BOOST_AUTO_TEST_CASE(without_a_default_route_the_interface_has_to_be_named) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("*", "ip -j route", "[]");
  BOOST_TEST(holds(refusal("bandwidth", "{host: lb-us, rate: 64kbit}", lab_stack(), hosts),
                   "no default route"));
  BOOST_TEST(
      refusal("bandwidth", "{host: lb-us, rate: 64kbit, interface: eth1}", lab_stack(), hosts) ==
      "");
}

BOOST_AUTO_TEST_CASE(the_kernel_limits_and_lets_go,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("bandwidth", "{host: left, rate: 64kbit}", network.stack(), network);
  const Change& change = plan.changes.at(0);
  const auto looked_at = [&] {
    return network.run("left", change.verify_undone.args).out;
  };
  BOOST_TEST(holds(looked_at(), change.undo.lacks));
  BOOST_TEST(perform(network, change, change.apply) == "");
  BOOST_TEST(holds(looked_at(), change.undo.contains));
  BOOST_TEST(!holds(looked_at(), change.undo.lacks));
  // 100 packets of 1 kB are 800 kbit: the burst and 400 ms of 64 kbit/s pass, most are dropped.
  const CommandResult pings = network.run(
      "left", {"ping", "-q", "-n", "-f", "-c", "100", "-s", "1000", "-W", "1", "10.9.0.2"});
  BOOST_TEST(!holds(pings.out, " 0% packet loss"));
  BOOST_TEST(seen(network, change, change.verify, 5s));

  BOOST_TEST(perform(network, change, change.undo) == "");
  BOOST_TEST(seen(network, change, change.verify_undone, 5s));
  BOOST_TEST(network.connected());
}

BOOST_AUTO_TEST_CASE(the_kernel_tells_which_interface_another_name_of_it_means,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  network.run("left", {"ip", "link", "property", "add", "dev", "eth0", "altname", "enp3s0"});
  Stack stack = network.stack();
  const std::string yaml = "{host: left, rate: 64kbit, interface: enp3s0}";
  BOOST_TEST(plan_of("bandwidth", yaml, stack, network).changes.at(0).resource == "qdisc:eth0");
  stack.protections.push_back({Protection::Kind::Interface, "eth0"});
  BOOST_TEST(holds(refusal("bandwidth", yaml, stack, network), "eth0 is protected"));
}

BOOST_AUTO_TEST_CASE(a_limit_that_nobody_reaches_is_not_seen_to_bite,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("bandwidth", "{host: left, rate: 100mbit}", network.stack(), network);
  const Change& change = plan.changes.at(0);
  BOOST_TEST(perform(network, change, change.apply) == "");
  BOOST_TEST(network.connected());
  BOOST_TEST(!holds(network.run("left", change.verify.args).out, "Sent 0 bytes"));
  BOOST_TEST(!seen(network, change, change.verify, 0s));
}

BOOST_AUTO_TEST_CASE(the_kernel_does_not_let_the_undo_take_a_queue_that_is_not_ours,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("bandwidth", "{host: left, rate: 64kbit}", network.stack(), network);
  const Change& change = plan.changes.at(0);
  network.run("left", {"tc", "qdisc", "add", "dev", "eth0", "root", "handle", "5:", "pfifo"});
  BOOST_TEST(perform(network, change, change.apply) != "");
  BOOST_TEST(perform(network, change, change.undo) != "");
  const std::string theirs = network.run("left", change.verify_undone.args).out;
  BOOST_TEST(holds(theirs, "pfifo 5:"));
  BOOST_TEST(!holds(theirs, change.undo.contains));
  BOOST_TEST(!holds(theirs, change.undo.lacks));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
