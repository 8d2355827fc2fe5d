#include "base/time.h"

#include <boost/test/unit_test.hpp>

using namespace muster;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(time_)

BOOST_AUTO_TEST_CASE(a_duration_is_read_in_any_unit_and_in_several_together) {
  BOOST_TEST((parse_duration("20s") == Duration(20s)));
  BOOST_TEST((parse_duration("1m30s") == Duration(90s)));
  BOOST_TEST((parse_duration("250ms") == Duration(250ms)));
  BOOST_TEST((parse_duration("0.5s") == Duration(500ms)));
  BOOST_TEST((parse_duration("7d") == Duration(168h)));
  BOOST_TEST((parse_duration("0") == Duration(0s)));
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
  for (const char* text :
       {"", "20", "s", "-1s", "1s1m", "1s 2s", "1e3s", "5 s", "nan", "9999999d", "1x"}) {
    BOOST_TEST(!parse_duration(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_duration_is_written_so_that_it_reads_back_exactly) {
  for (const Duration value : {Duration(0s),
                               Duration(90s),
                               Duration(1500ms),
                               parse_duration("1ns").value(),
                               Duration(25h + 1us)}) {
    BOOST_TEST((parse_duration(format_duration(value)) == value), format_duration(value));
  }
  BOOST_TEST(format_duration(90s) == "1m30s");
}

BOOST_AUTO_TEST_CASE(people_see_three_digits_and_one_unit) {
  BOOST_TEST(human_duration(8421ms) == "8.42 s");
  BOOST_TEST(human_duration(163ms) == "163 ms");
  BOOST_TEST(human_duration(192s) == "3 min 12 s");
  BOOST_TEST(human_duration(42us) == "42.0 us");
}

BOOST_AUTO_TEST_CASE(an_instant_in_utc_reads_back_to_the_microsecond) {
  const UtcTime instant{std::chrono::microseconds(1794665520318042)};
  BOOST_TEST(format_utc(instant) == "2026-11-14T14:12:00.318042Z");
  BOOST_TEST((parse_utc(format_utc(instant)) == instant));
  BOOST_TEST(!parse_utc("2026-11-14 14:12").has_value());
}

BOOST_AUTO_TEST_CASE(instants_beyond_the_nanoseconds_of_the_system_clock_are_written_too) {
  BOOST_TEST(format_utc(UtcTime(std::chrono::hours(24 * 365 * 900))).starts_with("2869-"));
  BOOST_TEST(!format_utc(UtcTime::min()).empty());
  BOOST_TEST(!format_utc(UtcTime::max()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
