#include <set>

#include <boost/test/unit_test.hpp>

#include "sample_network.h"
#include "sample_plan.h"

namespace muster {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(partition)

BOOST_AUTO_TEST_CASE(the_plan_between_two_hosts) {
  check_golden_plan("partition", lab_plan("partition", "{from: [db-us, cache-us], to: eu-west}"));
}

BOOST_AUTO_TEST_CASE(a_region_is_cut_on_each_of_its_hosts_and_users_are_not_among_the_peers) {
  const FaultPlan plan = lab_plan("partition", "{from: us-east, to: eu-west}");
  const Stack stack = lab_stack();
  BOOST_TEST(plan.changes.size() == stack.hosts_in("us-east").size());
  for (const Change& change : plan.changes) {
    BOOST_TEST(stack.host(change.host)->region == "us-east");
    BOOST_TEST(holds(change.apply.input, "10.2.0.20 timeout 120s"));
    BOOST_TEST(!holds(change.apply.input, stack.host("client-eu")->address));
    BOOST_TEST(!holds(change.apply.input, "10.1.0."));
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_talks_to_the_other_side_must_lose_packets_a_quiet_one_need_not) {
  const FaultPlan plan = lab_plan("partition", "{from: [db-us, cache-us], to: db-eu}");
  BOOST_TEST(plan.changes[0].verify.lacks == "packets 0 bytes 0");
  BOOST_TEST(plan.changes[1].verify.lacks == "");
}

BOOST_AUTO_TEST_CASE(a_connection_that_has_long_been_silent_is_not_counted_on) {
  FakeHosts hosts;
  answer_like_the_lab(hosts)
      .says("db-us",
            "ss -OHtni",
            "ESTAB 0 0 10.1.0.20:5432 10.2.0.20:40112 lastsnd:60812 lastrcv:60816 lastack:60771\n")
      .says("cache-us",
            "ss -OHtni",
            "ESTAB 0 0 10.1.0.30:6379 10.2.0.20:40112 lastsnd:12 lastrcv:16 lastack:71\n");
  const FaultPlan plan =
      plan_of("partition", "{from: [db-us, cache-us], to: db-eu}", lab_stack(), hosts);
  BOOST_TEST(plan.changes[0].verify.lacks == "");
  BOOST_TEST(plan.changes[1].verify.lacks == "packets 0 bytes 0");
}

BOOST_AUTO_TEST_CASE(a_list_of_connections_that_was_cut_does_not_say_that_a_host_is_quiet) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says_too_much("db-us", "ss -OHtni", "");
  const FaultPlan plan = plan_of("partition", "{from: db-us, to: eu-west}", lab_stack(), hosts);
  BOOST_TEST(!holds(plan.changes.at(0).what, "do not talk"));
}

BOOST_AUTO_TEST_CASE(where_no_host_talks_a_cut_that_drops_nothing_does_not_count_as_in_force) {
  for (const std::string from : {"cache-us", "[cache-us, obj-us]"}) {
    const FaultPlan plan = lab_plan("partition", "{from: " + from + ", to: db-eu}");
    for (const Change& change : plan.changes) {
      BOOST_TEST(holds(change.what, "they do not talk just now"));
      BOOST_TEST(change.verify.lacks == "packets 0 bytes 0");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_balancer_that_no_longer_reaches_its_servers_finds_them_frozen) {
  const FaultPlan all = lab_plan("partition", "{from: lb-us, to: [app1-us, app2-us]}");
  BOOST_REQUIRE(all.predicted.size() == 3U);
  BOOST_TEST(all.predicted[0].worst == 2600ms);
  const FaultPlan one = lab_plan("partition", "{from: app1-us, to: lb-us, direction: one_way}");
  BOOST_REQUIRE(one.predicted.size() == 1U);
  BOOST_TEST(one.predicted[0].name == "detect");
}

BOOST_AUTO_TEST_CASE(a_front_door_that_no_name_server_reaches_loses_its_users) {
  const FaultPlan all = lab_plan("partition", "{from: lb-us, to: [ns1, ns2]}");
  BOOST_REQUIRE(all.predicted.size() == 3U);
  BOOST_TEST(all.predicted[1].worst == 5s);  // by timeout
  BOOST_TEST(lab_plan("partition", "{from: lb-us, to: ns1}").predicted.empty());
}

BOOST_AUTO_TEST_CASE(a_cut_between_regions_leaves_nothing_to_predict) {
  BOOST_TEST(lab_plan("partition", "{from: us-east, to: eu-west}").predicted.empty());
  BOOST_TEST(lab_plan("partition", "{from: [lb-us, lb-eu], to: [ns1, ns2]}").predicted.empty());
  BOOST_TEST(
      lab_plan("partition", "{from: [edge-us, edge-eu], to: [lb-us, lb-eu]}").predicted.empty());
}

BOOST_AUTO_TEST_CASE(connections_of_ipv6_sockets_to_ipv4_peers_are_recognised) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "app1-us",
      "ss -OHtni",
      "ESTAB 0 0 [::ffff:10.1.0.11]:8080 [::ffff:10.2.0.20]:40112 lastsnd:12 lastrcv:12\n");
  const FaultPlan plan = plan_of("partition", "{from: app1-us, to: db-eu}", lab_stack(), hosts);
  BOOST_TEST(!holds(plan.changes[0].what, "do not talk"));
}

BOOST_AUTO_TEST_CASE(one_way_leaves_what_arrives_alone) {
  const FaultPlan plan = lab_plan("partition", "{from: db-us, to: db-eu, direction: one_way}");
  BOOST_TEST(holds(plan.changes[0].apply.input, "chain leaving"));
  BOOST_TEST(!holds(plan.changes[0].apply.input, "chain arriving"));
}

BOOST_AUTO_TEST_CASE(nothing_is_cut_from_itself) {
  BOOST_TEST(holds(lab_refusal("partition", "{from: us-east, to: [db-us, eu-west]}"),
                   "db-us cannot be cut from itself"));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_refused_with_the_nearest_one) {
  BOOST_TEST(holds(lab_refusal("partition", "{from: db-su, to: eu-west}"), "did you mean db-us"));
}

BOOST_AUTO_TEST_CASE(a_peer_whose_address_is_no_address_never_reaches_a_ruleset) {
  Stack stack = lab_stack();
  for (StackHost& host : stack.hosts)
    if (host.name == "db-eu") host.address = "10.2.0.20 } ; flush ruleset";
  FakeHosts hosts;
  BOOST_TEST(
      holds(refusal("partition", "{from: db-us, to: db-eu}", stack, answer_like_the_lab(hosts)),
            "not an IPv4 or IPv6 address"));
}

BOOST_AUTO_TEST_CASE(every_host_and_step_gets_a_table_of_its_own) {
  const FaultPlan plan = lab_plan("partition", "{from: us-east, to: eu-west}");
  std::set<std::string> tables;
  for (const Change& change : plan.changes) BOOST_TEST(tables.insert(change.resource).second);
}

BOOST_AUTO_TEST_CASE(the_kernel_cuts_and_heals,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  BOOST_REQUIRE(network.connected());
  const FaultPlan plan = plan_of("partition", "{from: left, to: right}", network.stack(), network);
  const Change& change = plan.changes.at(0);

  BOOST_TEST(perform(network, change, change.apply) == "");
  BOOST_TEST(!network.connected());
  BOOST_TEST(seen(network, change, change.verify, 5s));
  BOOST_TEST(!seen(network, change, change.verify_undone, 0s));

  BOOST_TEST(perform(network, change, change.undo) == "");
  BOOST_TEST(seen(network, change, change.verify_undone, 5s));
  BOOST_TEST(network.connected());
  BOOST_TEST(network.run("left", {"nft", "list", "tables"}).out == "");
  // Once more it is refused, and what counts is that nothing of it is seen.
  BOOST_TEST(perform(network, change, change.undo) != "");
  BOOST_TEST(seen(network, change, change.verify_undone, 5s));
}

BOOST_AUTO_TEST_CASE(a_table_that_somebody_else_put_in_place_of_ours_is_left_alone,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan = plan_of("partition", "{from: left, to: right}", network.stack(), network);
  const Change& change = plan.changes.at(0);
  BOOST_TEST(perform(network, change, change.apply) == "");
  const auto looked_at = [&] {
    return network.run("left", change.verify_undone.args).out;
  };
  BOOST_TEST(looked_at().find(change.undo.contains) != std::string::npos);
  const std::string table = change.verify_undone.lacks;
  network.run("left", {"nft", "delete", "table", "inet", table});
  network.run("left", {"nft", "add", "table", "inet", table});
  network.run("left", {"nft", "add", "chain", "inet", table, "theirs"});
  const std::string theirs = network.run("left", {"nft", "list", "ruleset"}).out;
  BOOST_TEST(theirs.find("theirs") != std::string::npos);
  BOOST_TEST(looked_at().find(change.undo.contains) == std::string::npos);
  BOOST_TEST(perform(network, change, change.undo) != "");
  BOOST_TEST(!seen(network, change, change.verify_undone, 0s));
  BOOST_TEST(network.run("left", {"nft", "list", "ruleset"}).out == theirs);
}

BOOST_AUTO_TEST_CASE(the_kernel_hears_but_does_not_answer_one_way,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("partition", "{from: right, to: left, direction: one_way}", network.stack(), network);
  const Change& change = plan.changes.at(0);
  BOOST_TEST(perform(network, change, change.apply) == "");
  BOOST_TEST(!network.connected());
  BOOST_TEST(holds(
      network.run("right", {"nft", "list", "counter", "inet", change.resource.substr(4), "dropped"})
          .out,
      "packets 1 "));
}

BOOST_AUTO_TEST_CASE(the_kernel_ends_the_cut_at_its_deadline_when_nobody_else_does,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  FaultPlan plan = plan_of("partition", "{from: left, to: right}", network.stack(), network);
  Change& change = plan.changes.at(0);
  std::string& ruleset = change.apply.input;
  ruleset.replace(ruleset.find("timeout 120s"), 12, "timeout 2s");
  BOOST_TEST(perform(network, change, change.apply) == "");
  BOOST_TEST(!network.connected());
  Operation ping = exec({"ping", "-n", "-c", "1", "-W", "1", "10.9.0.2"});
  BOOST_TEST(seen(network, change, ping, 20s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
