#include "runner/plan/plan.h"

#include <algorithm>

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "test/faults/sample_plan.h"

namespace muster {

namespace {

/// One inject step on the lab's databases, planned while they were at rest.
struct PlannedAtRest {
  Stack stack = lab_stack();
  InjectStep inject;
  PlannedInject planned;

  PlannedAtRest(std::string kind, const std::string& yaml) {
    inject.name = "break";
    inject.kind = std::move(kind);
    inject.params = params_of(inject.kind, yaml, stack);
    planned = {inject.name, inject.kind, lab_plan(inject.kind, yaml)};
  }

  FaultPlan at_its_turn(Hosts& hosts) const {
    boost::asio::io_context io;
    FaultPlan plan;
    std::exception_ptr failed;
    const Playbook playbook;
    const auto work = [&]() -> Task<> {
      PlannedInject now = co_await plan_at_its_turn(playbook, stack, inject, hosts, "run", planned);
      plan = std::move(now.plan);
    };
    boost::asio::co_spawn(io, work(), [&](std::exception_ptr error) { failed = error; });
    io.run();
    if (failed) std::rethrow_exception(failed);
    return plan;
  }
};

bool has_words(const Change& change, const std::vector<std::string>& words) {
  return !std::ranges::search(change.undo.args, words).empty();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan)

BOOST_AUTO_TEST_CASE(a_process_that_was_started_anew_since_the_drill_began_is_the_one_that_is_hit) {
  const PlannedAtRest at_rest("block_replica", "{service: db, how: receiver_stopped}");
  BOOST_TEST(at_rest.planned.plan.changes.back().process == "pid:42");
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-eu", "pg_stat_wal_receiver", "43\n");
  BOOST_TEST(at_rest.at_its_turn(hosts).changes.back().process == "pid:43");
}

BOOST_AUTO_TEST_CASE(the_way_home_starts_from_the_timeline_of_its_turn) {
  const PlannedAtRest at_rest("postgres_promote", "{service: db}");
  BOOST_TEST(has_words(at_rest.planned.plan.changes.front(), {"--since", "1"}));
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-eu", "pg_ls_waldir", "3\n");
  for (const Change& change : at_rest.at_its_turn(hosts).changes)
    BOOST_TEST(has_words(change, {"--since", "3"}));
}

BOOST_AUTO_TEST_CASE(at_its_turn_a_replica_may_have_lost_the_primary_that_it_is_promoted_for) {
  const PlannedAtRest at_rest("postgres_promote", "{service: db}");
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-us", "pg_stat_replication", "");
  BOOST_TEST(at_rest.at_its_turn(hosts).changes.size() == 4U);
}

BOOST_AUTO_TEST_CASE(one_that_somebody_has_promoted_meanwhile_is_not_promoted_again) {
  const PlannedAtRest at_rest("postgres_promote", "{service: db}");
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-eu", "pg_is_in_recovery()", "\n");
  BOOST_CHECK_THROW(at_rest.at_its_turn(hosts), Error);
}

BOOST_AUTO_TEST_CASE(a_step_that_would_now_change_something_else_is_refused) {
  PlannedAtRest at_rest("block_replica", "{service: db, how: receiver_stopped}");
  at_rest.planned.plan.changes.back().host = "db-us";
  FakeHosts hosts;
  BOOST_CHECK_EXCEPTION(
      at_rest.at_its_turn(answer_like_the_lab(hosts)), Error, [](const Error& error) {
        return holds(error.what(), "it would now change something else than what was planned");
      });
}

BOOST_AUTO_TEST_CASE(what_somebody_did_while_users_were_watched_is_not_ours_to_put_back) {
  struct Meanwhile {
    std::string kind;
    std::string yaml;
    std::string host;
    std::string asked;
    std::string answer;
    std::string refusal;
  };
  const std::string forced = R"({"geoip/geo/us": {"state": "DOWN!"}})";
  const std::string expired = "Verify return code: 10 (certificate has expired)";
  const std::vector<Meanwhile> all = {
      {"drain_region", "{region: us-east}", "ns2", "gdnsdctl", forced, "forced in gdnsd on ns2"},
      {"drain_region",
       "{region: us-east, via: haproxy}",
       "lb-us",
       "show map",
       "0x1 region drain\n",
       "drained already"},
      {"health_check_blind", "{region: us-east}", "ns1", "gdnsdctl", forced, "forced in gdnsd"},
      {"postgres_read_only", "{service: db}", "db-us", "pg_file", "on on\n", "read-only already"},
      {"redis_pause", "{service: cache}", "cache-us", "PUBLISH", "", "does not answer well"},
      {"dns_fail",
       "{service: resolver, hosts: client-us, name: a.test}",
       "client-us",
       "list_local_zones",
       "a.test. static\n",
       "local zone"},
      {"cdn_bypass", "{service: edge, host: edge-us}", "edge-us", "/article/1", "BYPASS", "BYPASS"},
      {"cdn_purge",
       "{service: tag_cache, host: edge-us, tag: a}",
       "edge-us",
       "/article/1",
       "MISS",
       "MISS"},
      {"certificate_expire",
       "{service: edge, host: edge-us}",
       "edge-us",
       "s_client",
       expired,
       "has expired"},
      {"object_store_fail",
       "{service: objects, host: obj-us}",
       "obj-us",
       "/objects/look",
       "denied",
       "does not answer well"}};
  for (const Meanwhile& each : all) {
    BOOST_TEST_CONTEXT(each.kind) {
      const PlannedAtRest at_rest(each.kind, each.yaml);
      FakeHosts hosts;
      answer_like_the_lab(hosts).says(each.host, each.asked, each.answer);
      BOOST_CHECK_EXCEPTION(at_rest.at_its_turn(hosts), Error, [&](const Error& error) {
        return holds(error.what(), each.refusal);
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_undo_puts_back_is_what_stood_there_when_the_step_had_its_turn) {
  const PlannedAtRest drain("drain_region", "{region: us-east, via: haproxy}");
  const PlannedAtRest read_only("postgres_read_only", "{service: db}");
  FakeHosts hosts;
  answer_like_the_lab(hosts)
      .says("lb-us", "show map", "0x1 region warm\n")
      .says("db-us", "pg_file_settings", "off off\n");
  BOOST_TEST(holds(drain.at_its_turn(hosts).changes.at(0).undo.input, "region warm"));
  BOOST_TEST(holds(read_only.at_its_turn(hosts).changes.at(0).undo.text(), "read_only = off"));
}

BOOST_AUTO_TEST_CASE(a_kind_whose_plan_does_not_age_is_not_planned_again) {
  const PlannedAtRest at_rest("process_kill", "{service: app, hosts: app1-us}");
  FakeHosts hosts;
  hosts.fails("*", "", "nobody asks");
  BOOST_TEST(at_rest.at_its_turn(hosts).changes.size() == at_rest.planned.plan.changes.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
