#include <boost/test/unit_test.hpp>

#include "test/base/loop.h"

#include "sample_network.h"
#include "sample_plan.h"

namespace muster {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(latency)

BOOST_AUTO_TEST_CASE(the_plan_for_a_database) {
  check_golden_plan("latency",
                    lab_plan("latency",
                             "{host: db-us, delay: 100ms, jitter: 20ms, towards: "
                             "[app1-us, app2-us], port: 5432}"));
}

BOOST_AUTO_TEST_CASE(the_holder_stands_by_before_the_rules_and_outlives_them) {
  const FaultPlan plan = lab_plan("latency", "{host: db-us, delay: 100ms}");
  BOOST_REQUIRE(plan.changes.size() == 3U);
  BOOST_TEST(plan.changes[0].apply.kind == "holder");
  BOOST_TEST(plan.changes[0].order < plan.changes[2].order);
  BOOST_TEST(holds(plan.changes[2].apply.input, "--queue-bypass"));
}

BOOST_AUTO_TEST_CASE(a_process_whose_number_is_that_of_our_queue_is_not_taken_for_it) {
  const Change holder = lab_plan("latency", "{host: db-us, delay: 100ms}").changes.at(0);
  const std::string queue = holder.apply.args.at(2);
  // What Linux 6.1 prints, after `cat -n`: queue, process, packets that wait.
  const std::string ours = "     1\t    7   4711     0 2  1500     0     0        0  1\n     2\t" +
                           queue + "   4712     0 2  1500     0     0        0  1\n";
  const std::string theirs = "     1\t    7  " + queue + "     0 2  1500     0     0        0  1\n";
  BOOST_TEST(holds(ours, holder.verify.contains));
  BOOST_TEST(holds(ours, holder.verify_undone.lacks));
  BOOST_TEST(!holds(theirs, holder.verify.contains));
  BOOST_TEST(!holds(theirs, holder.verify_undone.lacks));
}

BOOST_AUTO_TEST_CASE(ipv6_peers_are_refused_rather_than_left_out) {
  BOOST_TEST(
      holds(lab_refusal("latency", "{host: db-us, delay: 1s, towards: \"fd00::1\"}"), "IPv4 only"));
}

BOOST_AUTO_TEST_CASE(the_kernel_holds_and_lets_go,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan =
      plan_of("latency", "{region: left, delay: 300ms}", network.stack(), network);
  const Change& holder = plan.changes.at(0);
  const Change& rules = plan.changes.back();
  const auto whole = [&]() -> Task<> {
    std::unique_ptr<Channel> delayer = co_await network.host("left").open(holder.apply.args);
    const std::string ready = co_await delayer->read();
    BOOST_TEST(ready == "ready\n");
    BOOST_TEST(seen(network, holder, holder.verify, 5s));
    BOOST_TEST(!seen(network, rules, rules.verify, 0s));
    BOOST_TEST(perform(network, rules, rules.apply) == "");

    const CommandResult ping =
        network.run("left", {"ping", "-n", "-c", "1", "-W", "5", "10.9.0.2"});
    const std::size_t at = ping.out.find("time=");
    BOOST_TEST(at != std::string::npos);
    if (at != std::string::npos) BOOST_TEST(std::stod(ping.out.substr(at + 5)) >= 300);
    BOOST_TEST(seen(network, rules, rules.verify, 5s));

    BOOST_TEST(perform(network, rules, rules.undo) == "");
    BOOST_TEST(seen(network, rules, rules.verify_undone, 5s));
    delayer->kill();
    co_await delayer->wait();
    BOOST_TEST(seen(network, holder, holder.verify_undone, 5s));
    BOOST_TEST(network.connected());
  };
  run_task(whole());
}

BOOST_AUTO_TEST_CASE(the_kernel_passes_packets_when_the_delayer_has_died,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan = plan_of("latency", "{host: left, delay: 300ms}", network.stack(), network);
  const Change& rules = plan.changes.back();
  BOOST_TEST(perform(network, rules, rules.apply) == "");
  BOOST_TEST(network.connected());
}

BOOST_AUTO_TEST_CASE(nothing_is_left_where_somebody_flushed_the_table_meanwhile,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan = plan_of("latency", "{host: left, delay: 300ms}", network.stack(), network);
  const Change& cleaning = plan.changes.at(1);
  const Change& rules = plan.changes.back();
  BOOST_TEST(cleaning.order < rules.order);  // undone after them
  BOOST_TEST(perform(network, rules, rules.apply) == "");
  BOOST_TEST(!seen(network, cleaning, cleaning.verify_undone, 0s));
  // As long as the rules are in force the cleaning changes nothing, and says so.
  BOOST_TEST(perform(network, cleaning, cleaning.undo) != "");
  BOOST_TEST(!seen(network, rules, rules.verify_undone, 0s));

  network.run("left", {"iptables", "-t", "mangle", "-F"});
  BOOST_TEST(perform(network, rules, rules.undo) != "");
  BOOST_TEST(seen(network, rules, rules.verify_undone, 5s));
  BOOST_TEST(!seen(network, cleaning, cleaning.verify_undone, 0s));
  BOOST_TEST(perform(network, cleaning, cleaning.undo) == "");
  BOOST_TEST(seen(network, cleaning, cleaning.verify_undone, 5s));
  BOOST_TEST(perform(network, cleaning, cleaning.undo) == "");  // and again, where none is left
}

BOOST_AUTO_TEST_CASE(the_kernel_takes_rules_for_a_port,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  const FaultPlan plan = plan_of(
      "latency", "{host: left, delay: 1s, towards: right, port: 5432}", network.stack(), network);
  const Change& rules = plan.changes.back();
  BOOST_TEST(perform(network, rules, rules.apply) == "");
  BOOST_TEST(holds(network.run("left", {"iptables", "-t", "mangle", "-S"}).out, "--sport 5432"));
  BOOST_TEST(perform(network, rules, rules.undo) == "");
  BOOST_TEST(seen(network, rules, rules.verify_undone, 5s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
