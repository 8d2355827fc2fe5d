#include <boost/test/unit_test.hpp>

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(process_pause)

BOOST_AUTO_TEST_CASE(the_plan_for_a_region) {
  check_golden_plan("process_pause", lab_plan("process_pause", "{service: app, region: us-east}"));
}

BOOST_AUTO_TEST_CASE(a_service_needs_no_start_command_to_be_frozen) {
  Stack stack = lab_stack();
  json::object values = stack.services[0].params.values();
  values.erase("start");
  stack.services[0].params = Params(values);
  FakeHosts hosts;
  BOOST_TEST(refusal("process_pause",
                     "{service: app, host: app1-us}",
                     stack,
                     answer_like_the_lab(hosts)) == "");
}

BOOST_AUTO_TEST_CASE(it_is_seen_by_the_silence_of_the_service_where_the_stack_says_how_to_ask) {
  const auto seen_by = [](const std::string& yaml) {
    return lab_plan("process_pause", yaml).changes.at(0).verify.text();
  };
  BOOST_TEST(holds(seen_by("{service: app, host: app1-us}"),
                   "unanswered 1 curl --disable --silent --fail"));
  BOOST_TEST(holds(seen_by("{service: edge, hosts: edge-us}"), "http://10.21.0.2/article/1"));
  BOOST_TEST(holds(seen_by("{service: db, hosts: db-us}"), "select 1"));
  BOOST_TEST(seen_by("{service: names, hosts: ns1}") == "the process is stopped");
}

BOOST_AUTO_TEST_CASE(the_silence_of_a_service_that_does_not_answer_now_would_say_nothing) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("app1-us", "muster-look unanswered", "no answer came in time");
  const FaultPlan plan =
      plan_of("process_pause", "{service: app, host: app1-us}", lab_stack(), hosts);
  BOOST_TEST(plan.changes[0].verify.kind == "stopped");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
