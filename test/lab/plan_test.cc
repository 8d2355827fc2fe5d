#include "drills/lab/plan.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "drills/lab/machine.h"

namespace muster::lab {

namespace {

Plan plan_with(const std::map<std::string, std::string>& settings) {
  return make_plan({}, checked_settings(settings), {});
}

bool holds(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

std::string refusal_of(const std::map<std::string, std::string>& settings) {
  try {
    checked_settings(settings);
  } catch (const UsageError& error) {
    return error.message();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lab_plan)

BOOST_AUTO_TEST_CASE(a_setting_that_does_not_exist_is_refused_with_the_nearest_one) {
  BOOST_TEST(holds(refusal_of({{"dns_tl", "3"}}), "no setting 'dns_tl' (did you mean 'dns_ttl'?)"));
}

BOOST_AUTO_TEST_CASE(a_value_out_of_its_range_is_refused) {
  BOOST_TEST(holds(refusal_of({{"check_interval", "1"}}), "not a whole number from 2 to 3600"));
  BOOST_TEST(holds(refusal_of({{"dns_ttl", "6s"}}), "not a whole number"));
  BOOST_TEST(holds(refusal_of({{"db_connections", "19"}}), "not a whole number from 20 to 3600"));
  BOOST_TEST(holds(refusal_of({{"health_check", "no"}}), "not on or off"));
  BOOST_TEST(holds(refusal_of({{"wan_delay", "40"}}), "not a duration"));
  BOOST_TEST(refusal_of({{"wan_delay", "0"}, {"check_fall", "5"}}).empty());
}

BOOST_AUTO_TEST_CASE(settings_reach_the_files_and_programs_they_are_about) {
  Plan plan = plan_with({{"dns_ttl", "30"},
                         {"check_interval", "7"},
                         {"check_fall", "4"},
                         {"balancer_check", "off"},
                         {"wan_delay", "15ms"},
                         {"write_slots", "0"},
                         {"replica_apply_delay", "5s"},
                         {"replica_reconnect", "9m"},
                         {"fencing", "off"},
                         {"db_keepalives", "off"},
                         {"db_connections", "60"},
                         {"query_timeout", "200ms"}});
  BOOST_TEST(
      holds(plan.host("ns1").files.at("gdnsd/etc/zones/novvista.test"), "api    30/30 DYNA"));
  BOOST_TEST(holds(plan.host("ns2").files.at("gdnsd/etc/config"),
                   "interval => 7, timeout => 1, down_thresh => 4"));
  BOOST_TEST(holds(plan.host("lb-us").files.at("haproxy.cfg"), "default-server no-check"));
  BOOST_TEST(
      holds(plan.host("db-eu").files.at("postgres.conf"), "recovery_min_apply_delay = '5000ms'"));
  BOOST_TEST(holds(plan.host("db-eu").files.at("postgres.conf"),
                   "wal_retrieve_retry_interval = '540000ms'"));
  BOOST_TEST(!holds(plan.host("db-us").files.at("postgres.conf"), "recovery_min_apply_delay"));
  BOOST_TEST(holds(plan.host("db-us").files.at("database"), "fencing\toff\n"));
  BOOST_TEST(plan.part({"net-us", "delay-out"})->argv.back() == "15ms");
  BOOST_TEST(holds(plan.host("db-eu").files.at("postgres.conf"), "max_connections = 60\n"));
  BOOST_TEST(!holds(plan.host("db-us").files.at("postgres.conf"), "tcp_keepalives_idle"));
  BOOST_TEST(holds(plan_with({}).host("db-us").files.at("postgres.conf"), "tcp_keepalives_idle"));
  const std::vector<std::string> app = plan.part({"app1-eu", "app"})->argv;
  const auto after = [&](const char* option) {
    return std::next(std::find(app.begin(), app.end(), option));
  };
  BOOST_TEST(*after("--write-slots") == "0");
  BOOST_TEST(*after("--query-timeout") == "200");
}

BOOST_AUTO_TEST_CASE(name_servers_that_do_not_look_count_every_region_as_up) {
  Plan plan = plan_with({{"health_check", "off"}});
  BOOST_TEST(holds(plan.host("ns1").files.at("gdnsd/etc/config"),
                   "origin => { map => geo, service_types => up"));
}

BOOST_AUTO_TEST_CASE(no_wan_delay_means_no_rule_and_no_holder) {
  Plan plan = plan_with({{"wan_delay", "0"}});
  BOOST_TEST((plan.part({"net-us", "delay-out"}) == nullptr));
  BOOST_TEST(!plan.host("net-us").files.contains("iptables"));
}

BOOST_AUTO_TEST_CASE(a_part_that_does_not_exist_is_refused_with_the_nearest_one) {
  BOOST_CHECK_EXCEPTION(
      make_plan({}, checked_settings({}), {"redsi"}), UsageError, [](const UsageError& error) {
        return holds(error.message(), "did you mean 'redis'?");
      });
}

BOOST_AUTO_TEST_CASE(a_part_may_be_called_by_the_role_of_its_host) {
  const auto parts = [](const std::vector<std::string>& only) {
    std::set<std::string> names;
    for (const PartPlan& part : make_plan({}, checked_settings({}), only).parts)
      names.insert(part.ref.part);
    return names;
  };
  BOOST_TEST((parts({"app", "db"}) == parts({"app", "postgres"})));
  BOOST_TEST((parts({"cache"}) == parts({"redis"})));
  BOOST_TEST((parts({"lb"}) == parts({"haproxy"})));
  BOOST_TEST((parts({"edge"}) == parts({"nginx", "varnish"})));
  BOOST_TEST((parts({"dns"}) == parts({"gdnsd", "unbound"})));
  BOOST_TEST((parts({"obj"}) == parts({"objects"})));
  BOOST_TEST((parts({"mon"}) == parts({"prometheus"})));
}

BOOST_AUTO_TEST_CASE(everything_a_part_waits_for_is_in_the_plan) {
  const Plan plan = plan_with({});
  for (const PartPlan& part : plan.parts)
    for (const PartRef& needed : part.after)
      BOOST_TEST((plan.part(needed) != nullptr), needed.text());
}

BOOST_AUTO_TEST_CASE(every_host_of_the_lab_allows_itself_to_be_broken) {
  for (const HostPlan& host : plan_with({}).hosts)
    BOOST_TEST(host.files.at("allow.conf").starts_with("allow all\n"), host.row.name);
}

BOOST_AUTO_TEST_CASE(all_missing_programs_are_told_at_once_with_one_line_that_mends_it) {
  const MissingPrograms missing = missing_programs(plan_with({}), "/nonexistent", "/nonexistent");
  const std::string text = missing.text();
  for (const char* program :
       {"ip", "nginx", "gdnsd", "unbound", "haproxy", "redis-server", "postgres"})
    BOOST_TEST(holds(text, program));
  BOOST_TEST(holds(
      text, "\n  apt-get install --no-install-recommends iproute2 iptables nftables util-linux "));
  BOOST_TEST(std::count(missing.packages.begin(), missing.packages.end(), "util-linux") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster::lab
