#include "runner/schedule/open_times.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "runner/schedule/words.h"

namespace muster {

namespace {

constexpr std::size_t kReasonsShown = 3;
constexpr std::size_t kWhyShown = 80;

/// One end of a blackout, "2026-12-20" or "2026-12-20 18:00".
LocalTime read_end(const std::string& text, bool is_last) {
  const std::string_view written = trim(text);
  const std::size_t blank = std::min(written.find(' '), written.size());
  const auto day = parse_day(written.substr(0, blank));
  const bool has_time = blank < written.size();
  const auto minute = has_time ? parse_minute(trim(written.substr(blank))) : std::optional(0);
  if (!day || !minute)
    fail("'{}' is no day; write 2026-12-20, or 2026-12-20 18:00", printable(text, 40));
  return local_time(is_last && !has_time ? next_day(*day) : *day, *minute);
}

BlackoutTimes read_blackout(const Blackout& blackout) {
  const BlackoutTimes times{read_end(blackout.from, false), read_end(blackout.to, true)};
  if (times.from >= times.to)
    fail("it ends ({}) before it begins ({})",
         printable(blackout.to, 40),
         printable(blackout.from, 40));
  return times;
}

/// The parts of `spans` that lie outside of `closed`; each of them in order, without overlaps.
std::vector<UtcSpan> without(const std::vector<UtcSpan>& spans,
                             const std::vector<UtcSpan>& closed) {
  std::vector<UtcSpan> out;
  auto next = closed.begin();
  for (UtcSpan rest : spans) {
    while (next != closed.end() && next->end <= rest.begin) ++next;
    for (auto each = next; each != closed.end() && each->begin < rest.end; ++each) {
      const UtcSpan before{rest.begin, each->begin};
      if (!before.empty()) out.push_back(before);
      rest.begin = each->end;
    }
    if (!rest.empty()) out.push_back(rest);
  }
  return out;
}

bool meet(UtcSpan a, UtcSpan b) {
  return a.begin < b.end && b.begin < a.end;
}

std::vector<UtcSpan> merged(std::vector<UtcSpan> spans) {
  std::sort(spans.begin(), spans.end(), [](const UtcSpan& a, const UtcSpan& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::vector<UtcSpan> out;
  for (const UtcSpan& span : spans) {
    if (!out.empty() && span.begin <= out.back().end)
      out.back().end = std::max(out.back().end, span.end);
    else
      out.push_back(span);
  }
  return out;
}

}  // namespace

Parsed<BlackoutTimes> parse_blackout(const Blackout& blackout) {
  return parsed([&] { return read_blackout(blackout); });
}

OpenTimes::OpenTimes(const ScheduleSettings& settings,
                     const TimeZone& zone,
                     std::vector<std::string>& complaints)
    : zone_(zone) {
  for (const std::string& window : settings.windows) add_window(window, complaints);
  for (const Blackout& blackout : settings.blackouts) add_blackout(blackout, complaints);
  std::vector<UtcSpan> spans;
  spans.reserve(blackouts_.size());
  for (const Closed& blackout : blackouts_) spans.push_back(blackout.span);
  blacked_out_ = merged(std::move(spans));
  for (const std::string& file : settings.calendars) add_calendar(file, complaints);
}

void OpenTimes::add_window(const std::string& text, std::vector<std::string>& complaints) {
  const Parsed<WeekWindow> window = parse_window(text);
  if (window.value)
    windows_.push_back(*window.value);
  else
    complaints.push_back(
        fmt::format("window '{}': {}", printable(text, kWhyShown), window.complaint));
}

void OpenTimes::add_blackout(const Blackout& blackout, std::vector<std::string>& complaints) {
  const std::string why =
      blackout.why.empty() ? "no reason given" : printable(blackout.why, kWhyShown);
  const Parsed<BlackoutTimes> times = parse_blackout(blackout);
  if (!times.value) {
    complaints.push_back(fmt::format("blackout '{}': {}", why, times.complaint));
    return;
  }
  // Of ends that the clocks show twice or never, those that make it longest.
  const UtcSpan span{zone_.instants(times.value->from).earliest(),
                     zone_.instants(times.value->to).latest()};
  blackouts_.push_back({span, fmt::format("blackout: {}, until {}", why, trim(blackout.to))});
}

void OpenTimes::add_calendar(const std::string& file, std::vector<std::string>& complaints) {
  try {
    calendars_.emplace_back(file, read_file(file), zone_);
  } catch (const Error& error) {
    complaints.emplace_back(error.what());
  }
}

std::vector<UtcSpan> OpenTimes::windows_within(UtcSpan span) const {
  if (windows_.empty()) return {span};
  std::vector<UtcSpan> open;
  const Day last = day_of(zone_.local(span.end));
  for (Day day = shifted(day_of(zone_.local(span.begin)), -1); day <= last; day = next_day(day)) {
    for (const WeekWindow& window : windows_) {
      if ((window.days >> weekday_of(day) & 1U) == 0) continue;
      const int end = window.to <= window.from ? window.to + kMinutesOfDay : window.to;
      const UtcSpan found = span_between(zone_, local_time(day, window.from), local_time(day, end));
      const UtcSpan part{std::max(found.begin, span.begin), std::min(found.end, span.end)};
      if (!part.empty()) open.push_back(part);
    }
  }
  return merged(std::move(open));
}

std::vector<UtcSpan> OpenTimes::within(UtcSpan span) const {
  const UtcSpan known{std::max(span.begin, kCalendarBegin), std::min(span.end, kCalendarEnd)};
  if (known.empty()) return {};
  std::vector<UtcSpan> open = without(windows_within(known), blacked_out_);
  for (const BusyCalendar& calendar : calendars_) {
    std::vector<UtcSpan> busy;
    for (const BusyTime& each : calendar.between(known.begin, known.end)) busy.push_back(each.span);
    open = without(open, busy);
  }
  return open;
}

std::string OpenTimes::outside_text() const {
  std::vector<std::string> texts;
  texts.reserve(windows_.size());
  for (const WeekWindow& window : windows_) texts.push_back(printable(window.text, kWhyShown));
  return fmt::format("outside the window{} {}", windows_.size() == 1 ? "" : "s", join(texts, ", "));
}

std::string OpenTimes::event_text(const BusyCalendar& calendar, const BusyTime& time) const {
  return fmt::format(
      "calendar {}: {}, until {}",
      printable(std::filesystem::path(calendar.file()).filename().string(), kWhyShown),
      calendar.name_of(time),
      zone_.text(time.until));
}

std::vector<std::string> OpenTimes::reasons(UtcTime at) const {
  if (at < kCalendarBegin || at >= kCalendarEnd)
    return {fmt::format("the calendar reaches from {} to {} only: the clock is wrong",
                        format_utc(kCalendarBegin),
                        format_utc(kCalendarEnd))};
  const UtcSpan instant{at, at + std::chrono::microseconds(1)};
  std::vector<std::string> reasons;
  if (windows_within(instant).empty()) reasons.push_back(outside_text());
  for (const Closed& blackout : blackouts_) {
    if (blackout.span.holds(at)) reasons.push_back(blackout.reason);
  }
  for (const BusyCalendar& calendar : calendars_) {
    for (const BusyTime& busy : calendar.between(instant.begin, instant.end))
      reasons.push_back(event_text(calendar, busy));
  }
  return reasons;
}

std::string OpenTimes::why_closed(UtcSpan span) const {
  std::vector<std::string> reasons;
  const std::vector<UtcSpan> open = windows_within(span);
  if (open.size() != 1 || open.front().begin > span.begin || open.front().end < span.end)
    reasons.push_back(outside_text());
  for (const Closed& blackout : blackouts_) {
    if (meet(blackout.span, span)) reasons.push_back(blackout.reason);
  }
  for (const BusyCalendar& calendar : calendars_) {
    for (const BusyTime& busy : calendar.between(span.begin, span.end)) {
      if (reasons.size() <= kReasonsShown) reasons.push_back(event_text(calendar, busy));
    }
  }
  if (reasons.size() > kReasonsShown) {
    reasons.resize(kReasonsShown);
    reasons.emplace_back("and more");
  }
  return join(reasons, "; ");
}

std::vector<std::string> OpenTimes::notes() const {
  std::vector<std::string> notes;
  for (const BusyCalendar& calendar : calendars_) {
    if (!calendar.note().empty())
      notes.push_back(fmt::format("calendar {}: {}", calendar.file(), calendar.note()));
  }
  return notes;
}

}  // namespace muster
