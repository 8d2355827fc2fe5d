#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/text.h"
#include "runner/schedule/cron.h"
#include "runner/schedule/words.h"

using namespace muster;

namespace {

std::string understood(std::string_view when) {
  const Parsed<Recurrence> parsed = parse_when(when);
  BOOST_TEST(parsed.value.has_value() == parsed.complaint.empty(), std::string(when));
  return parsed.value ? describe(*parsed.value) : parsed.complaint;
}

std::string window(std::string_view text) {
  const Parsed<WeekWindow> parsed = parse_window(text);
  if (!parsed.value) return parsed.complaint;
  return weekdays_text(parsed.value->days) + " " + std::to_string(parsed.value->from) + " " +
         std::to_string(parsed.value->to) + " " + parsed.value->text;
}

struct Wanted {
  const char* text;
  const char* meaning;
};

void expect_all(const std::vector<Wanted>& cases) {
  for (const auto& [text, meaning] : cases) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(understood(text) == meaning);
    }
  }
}

std::vector<std::string> days_of(std::string_view when, Day from, Day to) {
  const Recurrence recurrence = parse_when(when).value.value();
  std::vector<std::string> days;
  for (Day day = from; day <= to; day = next_day(day)) {
    if (recurrence.days.holds(day)) days.push_back(format_day(day));
  }
  return days;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_when)

BOOST_AUTO_TEST_CASE(cron_text_is_understood) {
  expect_all({
      {"30 10 * * *", "at 10:30 every day"},
      {"30 10 1-7 * Tue", "at 10:30 on Tue, if it is day 1-7 of the month"},
      {"0 0 1 1 *", "at 00:00 on day 1 of the month, in Jan"},
      {"0,30 9-11 * * mon-fri", "at 09:00, 09:30, 10:00, 10:30 and so on, 6 times, on Mon-Fri"},
      {"*/30 22 * * 0", "at 22:00, 22:30 on Sun"},
      {"0 3 * * 7", "at 03:00 on Sun"},
      {"0 3 * * 5-7", "at 03:00 on Fri-Sun"},
      {"0 3 * * Fri-Sun", "at 03:00 on Fri-Sun"},
      {"0 3 * Jan,Apr,Jul,Oct 1-5/2", "at 03:00 on Mon,Wed,Fri, in Jan,Apr,Jul,Oct"},
      {"10-50/20 6 29 Feb *", "at 06:10, 06:30, 06:50 on day 29 of the month, in Feb"},
      {"  5\t4 * * *  ", "at 04:05 every day"},
      {"* * * * *", "at 00:00, 00:01, 00:02, 00:03 and so on, 1440 times, every day"},
  });
}

BOOST_AUTO_TEST_CASE(a_day_must_fit_both_day_fields) {
  const std::vector<std::string> first_tuesdays = {
      "2026-09-01", "2026-10-06", "2026-11-03", "2026-12-01"};
  BOOST_TEST(days_of("30 10 1-7 * Tue", {2026, 9, 1}, {2026, 12, 31}) == first_tuesdays);
  BOOST_TEST(days_of("first Tue of month 10:30", {2026, 9, 1}, {2026, 12, 31}) == first_tuesdays);
}

BOOST_AUTO_TEST_CASE(each_mistake_in_cron_text_is_answered_with_what_would_be_right) {
  expect_all({
      {"30 10 * *",
       "cron text has 5 fields (minute, hour, day of the month, month, day of the week), such as "
       "30 "
       "10 * * Tue; this has 4"},
      {"0 30 10 * * Tue",
       "cron text has 5 fields (minute, hour, day of the month, month, day of the week), such as "
       "30 "
       "10 * * Tue; this has 6, and there are neither seconds nor years"},
      {"@daily", "'@daily' is not known here; write 0 0 * * *"},
      {"@weekly", "'@weekly' is not known here; write 0 0 * * Sun"},
      {"@reboot", "'@reboot' is not known here; write when it runs, such as 0 10 * * Tue"},
      {"60 10 * * *", "the minute goes from 0 to 59, not to 60"},
      {"0 24 * * *", "the hour goes from 0 to 23, not to 24"},
      {"0 0 0 * *", "the day of the month goes from 1 to 31, not to 0"},
      {"0 0 * * 8", "the day of the week goes from 0 to 7, not to 8"},
      {"0 0 * Foo *", "'Foo' is no month; write *, 1, Jan or Jan-Mar"},
      {"0 0 * * Tues", "'Tues' is no day of the week; write *, 2, Tue or Mon-Fri"},
      {"0 22-4 * * *", "the range '22-4' of the hour runs backwards; write two: 22-23,0-4"},
      {"0 0 * * Sat-Mon",
       "the range 'Sat-Mon' of the day of the week runs backwards; write two: 6-6,0-1"},
      {"5/15 * * * *", "a step needs a range: write 5-59/15 instead of 5/15"},
      {"*/0 * * * *", "'/0' is no step of the minute; write a number from 1 to 59"},
      {"*/90 * * * *", "'/90' is no step of the minute; write a number from 1 to 59"},
      {"1,,2 * * * *", "'' is no minute; write *, 0, 0-9 or */5"},
      {"0 0 31 2,4 *", "none of these months has such a day: it would never run"},
      {"0 0 ? * Tue", "'?' is not known here; write * for any day of the month"},
      {"0 0 L * *",
       "'L' is not known here; write words: first Tue of month 10:00, last Fri of month 10:00, "
       "last "
       "day of month 10:00"},
      {"0 0 * * 2#1",
       "'2#1' is not known here; write words: first Tue of month 10:00, last Fri of month 10:00, "
       "last day of month 10:00"},
  });
}

BOOST_AUTO_TEST_CASE(words_are_understood) {
  expect_all({
      {"Tue-Thu 10:00-15:00", "between 10:00 and 15:00 on Tue-Thu"},
      {"daily 02:00-04:00", "between 02:00 and 04:00 every day"},
      {"weekdays 10:00-12:00", "between 10:00 and 12:00 on Mon-Fri"},
      {"weekends 22:00-02:00", "between 22:00 and 02:00 on Sat-Sun"},
      {"Tue 10:00", "at 10:00 on Tue"},
      {"tuesday,THU 9:05", "at 09:05 on Tue,Thu"},
      {"Fri-Mon 10:00", "at 10:00 on Mon,Fri-Sun"},
      {"Mon , Wed - Fri 10:00 - 12:00", "between 10:00 and 12:00 on Mon,Wed-Fri"},
      {"Mon–Thu 09:00–16:00", "between 09:00 and 16:00 on Mon-Thu"},
      {"first Tue of month 10:00-16:00", "between 10:00 and 16:00 on the first Tue of the month"},
      {"first,third Tue of month 10:00", "at 10:00 on the first,third Tue of the month"},
      {"last Fri of Mar,Jun,Sep,Dec 10:00",
       "at 10:00 on the last Fri of the month, in Mar,Jun,Sep,Dec"},
      {"1st,15th of month 10:00", "at 10:00 on day 1,15 of the month"},
      {"1 of Jan-Mar 10:00", "at 10:00 on day 1 of the month, in Jan-Mar"},
      {"last day of month 23:00-24:00", "between 23:00 and 24:00 on the last day of the month"},
      {"Tue of Jan,Jul 10:00", "at 10:00 on Tue, in Jan,Jul"},
      {"daily of December 10:00", "at 10:00 every day, in Dec"},
  });
}

BOOST_AUTO_TEST_CASE(each_mistake_in_words_is_answered_with_what_would_be_right) {
  expect_all({
      {"", "it is empty; write Tue-Thu 10:00-15:00, first Tue of month 10:00 or 30 10 * * Tue"},
      {"Tue", "at what time? write it last: Tue 10:00, or Tue 10:00-15:00 for a window"},
      {"10:00 Tue", "at what time? write it last: Tue 10:00, or Tue 10:00-15:00 for a window"},
      {"10:00-12:00", "on which days? write daily, weekdays or Tue-Thu before the time"},
      {"Teu 10:00", "'Teu' is no weekday; did you mean 'Tue'?"},
      {"dialy 10:00", "'dialy' is no weekday; did you mean 'daily'?"},
      {"every Tue 10:00", "leave out 'every': Tue is every Tuesday, daily is every day"},
      {"Tue Wed 10:00",
       "'Tue Wed' are no days; write weekdays as Mon-Thu or Mon,Wed, or first Tue of month"},
      {"Tue of month 10:00",
       "which Tue of the month? write first, second, third, fourth or last before it"},
      {"fifth Tue of month 10:00", "not every month has a fifth; write last"},
      {"frist Tue of month 10:00", "'frist' is no such weekday of a month; did you mean 'first'?"},
      {"first Tue of the month 10:00",
       "behind 'of' stands one word: month, or month names such as Jan,Jul"},
      {"first Tue of Jnaury 10:00",
       "'Jnaury' is no month; there is: Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, "
       "Dec, month"},
      {"30th of Feb 10:00", "there is no '30th of Feb': it would never run"},
      {"32nd of month 10:00", "'32nd' is no day of a month; write 1st,15th of month"},
      {"Tue 10pm", "'10pm': write the hours from 0 to 24, such as 14:00"},
      {"Tue 10:00-2:00pm", "'2:00pm': write the hours from 0 to 24, such as 14:00"},
      {"Tue 25:00", "'25:00' is no time of day; write 09:30"},
      {"Tue 10.30", "'10.30' is no time of day; write 09:30"},
      {"Tue 24:00", "24:00 only ends a window; write 00:00 of the next day"},
      {"Tue 24:00-02:00", "a window begins before 24:00; write 00:00"},
      {"daily 10:00-10:00",
       "'10:00-10:00' begins and ends at the same time; the whole day is 00:00-24:00"},
      {"Tue 10:00-12:00-14:00", "'12:00-14:00' is no time of day; write 09:30"},
  });
}

BOOST_AUTO_TEST_CASE(the_last_such_day_of_a_month_is_found) {
  BOOST_TEST(days_of("last Fri of month 10:00", {2026, 1, 1}, {2026, 4, 30}) ==
             std::vector<std::string>({"2026-01-30", "2026-02-27", "2026-03-27", "2026-04-24"}));
  BOOST_TEST(days_of("last Sat of month 10:00", {2026, 1, 1}, {2026, 2, 28}) ==
             std::vector<std::string>({"2026-01-31", "2026-02-28"}));
  BOOST_TEST(days_of("second,fourth Sat of month 10:00", {2026, 2, 1}, {2026, 2, 28}) ==
             std::vector<std::string>({"2026-02-14", "2026-02-28"}));
  BOOST_TEST(days_of("last day of month 10:00", {2028, 1, 1}, {2028, 4, 30}) ==
             std::vector<std::string>({"2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"}));
  BOOST_TEST(days_of("31st of month 10:00", {2026, 1, 1}, {2026, 5, 31}) ==
             std::vector<std::string>({"2026-01-31", "2026-03-31", "2026-05-31"}));
}

BOOST_AUTO_TEST_CASE(a_window_is_days_and_hours) {
  BOOST_TEST(window("Mon-Thu 09:00-16:00") == "Mon-Thu 540 960 Mon-Thu 09:00-16:00");
  BOOST_TEST(window(" daily 22:00-2:00 ") == "Mon-Sun 1320 120 daily 22:00-2:00");
  BOOST_TEST(window("Mon 09:00") ==
             "'Mon 09:00' is no window; write from when to when: 09:00-16:00");
  BOOST_TEST(window("first Tue of month 09:00-16:00") ==
             "a window is open every week; write daily, weekdays or Mon-Thu before the hours, and "
             "dates as 'blackouts' or in 'when'");
  BOOST_TEST(window("09:00-16:00") ==
             "on which days? write daily, weekdays or Tue-Thu before the time");
}

BOOST_AUTO_TEST_CASE(the_page_on_schedules_tells_the_truth) {
  const std::string page = read_file(std::string(MUSTER_SOURCE_DIR) + "/docs/schedule.md");
  int rows = 0;
  for (const std::string& line : split(page.substr(0, page.find("### Words")), '\n')) {
    const std::vector<std::string> cells = split(line, '|');
    if (cells.size() != 4 || cells[1].find("`") == std::string::npos) continue;
    const std::string when = replaced(cells[1], "`", "");
    if (trim(when) == "when") continue;
    BOOST_TEST(understood(when) == trim(cells[2]));
    ++rows;
  }
  BOOST_TEST(rows == 14);
}

BOOST_AUTO_TEST_CASE(whatever_is_written_is_understood_or_answered_in_one_printable_line) {
  std::uint32_t state = 7;
  const std::string_view letters = "0123456789*/,-@#:LTueMonof sthdaily\tfirst\x1b\xff\n";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::uint32_t length = (state = state * 1664525 + 1013904223) >> 27; length > 0;
         --length) {
      state = state * 1664525 + 1013904223;
      text += letters[(state >> 16) % letters.size()];
    }
    const Parsed<Recurrence> parsed = parse_when(text);
    BOOST_REQUIRE(parsed.value.has_value() == parsed.complaint.empty());
    BOOST_REQUIRE(parsed.complaint.find_first_of("\x1b\n") == std::string::npos);
    if (parsed.value)
      BOOST_REQUIRE(parsed.value->span.has_value() == parsed.value->minutes.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
