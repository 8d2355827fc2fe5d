#include <set>

#include <boost/test/unit_test.hpp>

#include "faults/fault.h"

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(every_example_is_read_by_its_own_schema) {
  Stack stack = lab_stack();
  StackHost here;
  here.name = "here";
  stack.hosts.push_back(here);
  for (const FaultKind& kind : fault_kinds())
    BOOST_CHECK_NO_THROW(params_of(kind.spec.name, std::string(kind.spec.example), stack));
}

BOOST_AUTO_TEST_CASE(every_example_can_be_planned_in_the_lab_and_each_change_can_be_undone) {
  Stack stack = lab_stack();
  StackHost here;
  here.name = "here";
  stack.hosts.push_back(here);
  for (const FaultKind& kind : fault_kinds()) {
    BOOST_TEST_CONTEXT(kind.spec.name) {
      FakeHosts hosts;
      const FaultPlan plan = plan_of(
          kind.spec.name, std::string(kind.spec.example), stack, answer_like_the_lab(hosts));
      BOOST_TEST(!plan.changes.empty());
      std::set<std::string> ids;
      for (const Change& change : plan.changes) {
        BOOST_TEST(ids.insert(change.id).second);
        BOOST_TEST(change.id.starts_with("break/"));
        BOOST_TEST(!change.what.empty());
        BOOST_TEST(!change.resource.empty());
        // One that applies nothing watches, or is there for its undo.
        BOOST_TEST((!change.verify.empty() || change.apply.empty()));
        BOOST_TEST((!change.undo.empty() || change.apply.empty()));
        BOOST_TEST(!change.verify_undone.empty());
        BOOST_TEST((change.deadline == std::chrono::minutes(2)));
        BOOST_TEST((stack.host(change.host) != nullptr));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_would_hit_nothing_is_refused_by_every_kind) {
  const std::vector<std::pair<std::string, std::string>> empty = {
      {"process_kill", "{service: app, hosts: []}"},
      {"process_kill", "{service: app, host: db-us}"},
      {"process_pause", "{service: app, hosts: [db-us, lb-us]}"},
      {"service_stop", "{service: app}"},
      {"service_stop", "{service: app, region: ap-south}"},
      {"drain_region", "{region: ap-south}"},
      {"block_replica", "{service: cache}"},
      {"postgres_promote", "{service: cache}"},
      {"postgres_read_only", "{service: cache}"},
      {"postgres_connections", "{service: cache}"},
      {"partition", "{from: [], to: eu-west}"},
      {"partition", "{from: us-east, to: []}"},
      {"partition", "{from: ap-south, to: eu-west}"},
      {"packet_loss", "{hosts: [], share: 20%}"},
      {"packet_loss", "{share: 20%}"},
      {"packet_loss", "{region: ap-south, share: 20%}"},
      {"packet_loss", "{host: db-us, share: 20%, towards: []}"},
      {"latency", "{hosts: [], delay: 50ms}"},
      {"power_off", "{region: ap-south}"},
      {"health_check_blind", "{region: ap-south}"},
      {"cpu_burn", "{region: ap-south}"},
      {"memory_fill", "{hosts: [], size: 1MiB}"},
      {"disk_fill", "{region: ap-south, path: /var}"},
      {"clock_skew", "{service: app, host: db-us, by: 5m}"},
      {"certificate_expire", "{service: edge, host: db-us}"},
      {"dns_fail", "{service: resolver, host: db-us, name: a.test}"},
      {"redis_block_replica", "{service: db}"},
      {"redis_pause", "{service: db}"},
      {"redis_evict", "{service: db}"},
      {"cdn_bypass", "{service: edge, region: ap-south}"},
      {"cdn_purge", "{service: tag_cache, host: db-us, tag: a}"},
      {"object_store_fail", "{service: objects, region: ap-south}"},
      {"monitoring_blind", "{service: monitor, host: db-us}"},
      {"latency", "{region: ap-south, delay: 50ms}"},
      {"bandwidth", "{rate: 64kbit}"},
      {"command", "{apply: [x], verify: [x], undo: [x]}"}};
  Stack stack = lab_stack();
  stack.regions.emplace_back("ap-south");  // planned, without a host so far
  std::set<std::string> kinds;
  for (const auto& [kind, yaml] : empty) {
    FakeHosts hosts;
    BOOST_TEST(refusal(kind, yaml, stack, answer_like_the_lab(hosts)) != "", kind << " " << yaml);
    kinds.insert(kind);
  }
  for (const FaultKind& kind : fault_kinds())
    BOOST_TEST(kinds.contains(std::string(kind.spec.name)),
               kind.spec.name << " is not in the list");
}

BOOST_AUTO_TEST_CASE(what_passes_a_protected_interface_is_left_alone_by_every_packet_fault) {
  const std::vector<std::pair<std::string, std::string>> packets = {
      {"partition", "{from: db-us, to: db-eu}"},
      {"packet_loss", "{host: db-us, share: 20%}"},
      {"block_replica", "{service: db}"}};
  Stack stack = lab_stack();
  stack.protections.push_back({Protection::Kind::Interface, "eth9"});
  for (const auto& [kind, yaml] : packets) {
    FakeHosts hosts;
    const FaultPlan plan = plan_of(kind, yaml, stack, answer_like_the_lab(hosts));
    const std::string& rules = plan.changes.back().apply.input;
    BOOST_TEST(holds(rules, "oifname \"eth9\" accept"), kind);
    BOOST_TEST(rules.find("\"eth9\" accept") < rules.find("counter name"), kind);
  }
  FakeHosts hosts;
  const FaultPlan delayed =
      plan_of("latency", "{host: db-us, delay: 50ms}", stack, answer_like_the_lab(hosts));
  const std::string& rules = delayed.changes.back().apply.input;
  BOOST_TEST(rules.find("-o eth9 -j RETURN") < rules.find("-d 0.0.0.0/0"));

  stack.protections.back().value = "eth0\" drop";
  BOOST_TEST(holds(refusal("partition", packets[0].second, stack, hosts), "no network interface"));
}

BOOST_AUTO_TEST_CASE(what_changes_packets_says_that_it_wants_root) {
  for (const FaultKind& kind : fault_kinds())
    for (const std::string_view program : kind.spec.needs)
      if (program == "nft" || program == "tc" || program == "iptables")
        BOOST_TEST(!kind.root.empty(), kind.spec.name);
  BOOST_TEST(fault_kind("redis_pause")->root.empty());
}

BOOST_AUTO_TEST_CASE(kinds_are_found_by_name_and_listed_once) {
  std::set<std::string_view> names;
  for (const KindSpec* spec : fault_specs()) BOOST_TEST(names.insert(spec->name).second);
  for (const std::string_view name : names) BOOST_TEST((fault_kind(name) != nullptr));
  BOOST_TEST((fault_kind("fireworks") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
