#include "runner/interlocks/own_store.h"

#include <boost/test/unit_test.hpp>

using namespace muster;

namespace {

Stack two_regions() {
  Stack stack;
  stack.regions = {"us-east", "eu-west"};
  StackHost here;
  here.name = "here";
  StackHost db;
  db.name = "db-us";
  db.region = "us-east";
  db.reach.kind = Reach::Kind::Ssh;
  db.address = "10.1.0.10";
  stack.hosts = {here, db};
  return stack;
}

std::vector<PlannedInject> changing(const std::string& host) {
  PlannedInject inject;
  inject.plan.changes.emplace_back();
  inject.plan.changes.back().host = host;
  return {inject};
}

std::vector<PlannedInject> draining(const std::string& region) {
  PlannedInject inject;
  inject.plan.regions_out = {region};
  return {inject};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(own_store)

BOOST_AUTO_TEST_CASE(a_store_in_a_file_is_in_nobodys_way) {
  BOOST_TEST(why_store_is_in_the_way(two_regions(), changing("here"), {}).empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_holds_the_store_is_not_broken) {
  BOOST_TEST(why_store_is_in_the_way(two_regions(), changing("db-us"), {"10.1.0.10"}).size() == 1U);
  BOOST_TEST(why_store_is_in_the_way(two_regions(), changing("here"), {"10.1.0.10"}).empty());
}

BOOST_AUTO_TEST_CASE(a_region_that_holds_the_store_is_not_taken_out) {
  const auto reasons = why_store_is_in_the_way(two_regions(), draining("us-east"), {"10.1.0.10"});
  BOOST_REQUIRE(reasons.size() == 1U);
  BOOST_TEST(reasons.front().find("db-us") != std::string::npos);
  BOOST_TEST(why_store_is_in_the_way(two_regions(), draining("eu-west"), {"10.1.0.10"}).empty());
}

BOOST_AUTO_TEST_CASE(this_machine_is_not_broken_where_the_store_is_on_it) {
  for (const char* address : {"127.0.0.1", "127.0.1.1", "::1"})
    BOOST_TEST(why_store_is_in_the_way(two_regions(), changing("here"), {address}).size() == 1U);
  BOOST_TEST(why_store_is_in_the_way(two_regions(), changing("db-us"), {"127.0.0.1"}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
