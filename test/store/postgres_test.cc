// What is PostgreSQL's own: where it is, who may ask, and what happens when it goes.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <future>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "store/postgres_location.h"
#include "store/store.h"

#include "sample_store.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::eventually;
using sample::postgres;

namespace {

const UtcTime kNoon = *parse_utc("2026-11-24T12:00:00Z");

Occurrence turn(int number) {
  Occurrence occurrence;
  occurrence.schedule = "weekly";
  occurrence.due = occurrence.at = kNoon + std::chrono::seconds(number);
  occurrence.latest = kNoon + 1h;
  return occurrence;
}

std::optional<Occurrence> claimed(Store& store, const std::string& holder) {
  return store.claim({"weekly"}, holder, 1h, 1000, kNoon + 1min);
}

/// What the Error says that `work` throws, or "".
template <class Work>
std::string complaint(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A complaint, and how long it took to come.
struct Silence {
  std::string said;
  double seconds = 0;
};

template <class Work>
Silence silence(Work work) {
  const auto began = std::chrono::steady_clock::now();
  const std::string said = complaint(work);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return {said, took.count()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_location)

BOOST_AUTO_TEST_CASE(it_is_named_without_its_password) {
  const PostgresLocation location(
      "postgresql://muster:open-sesame@pg-ops.example:6432/ops?sslmode=verify-full");
  BOOST_TEST(location.name() == "postgresql://muster@pg-ops.example:6432/ops");
  BOOST_TEST(holds(location.connect_uri(), "password=open%2Dsesame"));
  BOOST_TEST(holds(location.connect_uri(), "sslmode=verify%2Dfull"));
  BOOST_TEST(holds(location.connect_uri(), "target_session_attrs=read%2Dwrite"));
}

BOOST_AUTO_TEST_CASE(a_value_stays_what_it_is) {
  const PostgresLocation location("postgresql://u:a%27b%5Cc%20%3Dd%40@h/x");
  BOOST_TEST(holds(location.connect_uri(), "&password=a%27b%5Cc%20%3Dd%40&"));
  BOOST_TEST(!holds(location.connect_uri(), " "));
}

BOOST_AUTO_TEST_CASE(each_of_several_servers_has_its_port) {
  const PostgresLocation two("postgresql://u@a.example:5433,b.example:6432/x");
  BOOST_REQUIRE(two.servers().size() == 2U);
  BOOST_TEST(two.servers()[0].host == "a.example");
  BOOST_TEST(two.servers()[0].port == "5433");
  BOOST_TEST(two.servers()[1].port == "6432");
  BOOST_TEST(two.name() == "postgresql://u@a.example:5433,b.example:6432/x");
}

BOOST_AUTO_TEST_CASE(a_socket_is_this_machine) {
  const PostgresLocation location("postgresql://u@/x?host=%2Frun%2Fpostgresql&port=5433");
  BOOST_REQUIRE(location.servers().size() == 1U);
  BOOST_TEST(location.servers()[0].socket);
  BOOST_TEST(location.servers()[0].host == "localhost");
  BOOST_TEST(location.servers()[0].port == "5433");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_not_shown) {
  for (const char* location : {"postgresql://muster:ses%zzame@h/x",
                               "postgresql://muster:sesame@h/x?no_such_option=sesame",
                               "mysql://muster:sesame@h/x",
                               "host=h password=sesame",
                               "sqlite:",
                               ""}) {
    const std::string said = complaint([&] { open_store(location); });
    BOOST_TEST(said != "");
    BOOST_TEST(!holds(said, "same"));
  }
}

BOOST_AUTO_TEST_CASE(nobody_listens_there) {
  const std::string said =
      complaint([] { open_store("postgresql://muster:open-sesame@127.0.0.1:1/x"); });
  BOOST_TEST(holds(said, "the store postgresql://muster@127.0.0.1:1/x: "));
  BOOST_TEST(holds(said, "see that it runs"));
  BOOST_TEST(!holds(said, "sesame"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(postgres_store,
                      *boost::unit_test::precondition(sample::PostgresIsInstalled()))

BOOST_AUTO_TEST_CASE(it_says_where_it_is) {
  const auto by_address = open_store(postgres().new_place());
  BOOST_TEST(by_address->host() == "127.0.0.1:" + std::to_string(postgres().port()));
  BOOST_TEST(by_address->addresses() == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());
  const auto by_socket = open_store(postgres().by_socket("public"));
  BOOST_TEST(by_socket->host() == "localhost:" + std::to_string(postgres().port()));
  BOOST_TEST(by_socket->addresses().size() == 2U);
  by_socket->plan(turn(0));
}

BOOST_AUTO_TEST_CASE(tables_of_something_else_or_of_a_newer_muster_are_refused) {
  const std::string place = postgres().new_place();
  const std::string schema = place.substr(place.rfind("%3D") + 3);
  const auto said = [&] {
    return complaint([&] { open_store(place); });
  };
  postgres().execute("CREATE TABLE " + schema + ".songs (title TEXT)");
  BOOST_TEST(holds(said(), "is not a store of muster"));
  postgres().execute("DROP TABLE " + schema + ".songs");
  BOOST_TEST(said() == "");
  postgres().execute("UPDATE " + schema + ".muster_schema SET version = 5");
  BOOST_TEST(holds(said(), "newer muster"));
  postgres().execute("ALTER SCHEMA " + schema + " RENAME TO gone");
  BOOST_TEST(holds(said(), "make the schema"));
}

BOOST_AUTO_TEST_CASE(one_whose_user_may_not_make_tables_says_so) {
  postgres().execute("CREATE ROLE guest LOGIN");
  const std::string place = postgres().new_place();
  postgres().execute("GRANT USAGE ON SCHEMA " + place.substr(place.rfind("%3D") + 3) + " TO guest");
  const std::string said = complaint(
      [&] { open_store(std::string(place).replace(place.find("postgres:"), 8, "guest")); });
  BOOST_TEST(holds(said, "permission denied"));
  BOOST_TEST(holds(said, "give that user the right"));
}

BOOST_AUTO_TEST_CASE(texts_that_are_not_utf8_have_no_place) {
  postgres().execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  const std::string place = postgres().new_place();
  const std::string said = complaint(
      [&] { open_store(std::string(place).replace(place.find("/postgres?"), 10, "/latin?")); });
  BOOST_TEST(holds(said, "LATIN1"));
}

BOOST_AUTO_TEST_CASE(a_database_that_was_killed_is_an_error_and_then_goes_on) {
  const std::string place = postgres().new_place();
  const auto store = open_store(place);
  const auto idle = open_store(place);
  store->plan(turn(0));
  store->plan(turn(1));
  const Occurrence mine = claimed(*store, "a").value();
  BOOST_TEST(store->start(mine, "01KA"));
  postgres().signal(SIGKILL);
  BOOST_TEST(holds(complaint([&] { store->renew(mine, 1h); }), "see that it runs"));
  BOOST_TEST(complaint([&] { claimed(*store, "a"); }) != "");
  BOOST_TEST(complaint([&] { store->cut_expired("silent"); }) != "");
  BOOST_TEST(complaint([&] { open_store(place); }) != "");
  postgres().start();
  BOOST_TEST(store->renew(mine, 1h));
  BOOST_TEST(!store->start(mine, "01KA"));
  // One that did not notice that the server was away.
  const auto next = claimed(*idle, "b");
  BOOST_REQUIRE(next.has_value());
  BOOST_TEST((next->due == turn(1).due));
  BOOST_TEST(!claimed(*idle, "b").has_value());
  BOOST_TEST(store->finish(mine, "finished", "pass"));
}

BOOST_AUTO_TEST_CASE(a_database_that_is_stopped_keeps_nobody_waiting) {
  const std::string place = postgres().new_place();
  const auto store = open_store(place);
  store->plan(turn(0));
  const Occurrence mine = claimed(*store, "a").value();
  postgres().signal(SIGSTOP);
  auto asked =
      std::async(std::launch::async, [&] { return silence([&] { store->start(mine, "01KA"); }); });
  const Silence opened = silence([&] { open_store(place); });
  const Silence started = asked.get();
  postgres().signal(SIGCONT);
  for (const Silence& each : {opened, started}) {
    BOOST_TEST_MESSAGE("after " << each.seconds << " s: " << each.said);
    std::printf("a stopped database: Error after %.1f s\n", each.seconds);
    BOOST_TEST(each.said != "");
    BOOST_TEST(each.seconds < 60);
  }
  BOOST_TEST(holds(started.said, "does not answer within 5"));
  // The answer was not waited for, so nothing was started; now it is, once.
  BOOST_TEST(store->start(mine, "01KA"));
  BOOST_TEST(!store->start(mine, "01KA"));
}

BOOST_AUTO_TEST_SUITE_END()
