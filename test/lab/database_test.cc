// The pair of databases changes places, on the real PostgreSQL: who is the primary afterwards, and
// whose rows are left.
#include <csignal>

#include <poll.h>

#include <boost/test/unit_test.hpp>

#include "test/lab/lab_fixture.h"

namespace muster {

using namespace lab_test;

namespace {

constexpr const char* kService = "/run/lab/service";

std::string sql(const std::string& host, const std::string& statement) {
  std::string out =
      output_of(host, {"psql", "-XqwtA", "-h", "127.0.0.1", "-U", "postgres", "-c", statement});
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string role_of(const std::string& host) {
  return part_of(run(lab_status()), host, "postgres").role;
}

std::string health_of(const std::string& host) {
  return part_of(run(lab_status()), host, "postgres").health;
}

/// A test that waits for ever is ended here; none is fast or slow by it.
void wait_for_role(const std::string& host, const std::string& role) {
  constexpr int kPatience = 1200;  // of 50 ms
  std::string seen;
  for (int i = 0; (seen = role_of(host)) != role; ++i) {
    BOOST_REQUIRE_MESSAGE(i < kPatience, host << " is '" << seen << "', never '" << role << "'");
    ::poll(nullptr, 0, 50);
  }
}

void wait_for_end(const std::string& host) {
  constexpr int kPatience = 1200;
  for (int i = 0; part_of(run(lab_status()), host, "postgres").pid != 0; ++i) {
    BOOST_REQUIRE_MESSAGE(i < kPatience, host << " never ended");
    ::poll(nullptr, 0, 50);
  }
}

void bring_up_databases(const std::string& fencing) {
  run(lab_down());
  LabOptions options;
  options.only = {"postgres"};
  options.settings = {{"fencing", fencing}, {"wan_delay", "0"}};
  up(options);
}

/// The primary dies with a row that its standby never got; the standby takes over and gets one.
void lose_the_primary() {
  sql("db-eu", "alter system set primary_conninfo = 'host=127.0.0.1 port=1'");
  sql("db-eu", "select pg_reload_conf()");
  wait_for_role("db-eu", "standby, not streaming");
  sql("db-us", "insert into article(id, title) values (9001, 'lost')");
  ::kill(part_of(run(lab_status()), "db-us", "postgres").pid, SIGKILL);
  wait_for_end("db-us");
  sql("db-eu", "select pg_promote(true, 10)");
  sql("db-eu", "alter system reset primary_conninfo");
  sql("db-eu", "insert into article(id, title) values (9002, 'kept')");
}

const char* const kNewRows =
    "select string_agg(title, ' ' order by id) from article where id > 9000";

}  // namespace

// One home for all of them: the templates of the databases are made once.
BOOST_AUTO_TEST_SUITE(databases_of_the_lab, *boost::unit_test::fixture<Home>())

BOOST_AUTO_TEST_CASE(a_fenced_old_primary_comes_back_as_a_standby) {
  bring_up_databases("on");
  lose_the_primary();
  output_of("db-us", {kService, "start", "postgres"});
  wait_for_role("db-us", "standby, streaming");
  wait_for_role("db-eu", "primary");
  BOOST_TEST(sql("db-us", kNewRows) == "kept");
}

BOOST_AUTO_TEST_CASE(without_fencing_there_are_two_primaries_and_rejoining_loses_rows) {
  bring_up_databases("off");
  lose_the_primary();
  output_of("db-us", {kService, "start", "postgres"});
  wait_for_role("db-us", "primary, no standby");
  BOOST_TEST(role_of("db-eu").starts_with("primary"));
  sql("db-us", "insert into article(id, title) values (9003, 'split')");

  output_of("db-us", {"/run/lab/rejoin"});
  wait_for_role("db-us", "standby, streaming");
  BOOST_TEST(sql("db-us", kNewRows) == "kept");
}

BOOST_AUTO_TEST_CASE(they_can_be_put_back_in_their_places) {
  bring_up_databases("on");
  lose_the_primary();
  output_of("db-us", {"/run/lab/rejoin"});
  wait_for_role("db-us", "standby, streaming");
  output_of("db-eu", {kService, "stop", "postgres"});
  sql("db-us", "select pg_promote(true, 10)");
  output_of("db-eu", {"/run/lab/rejoin"});
  wait_for_role("db-us", "primary");
  wait_for_role("db-eu", "standby, streaming");
  BOOST_TEST(run(lab_status()).healthy());
  BOOST_TEST(sql("db-us", kNewRows) == "kept");
  BOOST_TEST(sql("db-us", "select slot_name from pg_replication_slots") == "eu");
  BOOST_TEST(sql("db-eu", "select count(*) from pg_replication_slots") == "0");
  output_of("db-eu", {"/run/lab/rejoin"});  // again: it follows already
  BOOST_TEST(run(lab_status()).healthy());
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_rewind_left_is_copied_anew) {
  bring_up_databases("on");
  lose_the_primary();
  output_of("db-us", {"rm", "/run/lab/postgres/global/pg_control"});
  output_of("db-us", {"touch", "/run/lab/postgres.unfinished"});
  output_of("db-us", {kService, "start", "postgres"});
  wait_for_role("db-us", "standby, streaming");
  BOOST_TEST(sql("db-us", kNewRows) == "kept");
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_rewind_left_is_never_started_alone) {
  bring_up_databases("on");
  output_of("db-us", {kService, "stop", "postgres"});
  output_of("db-us", {"touch", "/run/lab/postgres.unfinished"});
  output_of("db-us", {kService, "start", "postgres"});
  wait_for_end("db-us");
  BOOST_TEST(health_of("db-us") == "ended with exit code 1");
  BOOST_TEST(output_of("db-us", {"cat", "/run/lab/postgres.log"})
                 .find("10.2.0.20 is no primary that this database could follow") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(nobody_follows_one_that_is_no_primary) {
  bring_up_databases("on");
  BOOST_CHECK_EXCEPTION(output_of("db-us", {"/run/lab/rejoin"}), Error, [](const Error& error) {
    return error.message().find("10.2.0.20 is no primary") != std::string::npos;
  });
  BOOST_TEST(run(lab_status()).healthy());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
