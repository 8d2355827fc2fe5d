#include <boost/test/unit_test.hpp>

#include "sample_network.h"
#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(block_replica)

BOOST_AUTO_TEST_CASE(the_plan_by_the_network) {
  check_golden_plan("block_replica", lab_plan("block_replica", "{service: db}"));
}

BOOST_AUTO_TEST_CASE(the_plan_by_pausing_replay) {
  check_golden_plan("block_replica_replay",
                    lab_plan("block_replica", "{service: db, how: replay_pause}"));
}

BOOST_AUTO_TEST_CASE(the_plan_by_stopping_the_receiver) {
  check_golden_plan("block_replica_receiver",
                    lab_plan("block_replica", "{service: db, how: receiver_stopped}"));
}

BOOST_AUTO_TEST_CASE(a_replica_that_receives_nothing_has_no_receiver_to_stop) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-eu", "pg_stat_wal_receiver", "");
  BOOST_TEST(
      holds(refusal("block_replica", "{service: db, how: receiver_stopped}", lab_stack(), hosts),
            "db-eu receives nothing now"));
}

BOOST_AUTO_TEST_CASE(not_paused_is_never_taken_for_paused) {
  const FaultPlan plan = lab_plan("block_replica", "{service: db, how: replay_pause}");
  BOOST_TEST(plan.changes[0].verify.contains == "paused");
  BOOST_TEST(plan.changes[0].verify.lacks == "not paused");
}

BOOST_AUTO_TEST_CASE(the_run_is_held_until_the_replica_streams_again) {
  const FaultPlan plan = lab_plan("block_replica", "{service: db}");
  BOOST_REQUIRE(plan.changes.size() == 2U);
  const Change& watch = plan.changes[0];
  BOOST_TEST(watch.apply.empty());
  BOOST_TEST(watch.order < plan.changes[1].order);  // undone last, when the rules are gone
  BOOST_TEST(watch.verify_undone.contains == "streaming");
}

BOOST_AUTO_TEST_CASE(a_replica_that_does_not_stream_cannot_be_blocked) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-us", "pg_stat_replication", "");
  BOOST_TEST(
      holds(refusal("block_replica", "{service: db}", lab_stack(), hosts), "does not stream"));
}

BOOST_AUTO_TEST_CASE(a_replica_that_somebody_paused_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-eu", "pause_state", "paused\n");
  BOOST_TEST(holds(refusal("block_replica", "{service: db, how: replay_pause}", lab_stack(), hosts),
                   "already 'paused'"));
}

BOOST_AUTO_TEST_CASE(only_a_replica_of_a_postgres_service_will_do) {
  BOOST_TEST(holds(lab_refusal("block_replica", "{service: cache}"), "no postgres service"));
  BOOST_TEST(holds(lab_refusal("block_replica", "{service: db, replica: db-us}"), "no replica"));
}

BOOST_AUTO_TEST_CASE(the_kernel_drops_database_traffic_and_nothing_else,
                     *boost::unit_test::precondition(NeedsNamespaces{})) {
  SampleNetwork network;
  Stack stack = network.stack();
  StackService db;
  db.name = "db";
  db.kind = "postgres";
  db.hosts = {"left", "right"};
  db.params = Params(json::object{
      {"primary", "left"},
      {"replicas", {"right"}},
      {"dsn", {{"left", "host=10.9.0.1 port=5433"}, {"right", "host=10.9.0.2 port=5433"}}}});
  stack.services = {db};
  FakeHosts hosts;
  hosts.says("left", "pg_stat_replication", "streaming\n");
  const FaultPlan plan = plan_of("block_replica", "{service: db}", stack, hosts);
  const Change& cut = plan.changes.at(1);

  BOOST_TEST(perform(network, cut, cut.apply) == "");
  BOOST_TEST(network.connected());
  BOOST_TEST(!seen(network, cut, cut.verify, Duration{}));
  network.run("right", {"socat", "-T1", "-", "TCP:10.9.0.1:5433,connect-timeout=1"});
  BOOST_TEST(seen(network, cut, cut.verify, Duration{}));
  BOOST_TEST(perform(network, cut, cut.undo) == "");
  BOOST_TEST(seen(network, cut, cut.verify_undone, Duration{}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
