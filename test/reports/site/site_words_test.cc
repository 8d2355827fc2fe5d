#include "reports/site/site_words.h"

#include <boost/test/unit_test.hpp>

#include "reports/site/addresses.h"

using namespace muster;

namespace {

const UtcTime kNow = *parse_utc("2026-11-26T09:30:00Z");

std::string ago(Duration length) {
  return show_distance(kNow - std::chrono::duration_cast<std::chrono::microseconds>(length), kNow);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(site_words)

BOOST_AUTO_TEST_CASE(a_distance_is_told_in_the_largest_unit_of_which_there_are_two) {
  using namespace std::chrono_literals;
  BOOST_TEST(ago(0s) == "just now");
  BOOST_TEST(ago(59s) == "just now");
  BOOST_TEST(ago(60s) == "1 minute ago");
  BOOST_TEST(ago(119min) == "119 minutes ago");
  BOOST_TEST(ago(2h) == "2 hours ago");
  BOOST_TEST(ago(47h + 59min) == "47 hours ago");
  BOOST_TEST(ago(48h) == "2 days ago");
  BOOST_TEST(ago(24h * 400) == "400 days ago");
  BOOST_TEST(ago(-30s) == "in a moment");
  BOOST_TEST(ago(-3h) == "in 3 hours");
}

BOOST_AUTO_TEST_CASE(lengths_that_people_set_read_as_they_would_say_them) {
  using namespace std::chrono_literals;
  BOOST_TEST(show_length(24h * 14) == "14 days");
  BOOST_TEST(show_length(36h) == "36 hours");
  BOOST_TEST(show_length(90min) == "90 minutes");
}

BOOST_AUTO_TEST_CASE(the_date_stands_in_the_title_and_for_programs) {
  BOOST_TEST(time_element(kNow - std::chrono::hours(72), kNow) ==
             "<time datetime=\"2026-11-23T09:30:00.000000Z\" title=\"2026-11-23 09:30 UTC\">3 days "
             "ago</time>");
  BOOST_TEST(time_element_with(kNow, "<now>").ends_with(">&lt;now&gt;</time>"));
}

BOOST_AUTO_TEST_CASE(a_verdict_is_a_sign_and_a_word) {
  BOOST_TEST(verdict_word("fail") ==
             "<b class=\"w-fail\"><span aria-hidden=\"true\">✕</span> Failed</b>");
  BOOST_TEST(verdict_word("anything").find("Unknown verdict") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_stands_in_an_address_cannot_lead_out_of_it) {
  BOOST_TEST(address::run("01KA") == "/runs/01KA");
  BOOST_TEST(address::run("a/../../halt?x#y") == "/runs/a%2F..%2F..%2Fhalt%3Fx%23y");
  BOOST_TEST(address::start("a b&c\n\xc3\xa4") == "/drills/a%20b%26c%0A%C3%A4/start");
  BOOST_TEST(address::events("01KA", 12) == "/runs/01KA/events?after=12");
  BOOST_TEST(address::compare("a&b", "c") == "/compare?before=a%26b&after=c");
}

BOOST_AUTO_TEST_CASE(the_list_of_runs_is_asked_for_with_what_was_chosen) {
  BOOST_TEST(address::runs("", "", 1) == "/runs");
  BOOST_TEST(address::runs("d", "", 1) == "/runs?drill=d");
  BOOST_TEST(address::runs("d", "fail", 3) == "/runs?drill=d&verdict=fail&page=3");
  BOOST_TEST(address::runs("", "", 2) == "/runs?page=2");
}

BOOST_AUTO_TEST_CASE(only_paths_of_this_server_are_local) {
  for (const char* path : {"/", "/runs", "/runs?drill=a&page=2", "/a//b"})
    BOOST_TEST(address::local(path) == path);
  for (const char* path :
       {"", "runs", "//evil", "/\\evil", "/\tevil", "http://evil", "/a\nb", "/\xc3\xa4"})
    BOOST_TEST(address::local(path) == "/");
}

BOOST_AUTO_TEST_SUITE_END()
