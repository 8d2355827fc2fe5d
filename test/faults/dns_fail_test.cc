#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {
namespace {

std::string why_not(const std::string& name, FakeHosts& hosts, const std::string& more = "") {
  return refusal("dns_fail",
                 "{service: resolver, hosts: client-us, name: \"" + name + "\"" + more + "}",
                 lab_stack(),
                 hosts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dns_fail)

BOOST_AUTO_TEST_CASE(the_plan_for_a_name_that_is_not_there) {
  check_golden_plan(
      "dns_fail",
      lab_plan("dns_fail", "{service: resolver, hosts: client-us, name: www.novvista.test}"));
}

BOOST_AUTO_TEST_CASE(the_plan_for_a_wrong_address) {
  check_golden_plan("dns_fail_wrong_address",
                    lab_plan("dns_fail",
                             "{service: resolver, hosts: client-us, name: www.novvista.test, how: "
                             "wrong_address, address: 10.9.9.9}"));
}

BOOST_AUTO_TEST_CASE(an_address_belongs_to_a_wrong_address_and_to_nothing_else) {
  BOOST_TEST(
      holds(lab_refusal("dns_fail",
                        "{service: resolver, hosts: client-us, name: a.test, how: wrong_address}"),
            "`address`"));
  BOOST_TEST(
      holds(lab_refusal("dns_fail",
                        "{service: resolver, hosts: client-us, name: a.test, address: 10.9.9.9}"),
            "`address`"));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_local_already_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("client-us", "list_local_zones", "a.test. static\n");
  BOOST_TEST(holds(
      refusal(
          "dns_fail", "{service: resolver, hosts: client-us, name: a.test}", lab_stack(), hosts),
      "already"));
}

BOOST_AUTO_TEST_CASE(one_name_has_many_spellings_and_each_is_that_of_the_zone_that_is_there) {
  for (const char* name : {"a.test", "A.TEST", "a.test.", "A.Test."}) {
    FakeHosts hosts;
    answer_like_the_lab(hosts).says(
        "client-us", "list_local_zones", "b.test. static\nA.test. static\n");
    BOOST_TEST(holds(why_not(name, hosts), "a.test is a local zone of the resolver"), name);
  }
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "client-us", "list_local_zones", "aa.test. static\ntest. static\n");
  BOOST_TEST(why_not("a.test", hosts) == "");
}

BOOST_AUTO_TEST_CASE(a_name_is_told_to_the_resolver_in_one_spelling) {
  const FaultPlan plan =
      lab_plan("dns_fail", "{service: resolver, hosts: client-us, name: WWW.Novvista.test.}");
  const Change& change = plan.changes.at(0);
  BOOST_TEST(change.resource == "dns:www.novvista.test");
  BOOST_TEST(holds(change.apply.text(), "local_zone www.novvista.test always_nxdomain"));
  BOOST_TEST(holds(change.undo.text(), "local_zone_remove www.novvista.test"));
}

BOOST_AUTO_TEST_CASE(a_name_that_dig_or_unbound_would_take_for_something_else_is_refused) {
  for (const char* name : {"-f",
                           "@10.0.0.1",
                           "+trace",
                           ".",
                           "..",
                           "a..test",
                           ".a.test",
                           "a test",
                           "a.test;",
                           "b\u00fccher.test"}) {
    FakeHosts hosts;
    BOOST_TEST(holds(why_not(name, answer_like_the_lab(hosts)), "is no name that users ask for"),
               name);
  }
}

BOOST_AUTO_TEST_CASE(a_list_of_zones_that_was_cut_does_not_say_that_there_is_none) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says_too_much("client-us", "list_local_zones", "b.test. static\n");
  BOOST_TEST(holds(why_not("a.test", hosts), "too long to be read whole"));
}

BOOST_AUTO_TEST_CASE(a_name_that_nobody_knows_would_be_taken_for_one_that_the_fault_took_away) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says(
      "client-us", "dig ", ";; opcode: QUERY, status: NXDOMAIN, id: 7\n");
  BOOST_TEST(
      holds(why_not("wwww.test", hosts),
            "for wwww.test, resolver on client-us answers 'status: NXDOMAIN' before the fault"));
  answer_like_the_lab(hosts).fails("client-us", "dig ", ";; no servers could be reached");
  BOOST_TEST(holds(why_not("www.test", hosts), "does not answer well now: ;; no servers"));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_answered_already_is_no_wrong_one) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("client-us", "dig ", "a.test. 2 IN A 10.9.9.9\n");
  BOOST_TEST(holds(why_not("a.test", hosts, ", how: wrong_address, address: 10.9.9.9"),
                   "answers '10.9.9.9' before the fault"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
