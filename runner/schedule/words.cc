#include "runner/schedule/words.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/reading.h"

namespace muster {

namespace {

constexpr unsigned kMonToFri = 0x1F;
constexpr unsigned kSatAndSun = 0x60;

using Words = std::vector<std::string>;

const std::vector<std::string>& weekday_words() {
  static const std::vector<std::string> words = {
      "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "daily", "weekdays", "weekends"};
  return words;
}

const std::vector<std::string>& month_words() {
  static const std::vector<std::string> words = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "month"};
  return words;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

std::string shown(std::string_view word) {
  return "'" + printable(word, 40) + "'";
}

/// Without blanks around '-' and ','; dashes as word processors write them are dashes.
Words joined_words_in(std::string_view text) {
  std::string plain = replaced(std::string(text), "–", "-");
  for (const std::string_view mark : {"-", ","}) {
    for (const bool before : {true, false}) {
      const std::string apart = before ? " " + std::string(mark) : std::string(mark) + " ";
      while (plain.find(apart) != std::string::npos) plain = replaced(plain, apart, mark);
    }
  }
  return words_in(plain);
}

[[noreturn]] void fail_word(std::string_view word,
                            std::string_view what,
                            const std::vector<std::string>& candidates) {
  const std::string hint = suggestion(word, candidates);
  fail("{} is no {}; {}", shown(word), what, hint.empty() ? "write " + one_of(candidates) : hint);
}

/// "Mon-Thu,Sat" as bits; ranges may pass the end: "Fri-Mon".
template <class Named>
unsigned read_list(std::string_view text, unsigned lowest, unsigned highest, Named named) {
  unsigned bits = 0;
  for (const std::string& part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const unsigned from = named(std::string_view(part).substr(0, dash));
    const unsigned to =
        dash == std::string::npos ? from : named(std::string_view(part).substr(dash + 1));
    for (unsigned i = from;; i = i == highest ? lowest : i + 1) {
      bits |= 1U << i;
      if (i == to) break;
    }
  }
  return bits;
}

unsigned read_weekdays(std::string_view text) {
  const std::string word = lower(text);
  if (word == "daily") return kEveryWeekday;
  if (word == "weekdays") return kMonToFri;
  if (word == "weekends") return kSatAndSun;
  return read_list(text, 0, 6, [](std::string_view day) {
    const auto found = weekday_named(day);
    if (!found) fail_word(day, "weekday", weekday_words());
    return *found;
  });
}

unsigned read_months(std::string_view text) {
  if (lower(text) == "month") return kEveryMonth;
  return read_list(text, 1, 12, [](std::string_view month) {
    const auto found = month_named(month);
    if (!found) fail_word(month, "month", month_words());
    return *found;
  });
}

unsigned read_which(std::string_view text) {
  static const std::vector<std::string> which = {"last", "first", "second", "third", "fourth"};
  unsigned bits = 0;
  for (const std::string& part : split(lower(text), ',')) {
    const auto found = std::find(which.begin(), which.end(), part);
    if (part == "fifth") fail("not every month has a fifth; write last");
    if (found == which.end())
      fail_word(part, "such weekday of a month", {"first", "second", "third", "fourth", "last"});
    bits |= 1U << (found - which.begin());
  }
  return bits;
}

/// "1st", "2nd", "15th" or "15".
unsigned read_date(std::string_view text) {
  unsigned number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && digits < 2 && text[digits] >= '0' && text[digits] <= '9')
    number = number * 10 + static_cast<unsigned>(text[digits++] - '0');
  const std::string rest = lower(text.substr(digits));
  const bool is_date =
      digits > 0 && (rest.empty() || rest == "st" || rest == "nd" || rest == "rd" || rest == "th");
  if (!is_date || number < 1 || number > 31)
    fail("{} is no day of a month; write 1st,15th of month", shown(text));
  return number;
}

std::uint32_t read_dates(std::string_view text) {
  std::uint32_t bits = 0;
  for (const std::string& part : split(text, ',')) bits |= std::uint32_t{1} << read_date(part);
  return bits;
}

/// What stands before "of".
void read_days_of(const Words& words, bool every_month, DayRule& days) {
  if (words.size() == 2 && lower(words[0]) == "last" && lower(words[1]) == "day") {
    days.month_days = 1;
  } else if (words.size() == 2) {
    days.nth = read_which(words[0]);
    days.weekdays = read_weekdays(words[1]);
  } else if (words.size() == 1 && words[0].front() >= '0' && words[0].front() <= '9') {
    days.month_days = read_dates(words[0]);
  } else if (words.size() == 1) {
    days.weekdays = read_weekdays(words[0]);
    if (every_month)
      fail("which {} of the month? write first, second, third, fourth or last before it",
           printable(words[0], 40));
  } else {
    fail("{} are no days; write first Tue of month, 1st,15th of month or last day of month",
         shown(join(words, " ")));
  }
}

DayRule read_days(const Words& words) {
  DayRule days;
  if (words.empty()) fail("on which days? write daily, weekdays or Tue-Thu before the time");
  if (lower(words.front()) == "every")
    fail("leave out 'every': Tue is every Tuesday, daily is every day");
  const auto of = std::find(words.begin(), words.end(), "of");
  if (of == words.end()) {
    if (words.size() > 1)
      fail("{} are no days; write weekdays as Mon-Thu or Mon,Wed, or first Tue of month",
           shown(join(words, " ")));
    days.weekdays = read_weekdays(words.front());
    return days;
  }
  if (words.end() - of != 2)
    fail("behind 'of' stands one word: month, or month names such as Jan,Jul");
  days.months = read_months(words.back());
  read_days_of(Words(words.begin(), of), lower(words.back()) == "month", days);
  if (!days.ever_comes()) fail("there is no {}: it would never run", shown(join(words, " ")));
  return days;
}

int read_time(std::string_view text) {
  if (const auto minute = parse_minute(text)) return *minute;
  const std::string word = lower(text);
  if (word.ends_with("am") || word.ends_with("pm"))
    fail("{}: write the hours from 0 to 24, such as 14:00", shown(text));
  fail("{} is no time of day; write 09:30", shown(text));
}

ClockSpan read_span(std::string_view text) {
  const std::size_t dash = text.find('-');
  const ClockSpan span{read_time(text.substr(0, dash)), read_time(text.substr(dash + 1))};
  if (span.from == kMinutesOfDay) fail("a window begins before 24:00; write 00:00");
  if (span.from == span.to)
    fail("{} begins and ends at the same time; the whole day is 00:00-24:00", shown(text));
  return span;
}

/// Takes the time from the end of the words.
std::string take_time(Words& words) {
  const bool is_time = !words.empty() && words.back().find_first_of("0123456789") == 0;
  if (!is_time) fail("at what time? write it last: Tue 10:00, or Tue 10:00-15:00 for a window");
  std::string time = std::move(words.back());
  words.pop_back();
  return time;
}

Recurrence read_words(std::string_view text) {
  Words words = joined_words_in(text);
  if (words.empty())
    fail("it is empty; write Tue-Thu 10:00-15:00, first Tue of month 10:00 or 30 10 * * Tue");
  const std::string time = take_time(words);
  Recurrence recurrence;
  recurrence.days = read_days(words);
  if (time.find('-') != std::string::npos) {
    recurrence.span = read_span(time);
  } else {
    recurrence.minutes = {read_time(time)};
    if (recurrence.minutes.front() == kMinutesOfDay)
      fail("24:00 only ends a window; write 00:00 of the next day");
  }
  return recurrence;
}

WeekWindow read_window(std::string_view text) {
  Words words = joined_words_in(text);
  const std::string time = take_time(words);
  if (time.find('-') == std::string::npos)
    fail("{} is no window; write from when to when: {}-16:00", shown(text), printable(time, 20));
  const DayRule days = read_days(words);
  if (days.nth != 0 || days.months != kEveryMonth || days.month_days != kEveryMonthDay)
    fail(
        "a window is open every week; write daily, weekdays or Mon-Thu before the hours, and dates "
        "as 'blackouts' or in 'when'");
  const ClockSpan span = read_span(time);
  return {days.weekdays, span.from, span.to, std::string(trim(text))};
}

}  // namespace

Parsed<Recurrence> parse_words(std::string_view text) {
  return parsed([&] { return read_words(text); });
}

Parsed<WeekWindow> parse_window(std::string_view text) {
  return parsed([&] { return read_window(text); });
}

}  // namespace muster
