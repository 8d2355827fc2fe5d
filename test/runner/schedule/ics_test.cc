#include "runner/schedule/ics.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "runner/schedule/ics_text.h"
#include "test/runner/schedule/schedule_samples.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::utc;

namespace {

std::string replaced_breaks(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::string calendar_of(std::string_view inside) {
  return replaced_breaks("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example//EN\n" +
                         std::string(inside) + "END:VCALENDAR\n");
}

std::string event(std::string_view lines) {
  return "BEGIN:VEVENT\nUID:1@example\nSUMMARY:Freeze\n" + std::string(lines) + "END:VEVENT\n";
}

const TimeZone& berlin() {
  static const TimeZone kBerlin("Europe/Berlin");
  return kBerlin;
}

BusyCalendar read(std::string_view inside) {
  return {"freeze.ics", calendar_of(inside), berlin()};
}

/// "2026-12-24 23:00 to 2026-12-26 23:00 Freeze"
std::vector<std::string> busy_times(const BusyCalendar& calendar,
                                    UtcTime from = kCalendarBegin,
                                    UtcTime to = kCalendarEnd) {
  const auto minute = [](UtcTime at) {
    const std::string text = format_utc(at);
    return text.substr(0, 10) + " " + text.substr(11, 5);
  };
  std::vector<std::string> out;
  for (const BusyTime& time : calendar.between(from, to))
    out.push_back(minute(time.span.begin) + " to " + minute(time.span.end) + " " +
                  calendar.name_of(time));
  return out;
}

using Texts = std::vector<std::string>;

std::string complaint(const std::string& text) {
  try {
    BusyCalendar("freeze.ics", text, berlin());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

constexpr std::string_view kOfficeZone =
    "BEGIN:VTIMEZONE\n"
    "TZID:W. Europe Standard Time\n"
    "BEGIN:STANDARD\n"
    "DTSTART:16010101T030000\n"
    "TZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\n"
    "END:STANDARD\n"
    "BEGIN:DAYLIGHT\n"
    "DTSTART:16010101T020000\n"
    "TZOFFSETFROM:+0100\n"
    "TZOFFSETTO:+0200\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\n"
    "END:DAYLIGHT\n"
    "END:VTIMEZONE\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_ics)

BOOST_AUTO_TEST_CASE(an_event_in_utc_is_busy_from_its_begin_to_its_end) {
  const BusyCalendar calendar = read(event("DTSTART:20261204T080000Z\nDTEND:20261204T170000Z\n"));
  BOOST_TEST(busy_times(calendar) == Texts({"2026-12-04 08:00 to 2026-12-04 17:00 Freeze"}));
  BOOST_TEST(!calendar.busy(utc("2026-12-04T07:59:59Z")).has_value());
  BOOST_TEST(calendar.busy(utc("2026-12-04T08:00:00Z")).value() ==
             "Freeze, until Fri 2026-12-04 18:00 CET");
  BOOST_TEST(calendar.busy(utc("2026-12-04T16:59:59.999999Z")).has_value());
  BOOST_TEST(!calendar.busy(utc("2026-12-04T17:00:00Z")).has_value());
}

BOOST_AUTO_TEST_CASE(days_and_times_without_a_zone_are_of_the_schedules_zone) {
  BOOST_TEST(busy_times(read(event("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\n"))) ==
             Texts({"2026-12-24 23:00 to 2026-12-26 23:00 Freeze"}));
  BOOST_TEST(busy_times(read(event("DTSTART;VALUE=DATE:20261225\n"))) ==
             Texts({"2026-12-24 23:00 to 2026-12-25 23:00 Freeze"}));
  BOOST_TEST(busy_times(read(event("DTSTART;VALUE=DATE:20260329\nDURATION:P1D\n"))) ==
             Texts({"2026-03-28 23:00 to 2026-03-29 22:00 Freeze"}));
  BOOST_TEST(busy_times(read(event("DTSTART:20260701T100000\nDURATION:PT90M\n"))) ==
             Texts({"2026-07-01 08:00 to 2026-07-01 09:30 Freeze"}));
}

BOOST_AUTO_TEST_CASE(a_zone_is_taken_from_the_machine_or_else_from_the_file) {
  const std::string times = "TZID=\"W. Europe Standard Time\":2026";
  BOOST_TEST(
      busy_times(read(std::string(kOfficeZone) + event("DTSTART;" + times + "0701T100000\nDTEND;" +
                                                       times + "0701T110000\n"))) ==
      Texts({"2026-07-01 08:00 to 2026-07-01 09:00 Freeze"}));
  BOOST_TEST(
      busy_times(read(std::string(kOfficeZone) + event("DTSTART;" + times + "1201T100000\nDTEND;" +
                                                       times + "1201T110000\n"))) ==
      Texts({"2026-12-01 09:00 to 2026-12-01 10:00 Freeze"}));
  for (const char* name : {"America/New_York", "/example.org/20260101_1/America/New_York"})
    BOOST_TEST(busy_times(read(event("DTSTART;TZID=" + std::string(name) +
                                     ":20260701T100000\nDURATION:PT1H\n"))) ==
               Texts({"2026-07-01 14:00 to 2026-07-01 15:00 Freeze"}));
}

BOOST_AUTO_TEST_CASE(a_rule_is_followed_by_the_clocks_of_its_zone) {
  // UNTIL is in UTC: 10:00 in Berlin on the last Friday.
  BOOST_TEST(busy_times(read(event("DTSTART;TZID=Europe/Berlin:20260320T100000\n"
                                   "DTEND;TZID=Europe/Berlin:20260320T120000\n"
                                   "RRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20260403T080000Z\n"))) ==
             Texts({"2026-03-20 09:00 to 2026-03-20 11:00 Freeze",
                    "2026-03-27 09:00 to 2026-03-27 11:00 Freeze",
                    "2026-04-03 08:00 to 2026-04-03 10:00 Freeze"}));
  // A day as UNTIL holds the whole day.
  BOOST_TEST(busy_times(read(event("DTSTART:20260320T100000\nDURATION:PT1H\n"
                                   "RRULE:FREQ=DAILY;UNTIL=20260321\n")))
                 .size() == 2U);
  BOOST_TEST(busy_times(read(event("DTSTART;VALUE=DATE:20251225\nRRULE:FREQ=YEARLY\n")),
                        utc("2030-01-01T00:00:00Z"),
                        utc("2031-01-01T00:00:00Z")) ==
             Texts({"2030-12-24 23:00 to 2030-12-25 23:00 Freeze"}));
}

BOOST_AUTO_TEST_CASE(a_night_in_which_clocks_are_set_is_busy_by_either_count) {
  const auto nights =
      busy_times(read(event("DTSTART;TZID=Europe/Berlin:20260101T220000\n"
                            "DTEND;TZID=Europe/Berlin:20260102T060000\n"
                            "RRULE:FREQ=DAILY\n")));
  const auto has = [&](const std::string& night) {
    return std::find(nights.begin(), nights.end(), night) != nights.end();
  };
  // Eight hours would end at 05:00 by the clock, and 06:00 by the clock are nine hours.
  BOOST_TEST(has("2026-10-24 20:00 to 2026-10-25 05:00 Freeze"));
  BOOST_TEST(has("2026-03-28 21:00 to 2026-03-29 05:00 Freeze"));
  BOOST_TEST(has("2026-12-01 21:00 to 2026-12-02 05:00 Freeze"));
}

BOOST_AUTO_TEST_CASE(exceptions_and_changed_occurrences_are_known) {
  const auto times = busy_times(
      read(event("DTSTART;TZID=Europe/Berlin:20261201T100000\nDURATION:PT1H\n"
                 "RRULE:FREQ=DAILY;COUNT=6\n"
                 "EXDATE;TZID=Europe/Berlin:20261202T100000\n"
                 "EXDATE:20261203T090000Z,20261203T100000Z\n"
                 "EXDATE;VALUE=DATE:20261206\n"  // takes nothing from a time
                 "RDATE;TZID=Europe/Berlin:20261210T100000\n"
                 "RDATE;VALUE=PERIOD:20261211T090000Z/20261211T120000Z,20261212T090000Z/PT2H\n") +
           event("RECURRENCE-ID;TZID=Europe/Berlin:20261204T100000\n"
                 "DTSTART;TZID=Europe/Berlin:20261204T150000\nDURATION:PT2H\n") +
           event("RECURRENCE-ID:20261206T090000Z\nDTSTART:20261206T090000Z\nDURATION:PT30M\n") +
           event("RECURRENCE-ID:20261205T090000Z\nSTATUS:CANCELLED\n"
                 "DTSTART;TZID=Europe/Berlin:20261205T100000\n")));
  BOOST_TEST(times == Texts({"2026-12-01 09:00 to 2026-12-01 10:00 Freeze",
                             "2026-12-04 14:00 to 2026-12-04 16:00 Freeze",
                             "2026-12-06 09:00 to 2026-12-06 09:30 Freeze",
                             "2026-12-10 09:00 to 2026-12-10 10:00 Freeze",
                             "2026-12-11 09:00 to 2026-12-11 12:00 Freeze",
                             "2026-12-12 09:00 to 2026-12-12 11:00 Freeze"}));
}

BOOST_AUTO_TEST_CASE(what_is_cancelled_or_marked_as_free_does_not_count_and_that_is_said) {
  const std::string time = "DTSTART:20261204T080000Z\nDTEND:20261204T170000Z\n";
  const BusyCalendar calendar =
      read(event(time + "TRANSP:TRANSPARENT\n") + event(time + "STATUS:CANCELLED\n") +
           event(time + "transp:transparent\n"));
  BOOST_TEST(busy_times(calendar) == Texts());
  BOOST_TEST(calendar.note() ==
             "none of its 3 events counts; 2 marked as free (TRANSP:TRANSPARENT); 1 cancelled");
  BOOST_TEST(read("").note() == "it holds no event");
  const BusyCalendar counts = read(event(time + "TRANSP:OPAQUE\nSTATUS:TENTATIVE\n"));
  BOOST_TEST(busy_times(counts).size() == 1U);
  BOOST_TEST(counts.note() == "");
  BOOST_TEST(busy_times(read(event(time + "TRANSP:WHATEVER\n"))).size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_events_at_the_same_time_the_longest_is_named) {
  const auto one = [](const std::string& name, const std::string& from, const std::string& to) {
    return "BEGIN:VEVENT\nSUMMARY:" + name + "\nDTSTART:20261204T" + from + "00Z\nDTEND:20261204T" +
           to + "00Z\nEND:VEVENT\n";
  };
  const BusyCalendar calendar = read(one("short", "0900", "1000") + one("long", "0800", "1200") +
                                     one("later", "1100", "1500") + one("next", "1500", "1600"));
  BOOST_TEST(busy_times(calendar) == Texts({"2026-12-04 08:00 to 2026-12-04 11:00 long",
                                            "2026-12-04 11:00 to 2026-12-04 15:00 later",
                                            "2026-12-04 15:00 to 2026-12-04 16:00 next"}));
  BOOST_TEST(calendar.busy(utc("2026-12-04T10:30:00Z")).value() ==
             "long, until Fri 2026-12-04 13:00 CET");
}

BOOST_AUTO_TEST_CASE(folded_lines_other_components_and_unknown_properties_are_no_trouble) {
  const BusyCalendar calendar = read(
      "X-WR-CALNAME:Team\\, east\nMETHOD:PUBLISH\n"
      "BEGIN:VTODO\nDTSTART:nonsense\nBEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM\nEND:VTODO\n"
      "BEGIN:VEVENT\nUID:a\nSUM\n MARY;LANGUAGE=en;ALTREP=\"cid:x:y\":Release\\, second\n  half\n"
      "LOCATION:\nGEO:nowhere\nX-FOO;;;=:bar\nDESCRIPTION:a\\nb\nATTENDEE;RSVP=:mailto:a@b\n"
      "BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:huh\nEND:VALARM\n"
      "DTSTART:20261204T080000Z\nDTEND:2026120\n 4T170000Z\nEND:VEVENT\n");
  BOOST_TEST(busy_times(calendar) ==
             Texts({"2026-12-04 08:00 to 2026-12-04 17:00 Release, second half"}));
}

BOOST_AUTO_TEST_CASE(names_are_harmless_on_a_terminal) {
  const BusyCalendar calendar = read(
      "BEGIN:VEVENT\nSUMMARY:a\x1b[31mb\xff\\nc\nDTSTART:20261204T080000Z\nDURATION:PT1H\n"
      "END:VEVENT\nBEGIN:VEVENT\nSUMMARY: \nDTSTART:20261205T080000Z\nDURATION:PT1H\nEND:VEVENT\n"
      "BEGIN:VEVENT\nDTSTART:20261206T080000Z\nDURATION:PT1H\nSUMMARY:" +
      std::string(5000, 'x') + "\nEND:VEVENT\n");
  const auto times = calendar.between(kCalendarBegin, kCalendarEnd);
  BOOST_REQUIRE(times.size() == 3U);
  BOOST_TEST(calendar.name_of(times[0]) == "a\uFFFD[31mb\uFFFD c");
  BOOST_TEST(calendar.name_of(times[1]) == "an event without a name");
  BOOST_TEST(calendar.name_of(times[2]).size() < 100U);
}

BOOST_AUTO_TEST_CASE(whatever_might_say_busy_and_is_not_understood_is_an_error) {
  const std::string start = "DTSTART:20261204T080000Z\n";
  const std::vector<std::pair<std::string, std::string>> kBroken = {
      {event("DTEND:20261204T080000Z\n"), "event 'Freeze': it has no DTSTART; mend the event"},
      {event(start + start), "it has DTSTART twice"},
      {event(start + "DTEND:20261204T070000Z\n"), "it ends before it begins"},
      {event(start + "DTEND;VALUE=DATE:20261205\n"), "one is a day and the other a time"},
      {event(start + "DURATION:-PT1H\n"), "it ends before it begins"},
      {event(start + "DURATION:P99999999W\n"), "it lasts longer than a hundred years"},
      {event(start + "DURATION:an hour\n"), "not understood: Can't parse as DURATION"},
      {event("DTSTART:20261340T256199\n"), "2026-13-40 25:61:99 is no time"},
      {event("DTSTART;VALUE=DATE:20260230\n"), "2026-02-30 00:00:00 is no time"},
      {event("DTSTART:tomorrow\n"), "not understood"},
      {event("DTSTART;TZID=Mars/Olympus:20261204T080000\n"),
       "it is in a time zone 'Mars/Olympus' that neither the file describes nor this machine "
       "knows"},
      {event(start + "RRULE:FREQ=SOMETIMES\n"), "not understood: Can't parse as RECUR"},
      {event(start + "RRULE:FREQ=DAILY;INTERVAL=0\n"), "not understood: Can't parse as RECUR"},
      {event(start + "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n"),
       "its rule gives no time at all"},
      {event(start + "EXDATE:never\n"), "not understood: Can't parse as DATE-TIME value in EXDATE"},
      {event(start + "RECURRENCE-ID;RANGE=THISANDFUTURE:20261204T080000Z\n"),
       "it changes all occurrences from one on (RANGE)"},
      {event(start + "RRULE FREQ=DAILY\n"), "line 8: 'RRULE FREQ=DAILY' is no line of a calendar"},
      {event(start + "RRULE:FREQ=YEARLY;RSCALE=CHINESE\n"), "RSCALE"},
      {"BEGIN:VTIMEZONE\nTZID:Here\nEND:VTIMEZONE\n" + event("DTSTART;TZID=Here:20261204T080000\n"),
       "time zone 'Here': it has neither STANDARD nor DAYLIGHT"},
      {"BEGIN:VTIMEZONE\nTZID:Here\nBEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0100\n"
       "TZOFFSETTO:+9900\nEND:STANDARD\nEND:VTIMEZONE\n" +
           event("DTSTART;TZID=Here:20261204T080000\n"),
       "time zone 'Here'"},
  };
  for (const auto& [inside, wanted] : kBroken) {
    const std::string found = complaint(calendar_of(inside));
    BOOST_TEST(found.starts_with("calendar freeze.ics: "), inside + found);
    BOOST_TEST(found.find(wanted) != std::string::npos, inside + found);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_whole_calendar_is_an_error) {
  const std::string whole = calendar_of(event("DTSTART:20261204T080000Z\n"));
  const std::vector<std::pair<std::string, std::string>> kBroken = {
      {"", "it holds no BEGIN:VCALENDAR"},
      {"<html>not found</html>\n", "line 1: '<html>not found</html>' is no line of a calendar"},
      {"{\"error\": \"expired\"}", "line 1: "},
      {"BEGIN:VEVENT\nEND:VEVENT\n", "line 1: BEGIN:VEVENT stands outside of a VCALENDAR"},
      {"VERSION:2.0\n" + whole, "line 1: 'VERSION:2.0' stands outside of a VCALENDAR"},
      {whole.substr(0, whole.size() - 16), "it ends within the VCALENDAR that begins in line 1"},
      {whole.substr(0, whole.size() - 30), "it ends within the VEVENT that begins in line 4"},
      {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
       "line 3: END:VCALENDAR closes nothing; a VEVENT is open since line 2"},
      {whole + "END:VCALENDAR\n", "END:VCALENDAR closes nothing; no component is open"},
      {"BEGIN:VCALENDAR\nBEGIN:VTODO\nBEGIN:VEVENT\nEND:VEVENT\nEND:VTODO\nEND:VCALENDAR\n",
       "line 3: a VEVENT must stand in the VCALENDAR itself"},
      {whole + std::string("\0", 1), "it holds a zero byte"},
  };
  for (const auto& [text, wanted] : kBroken) {
    const std::string found = complaint(text);
    BOOST_TEST(found.starts_with("calendar freeze.ics: "), found);
    BOOST_TEST(found.find(wanted) != std::string::npos, wanted + " <> " + found);
  }
  for (std::size_t size = 0; size < whole.size() - 2; ++size)
    BOOST_TEST(complaint(whole.substr(0, size)) != "", size);
  BOOST_TEST(complaint(whole + whole) == "");
  BOOST_TEST(complaint("\xEF\xBB\xBF" + whole) == "");
}

BOOST_AUTO_TEST_CASE(a_hostile_file_is_refused_without_being_followed) {
  const std::string start = "DTSTART:20000101T000000Z\nDURATION:PT1S\n";
  std::string hours = "0";
  for (int hour = 1; hour < 24; ++hour) hours += "," + std::to_string(hour);
  std::string minutes = "0";
  for (int minute = 1; minute < 60; ++minute) minutes += "," + std::to_string(minute);
  const std::string every_second =
      ";BYHOUR=" + hours + ";BYMINUTE=" + minutes + ";BYSECOND=" + minutes;
  const std::string impossible = ";BYMONTH=2;BYMONTHDAY=30";
  std::string many;
  for (int i = 0; i < 400; ++i) many += event("DTSTART:20000101T000000Z\nRRULE:FREQ=WEEKLY\n");
  std::string nested;
  for (int i = 0; i < 50'000; ++i) nested += "BEGIN:X\n";
  std::string parameters = "DTSTART";
  for (int i = 0; i < 20'000; ++i) parameters += ";A=b";
  const std::vector<std::pair<std::string, std::string>> kHostile = {
      {event(start + "RRULE:FREQ=SECONDLY\n"), "it recurs by hours, minutes or seconds"},
      {event(start + "RRULE:FREQ=MINUTELY" + impossible + "\n"), "it recurs by hours"},
      {event(start + "RRULE:FREQ=HOURLY" + impossible + "\n"), "it recurs by hours"},
      {event(start + "RRULE:FREQ=DAILY" + impossible + every_second + "\n"),
       "its rule takes too long to follow"},
      {event(start + "RRULE:FREQ=YEARLY;COUNT=2000000000" + every_second + "\n"),
       "its rule takes too long to follow"},
      {event("DTSTART:00010101T000000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2\n"),
       "its rule takes too long to follow"},
      {many, "more than 100000 occurrences"},
      {nested, "more than 8 components within each other"},
      {event(parameters + ":20261204T080000Z\n"), "DTSTART is longer than 32768 bytes"},
      {std::string(kMostIcsBytes, 'x'), "it is larger than 1 MiB"},
  };
  for (const auto& [inside, wanted] : kHostile) {
    const std::string found = complaint(calendar_of(inside));
    BOOST_TEST(found.find(wanted) != std::string::npos, wanted + " <> " + found.substr(0, 300));
  }
  std::string events;
  for (std::size_t i = 0; i <= kMostIcsEvents; ++i) events += "BEGIN:VEVENT\nEND:VEVENT\n";
  BOOST_TEST(complaint(calendar_of(events)).find("more than 10000 events") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_summary_or_description_costs_nothing) {
  const std::string text = calendar_of(event(
      "DTSTART:20261204T080000Z\nDURATION:PT1H\nDESCRIPTION:" + std::string(900'000, ';') + "\n"));
  BOOST_TEST(complaint(text) == "");
}

BOOST_AUTO_TEST_SUITE_END()
