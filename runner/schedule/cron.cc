#include "runner/schedule/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMacros = {
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@weekly", "0 0 * * Sun"},
     {"@monthly", "0 0 1 * *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     {"@every", "*/15 * * * *"}}};

using Named = std::optional<unsigned> (*)(std::string_view);

struct Field {
  std::string_view name;
  unsigned lowest = 0;
  unsigned highest = 0;
  Named named = nullptr;
};

/// Sunday is 0 for cron, our weekdays begin with Monday.
std::optional<unsigned> cron_weekday(std::string_view text) {
  const auto day = weekday_named(text);
  return day ? std::optional((*day + 1) % 7) : std::nullopt;
}

const std::array<Field, 5> kFields = {{{"minute", 0, 59, nullptr},
                                       {"hour", 0, 23, nullptr},
                                       {"day of the month", 1, 31, nullptr},
                                       {"month", 1, 12, month_named},
                                       {"day of the week", 0, 7, cron_weekday}}};

std::optional<unsigned> small_number(std::string_view text) {
  if (text.empty() || text.size() > 3 ||
      text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string example(const Field& field) {
  if (field.name == "month") return "*, 1, Jan or Jan-Mar";
  if (field.name == "day of the week") return "*, 2, Tue or Mon-Fri";
  return fmt::format(
      "*, {}, {}-{} or */5", field.lowest, field.lowest, std::min(field.highest, 9U));
}

unsigned read_value(std::string_view text, const Field& field) {
  if (field.named != nullptr) {
    if (const auto named = field.named(text)) return *named;
  }
  const auto number = small_number(text);
  if (!number) fail("'{}' is no {}; write {}", printable(text, 20), field.name, example(field));
  if (*number < field.lowest || *number > field.highest)
    fail("the {} goes from {} to {}, not to {}", field.name, field.lowest, field.highest, *number);
  return *number;
}

std::string backwards(std::string_view range, unsigned from, unsigned to, const Field& field) {
  return fmt::format("the range '{}' of the {} runs backwards; write two: {}-{},{}-{}",
                     printable(range, 20),
                     field.name,
                     from,
                     field.highest == 7 ? 6 : field.highest,
                     field.lowest,
                     to);
}

unsigned read_step(std::string_view text, const Field& field) {
  const auto step = small_number(text);
  if (!step || *step == 0 || *step > field.highest)
    fail("'/{}' is no step of the {}; write a number from 1 to {}",
         printable(text, 20),
         field.name,
         field.highest);
  return *step;
}

/// One part of a list, as bits.
std::uint64_t read_part(std::string_view text, const Field& field) {
  const std::size_t slash = text.find('/');
  const std::string_view range = text.substr(0, slash);
  const std::size_t dash = range.find('-');
  unsigned from = field.lowest;
  unsigned to = field.highest == 7 ? 6 : field.highest;
  if (range != "*") {
    from = read_value(range.substr(0, dash), field);
    to = dash == std::string_view::npos ? from : read_value(range.substr(dash + 1), field);
    if (dash != std::string_view::npos && to == 0 && from > 0 && field.highest == 7) to = 7;
    if (to < from) throw Error(backwards(range, from, to, field));
    if (dash == std::string_view::npos && slash != std::string_view::npos)
      fail("a step needs a range: write {}-{}{} instead of {}",
           from,
           field.highest,
           printable(text.substr(slash), 20),
           printable(text, 20));
  }
  const unsigned step =
      slash == std::string_view::npos ? 1 : read_step(text.substr(slash + 1), field);
  std::uint64_t bits = 0;
  for (unsigned i = from; i <= to; i += step) bits |= std::uint64_t{1} << i;
  return bits;
}

std::uint64_t read_field(std::string_view text, const Field& field) {
  if (text == "?") fail("'?' is not known here; write * for any {}", field.name);
  if (text.find('#') != std::string_view::npos || text == "L" || text.ends_with('W') ||
      (text.ends_with('L') && text.size() == 2))
    fail(
        "'{}' is not known here; write words: first Tue of month 10:00, last Fri of month 10:00, "
        "last day of month 10:00",
        printable(text, 20));
  std::uint64_t bits = 0;
  for (const std::string& part : split(text, ',')) bits |= read_part(part, field);
  return bits;
}

/// Cron's bits 0 and 7 are Sunday; ours begin with Monday.
unsigned weekdays_of(std::uint64_t bits) {
  const auto days = static_cast<unsigned>(bits);
  const bool sunday = (days & 0x81U) != 0;
  return (days >> 1U & 0x3FU) | (sunday ? 0x40U : 0U);
}

[[noreturn]] void fail_macro(std::string_view word) {
  for (const auto& [macro, meaning] : kMacros) {
    if (word == macro) fail("'{}' is not known here; write {}", macro, meaning);
  }
  fail("'{}' is not known here; write when it runs, such as 0 10 * * Tue", printable(word, 20));
}

Recurrence read_cron(std::string_view text) {
  const std::vector<std::string> words = words_in(text);
  if (!words.empty() && words.front().starts_with('@')) fail_macro(words.front());
  if (words.size() != kFields.size())
    fail(
        "cron text has 5 fields (minute, hour, day of the month, month, day of the week), such as "
        "30 10 * * Tue; this has {}{}",
        words.size(),
        words.size() > kFields.size() ? ", and there are neither seconds nor years" : "");
  std::array<std::uint64_t, kFields.size()> bits{};
  for (std::size_t i = 0; i < kFields.size(); ++i) bits[i] = read_field(words[i], kFields[i]);
  Recurrence recurrence;
  recurrence.days.month_days = static_cast<std::uint32_t>(bits[2]);
  recurrence.days.months = static_cast<unsigned>(bits[3]);
  recurrence.days.weekdays = weekdays_of(bits[4]);
  if (!recurrence.days.ever_comes())
    fail("none of these months has such a day: it would never run");
  for (int minute = 0; minute < kMinutesOfDay; ++minute) {
    if ((bits[1] >> (minute / 60) & 1U) != 0 && (bits[0] >> (minute % 60) & 1U) != 0)
      recurrence.minutes.push_back(minute);
  }
  return recurrence;
}

}  // namespace

Parsed<Recurrence> parse_cron(std::string_view text) {
  return parsed([&] { return read_cron(text); });
}

}  // namespace muster
