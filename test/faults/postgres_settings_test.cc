#include <boost/test/unit_test.hpp>

#include "base/text.h"

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(postgres_read_only)

BOOST_AUTO_TEST_CASE(the_plan) {
  check_golden_plan("postgres_read_only", lab_plan("postgres_read_only", "{service: db}"));
}

BOOST_AUTO_TEST_CASE(what_alter_system_had_said_before_is_said_again) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-us", "pg_file_settings", "off off\n");
  const FaultPlan plan = plan_of("postgres_read_only", "{service: db}", lab_stack(), hosts);
  BOOST_TEST(holds(join(plan.changes.at(0).undo.args, " "),
                   "alter system set default_transaction_read_only = off"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_read_only_already_is_left_alone) {
  FakeHosts hosts;
  answer_like_the_lab(hosts).says("db-us", "pg_file_settings", "on unset\n");
  BOOST_TEST(holds(refusal("postgres_read_only", "{service: db}", lab_stack(), hosts),
                   "db on db-us is read-only already"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(postgres_connections)

BOOST_AUTO_TEST_CASE(the_plan) {
  check_golden_plan("postgres_connections",
                    lab_plan("postgres_connections", "{service: db, leave: 3}"));
}

BOOST_AUTO_TEST_CASE(a_replica_can_be_meant_and_nothing_else) {
  const FaultPlan plan = lab_plan("postgres_connections", "{service: db, host: db-eu}");
  BOOST_TEST(plan.changes.at(0).host == "db-eu");
  BOOST_TEST(holds(lab_refusal("postgres_connections", "{service: db, host: lb-us}"),
                   "db does not run on lb-us; its hosts are db-us, db-eu"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
