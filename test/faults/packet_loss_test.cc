#include <boost/test/unit_test.hpp>

#include "sample_network.h"
#include "sample_plan.h"

namespace muster {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(packet_loss)

BOOST_AUTO_TEST_CASE(the_plan_for_one_link) {
  check_golden_plan(
      "packet_loss",
      lab_plan("packet_loss", "{host: db-us, share: 20%, towards: [db-eu, 10.9.0.0/16]}"));
}

BOOST_AUTO_TEST_CASE(the_inside_of_a_region_is_spared) {
  const FaultPlan plan = lab_plan("packet_loss", "{region: us-east, share: 1%}");
  BOOST_REQUIRE(!plan.changes.empty());
  BOOST_TEST(holds(plan.changes[0].apply.input, "set spared4"));
  BOOST_TEST(holds(plan.changes[0].apply.input, "ip daddr != @spared4"));
  BOOST_TEST(holds(plan.changes[0].apply.input, "10.1.0.20"));
  BOOST_TEST(holds(plan.changes[0].apply.input, "mod 10000 < 100 "));
}

BOOST_AUTO_TEST_CASE(in_a_region_only_hosts_that_talk_to_the_outside_must_lose_packets) {
  const FaultPlan plan = lab_plan("packet_loss", "{region: us-east, share: 1%}");
  for (const Change& change : plan.changes)
    BOOST_TEST((change.verify.lacks == "packets 0 bytes 0") == (change.host == "db-us"));
}

BOOST_AUTO_TEST_CASE(a_host_that_was_named_must_lose_packets_whether_it_talks_or_not) {
  const FaultPlan plan = lab_plan("packet_loss", "{host: app1-us, share: 1%}");
  BOOST_TEST(plan.changes.at(0).verify.lacks == "packets 0 bytes 0");
}

BOOST_AUTO_TEST_CASE(in_a_region_of_which_no_host_talks_each_has_to_lose_packets) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-us", "ss -OHtni", "");
  const FaultPlan plan = plan_of("packet_loss", "{region: us-east, share: 1%}", lab_stack(), hosts);
  for (const Change& change : plan.changes) BOOST_TEST(change.verify.lacks == "packets 0 bytes 0");
}

BOOST_AUTO_TEST_CASE(
    a_front_door_that_loses_everything_loses_its_users_by_the_health_checks_timeout) {
  for (const std::string towards : {"", ", towards: [ns1, ns2, client-us]"}) {
    const FaultPlan plan = lab_plan("packet_loss", "{host: lb-us, share: 100%" + towards + "}");
    BOOST_REQUIRE(plan.predicted.size() == 3U);
    BOOST_TEST(plan.predicted[1].worst == 5s);
  }
}

BOOST_AUTO_TEST_CASE(what_some_packets_get_through_leaves_nothing_to_predict) {
  for (const std::string loss : {"share: 99%",
                                 "share: 100%, larger_than: 400B",
                                 "share: 100%, towards: ns1",
                                 "share: 100%, towards: [client-us, client-eu]"})
    BOOST_TEST(lab_plan("packet_loss", "{host: lb-us, " + loss + "}").predicted.empty(), loss);
  // A name server of its own is spared, and still sees it.
  BOOST_TEST(lab_plan("packet_loss", "{region: us-east, share: 100%}").predicted.empty());
}

BOOST_AUTO_TEST_CASE(what_is_neither_host_nor_region_nor_prefix_is_refused) {
  for (const std::string towards : {"10.9.0.0/33", "10.9.0", "10.9.0.1/", "nobody", "fe80::/200"})
    BOOST_TEST(
        holds(lab_refusal("packet_loss", "{host: db-us, share: 20%, towards: \"" + towards + "\"}"),
              "neither a region nor a host"));
}

BOOST_AUTO_TEST_CASE(the_kernel_loses_about_the_share_it_was_told,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("packet_loss", "{region: left, share: 30%}", network.stack(), network);
  const Change& change = plan.changes.at(0);
  BOOST_TEST(perform(network, change, change.apply) == "");
  // 400 pings, each lost on one of two ways with 51 %: within 5 standard deviations of 204.
  const CommandResult pings =
      network.run("left", {"ping", "-q", "-n", "-f", "-c", "400", "-W", "1", "10.9.0.2"});
  const std::size_t at = pings.out.find(" received");
  BOOST_REQUIRE(at != std::string::npos);
  const std::size_t start = pings.out.rfind(' ', at - 1) + 1;
  const int received = std::stoi(pings.out.substr(start, at - start));
  BOOST_TEST(received > 146);
  BOOST_TEST(received < 246);
  BOOST_TEST(seen(network, change, change.verify, 5s));

  BOOST_TEST(perform(network, change, change.undo) == "");
  BOOST_TEST(seen(network, change, change.verify_undone, 5s));
  BOOST_TEST(network.run("left", {"nft", "list", "tables"}).out == "");
}

BOOST_AUTO_TEST_CASE(the_kernel_takes_a_ruleset_with_both_families,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("packet_loss",
              "{host: left, share: 100%, towards: [\"fd00::/64\", \"fd01::1\", 10.9.0.2]}",
              network.stack(),
              network);
  const Change& change = plan.changes.at(0);
  BOOST_TEST(perform(network, change, change.apply) == "");
  BOOST_TEST(!network.connected());
  BOOST_TEST(seen(network, change, change.verify, 5s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
