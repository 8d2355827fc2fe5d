#include "runner/schedule/recurrence.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "runner/schedule/cron.h"
#include "runner/schedule/words.h"

namespace muster {

namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",
                                                      "February",
                                                      "March",
                                                      "April",
                                                      "May",
                                                      "June",
                                                      "July",
                                                      "August",
                                                      "September",
                                                      "October",
                                                      "November",
                                                      "December"};
constexpr std::array<std::string_view, 5> kNth = {"last", "first", "second", "third", "fourth"};
constexpr std::size_t kTimesShown = 4;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

template <std::size_t N>
std::optional<unsigned> index_of(std::string_view text,
                                 const std::array<std::string_view, N>& names) {
  for (unsigned i = 0; i < N; ++i) {
    if (same_word(text, names[i]) || same_word(text, names[i].substr(0, 3))) return i;
  }
  return std::nullopt;
}

/// "1-7,15": the set bits from `first` to `last`, each written by `name`.
template <class Name>
std::string ranges(std::uint32_t bits, unsigned first, unsigned last, Name name) {
  std::vector<std::string> parts;
  const auto is_set = [&](unsigned bit) {
    return bit <= last && (bits >> bit & 1U) != 0;
  };
  for (unsigned i = first; i <= last; ++i) {
    if (!is_set(i)) continue;
    unsigned end = i;
    while (is_set(end + 1)) ++end;
    parts.push_back(end > i ? fmt::format("{}-{}", name(i), name(end)) : name(i));
    i = end;
  }
  return join(parts, ",");
}

std::string number_text(unsigned number) {
  return fmt::format("{}", number);
}

std::string nth_text(unsigned nth) {
  std::vector<std::string> words;
  for (unsigned i = 1; i <= kNth.size(); ++i) {
    const unsigned at = i % static_cast<unsigned>(kNth.size());
    if ((nth >> at & 1U) != 0) words.emplace_back(kNth[at]);
  }
  return join(words, ",");
}

std::string month_days_text(std::uint32_t days) {
  const std::string numbers = ranges(days, 1, 31, number_text);
  if ((days & 1U) == 0) return "day " + numbers + " of the month";
  return numbers.empty() ? "the last day of the month"
                         : fmt::format("day {} or the last of the month", numbers);
}

std::string days_text(const DayRule& days) {
  std::string text = days.weekdays == kEveryWeekday ? "every day" : weekdays_text(days.weekdays);
  if (days.nth != 0) text = fmt::format("the {} {} of the month", nth_text(days.nth), text);
  if (days.month_days != kEveryMonthDay) {
    text = days.weekdays == kEveryWeekday
               ? month_days_text(days.month_days)
               : fmt::format("{}, if it is {}", text, month_days_text(days.month_days));
  }
  if (days.months != kEveryMonth)
    text += ", in " + ranges(days.months, 1, 12, [](unsigned month) {
              return std::string(kMonths[month - 1].substr(0, 3));
            });
  return text;
}

std::string times_text(const std::vector<int>& minutes) {
  std::vector<std::string> times;
  for (const int minute : minutes) {
    if (times.size() == kTimesShown)
      return fmt::format("at {} and so on, {} times,", join(times, ", "), minutes.size());
    times.push_back(format_minute(minute));
  }
  return "at " + join(times, ", ");
}

}  // namespace

bool DayRule::holds(Day day) const {
  const unsigned length = days_in_month(day);
  const auto has = [](std::uint32_t bits, unsigned bit) {
    return (bits >> bit & 1U) != 0;
  };
  const bool last_such = day.day + 7 > length;
  const unsigned which = (day.day - 1) / 7 + 1;
  return has(months, day.month) && has(weekdays, weekday_of(day)) &&
         (has(month_days, day.day) || (has(month_days, 0) && day.day == length)) &&
         (nth == 0 || has(nth, which) || (has(nth, 0) && last_such));
}

bool DayRule::ever_comes() const {
  constexpr int kLeapYear = 2024;
  for (unsigned month = 1; month <= 12; ++month) {
    const std::uint32_t there = (std::uint32_t{2} << days_in_month({kLeapYear, month, 1})) - 1;
    if ((months >> month & 1U) != 0 && (month_days & there) != 0) return true;
  }
  return false;
}

Parsed<Recurrence> parse_when(std::string_view text) {
  const std::string_view written = trim(text);
  // Words end with a time of day; cron text begins with a number or a sign, and has no colon.
  const bool is_cron = written.find(':') == std::string_view::npos && !written.empty() &&
                       written.find_first_of("0123456789*/,-?@") == 0;
  return is_cron ? parse_cron(written) : parse_words(written);
}

std::string describe(const Recurrence& recurrence) {
  const std::string time = recurrence.span ? fmt::format("between {} and {}",
                                                         format_minute(recurrence.span->from),
                                                         format_minute(recurrence.span->to))
                                           : times_text(recurrence.minutes);
  const std::string days = days_text(recurrence.days);
  return fmt::format("{} {}{}", time, days.starts_with("every") ? "" : "on ", days);
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  for (std::string& word : split(replaced(std::string(text), "\t", " "), ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

std::optional<unsigned> weekday_named(std::string_view text) {
  return index_of(text, kWeekdays);
}

std::optional<unsigned> month_named(std::string_view text) {
  const auto found = index_of(text, kMonths);
  return found ? std::optional(*found + 1) : std::nullopt;
}

std::string weekdays_text(unsigned weekdays) {
  return ranges(
      weekdays, 0, 6, [](unsigned day) { return std::string(kWeekdays[day].substr(0, 3)); });
}

}  // namespace muster
