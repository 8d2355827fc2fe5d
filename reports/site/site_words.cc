#include "reports/site/site_words.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

}  // namespace

std::string show_length(Duration length) {
  const auto count = [&](Duration unit) {
    return static_cast<std::size_t>(length / unit);
  };
  if (length >= hours(48)) return count_of(count(hours(24)), "day");
  if (length >= minutes(120)) return count_of(count(hours(1)), "hour");
  return count_of(count(minutes(1)), "minute");
}

std::string show_distance(UtcTime at, UtcTime now) {
  if (at > now) {
    const std::string ahead = at - now < minutes(1) ? "a moment" : show_length(at - now);
    return "in " + ahead;
  }
  return now - at < minutes(1) ? "just now" : show_length(now - at) + " ago";
}

std::string time_element(UtcTime at, UtcTime now) {
  return fmt::format(R"(<time datetime="{}" title="{}">{}</time>)",
                     format_utc(at),
                     show_minute(at),
                     show_distance(at, now));
}

std::string time_element_with(UtcTime at, std::string_view text) {
  return fmt::format(
      R"(<time datetime="{}" title="{}">{}</time>)", format_utc(at), show_minute(at), escape(text));
}

std::string verdict_word(std::string_view status) {
  const StatusWord& word = status_word(status);
  return fmt::format(R"(<b class="w-{}">{}</b>)", word.css, signed_word(word));
}

std::string drill_and_run(std::string_view drill, std::int64_t number) {
  return number == 0 ? std::string(drill) : fmt::format("{}, run {}", drill, number);
}

}  // namespace muster
