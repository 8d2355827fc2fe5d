#include "runner/schedule/schedule.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "runner/schedule/open_times.h"
#include "runner/schedule/recurrence.h"

namespace muster {

namespace {

constexpr auto kLookAhead = std::chrono::days(731);
constexpr std::size_t kMostExcluded = 1000;

/// A turn of which it is known whether anything of it is open, but not yet said why not.
struct Candidate {
  Turn turn;
  bool open = false;

  bool is_jumped_over() const { return !turn.excluded.empty(); }
};

UtcTime grace_after(UtcTime begin) {
  return begin + std::chrono::duration_cast<UtcTime::duration>(kGrace);
}

}  // namespace

struct Schedule::Parts {
  ScheduleSettings settings;
  TimeZone zone;
  Recurrence recurrence;
  OpenTimes open;

  bool has_windows() const { return recurrence.span.has_value(); }

  /// In order; without words on why those are excluded that are not jumped over.
  std::vector<Candidate> of_day(Day day) const {
    if (!recurrence.days.holds(day)) return {};
    return has_windows() ? std::vector{window_of(day)} : instants_of(day);
  }

  Candidate window_of(Day day) const {
    const auto [from, to] = *recurrence.span;
    const LocalTime begin = local_time(day, from);
    const UtcSpan span =
        span_between(zone, begin, local_time(day, to <= from ? to + kMinutesOfDay : to));
    if (span.empty())
      return jumped_over(
          day, zone.instants(begin).jump, format_minute(from) + "-" + format_minute(to));
    return {{span.begin, span.end, {}}, !open.within(span).empty()};
  }

  std::vector<Candidate> instants_of(Day day) const {
    std::vector<Candidate> found;
    found.reserve(recurrence.minutes.size());
    const Instants midnight = zone.instants(local_time(day));
    const Instants next = zone.instants(local_time(next_day(day)));
    const bool plain = midnight.first && !midnight.second && next.first &&
                       *next.first - *midnight.first == std::chrono::days(1);
    for (const int minute : recurrence.minutes) {
      if (plain) {
        const UtcTime begin = *midnight.first + std::chrono::minutes(minute);
        found.push_back({{begin, grace_after(begin), {}}, false});
        continue;
      }
      const Instants instants = zone.instants(local_time(day, minute));
      if (instants.first)
        found.push_back({{*instants.first, grace_after(*instants.first), {}}, false});
      else
        found.push_back(jumped_over(day, instants.jump, format_minute(minute)));
    }
    see_what_is_open(found);
    return found;
  }

  void see_what_is_open(std::vector<Candidate>& instants) const {
    if (instants.empty()) return;
    const std::vector<UtcSpan> spans =
        open.within({instants.front().turn.begin, instants.back().turn.end});
    auto span = spans.begin();
    for (Candidate& each : instants) {
      while (span != spans.end() && span->end <= each.turn.begin) ++span;
      each.open = !each.is_jumped_over() && span != spans.end() && span->holds(each.turn.begin);
    }
  }

  Candidate jumped_over(Day day, UtcTime jump, const std::string& time) const {
    const bool whole_day = !zone.instants(local_time(day)).first &&
                           !zone.instants(local_time(day, kMinutesOfDay - 1)).first;
    return {{jump,
             grace_after(jump),
             whole_day ? "the clocks leave out " + format_day(day)
                       : fmt::format("the clocks jump over {} (daylight saving)", time)},
            false};
  }

  /// Gives what begins in [from, to) to `take`, in order, until that returns false.
  template <class Take>
  void walk(UtcTime from, UtcTime to, Take take) const {
    from = std::max(from, kCalendarBegin);
    to = std::min(to, kCalendarEnd);
    if (from >= to) return;
    std::optional<Candidate> held;  // the next one may begin at the same instant
    const auto is_in = [&](const std::optional<Candidate>& each) {
      return each && each->turn.begin >= from && each->turn.begin < to;
    };
    const Day last = day_of(zone.local(to));
    for (Day day = shifted(day_of(zone.local(from)), -1); day <= last; day = next_day(day)) {
      for (Candidate& each : of_day(day)) {
        if (held && held->turn.begin == each.turn.begin) {
          if (held->is_jumped_over()) held = std::move(each);
          continue;
        }
        if (is_in(held) && !take(std::move(*held))) return;
        held = std::move(each);
      }
    }
    if (is_in(held)) take(std::move(*held));
  }

  Turn explained(Candidate each) const {
    if (each.open || each.is_jumped_over()) return std::move(each.turn);
    each.turn.excluded = has_windows() ? open.why_closed({each.turn.begin, each.turn.end})
                                       : join(open.reasons(each.turn.begin), "; ");
    return std::move(each.turn);
  }
};

namespace {

[[noreturn]] void fail_at(const ScheduleSettings& settings, const std::vector<std::string>& lines) {
  std::vector<std::string> named;
  named.reserve(lines.size());
  for (const std::string& line : lines)
    named.push_back(fmt::format("drill '{}': {}", settings.name, line));
  const std::string next_line =
      settings.where.file.empty() ? "\n" : "\n" + settings.where.text() + ": ";
  throw UsageError(join(named, next_line), settings.where);
}

}  // namespace

Schedule::Schedule(ScheduleSettings settings) {
  std::vector<std::string> complaints;
  Parsed<Recurrence> when = parse_when(settings.when);
  if (!when.value)
    complaints.push_back(
        fmt::format("when '{}': {}", printable(settings.when, 80), when.complaint));
  Parsed<TimeZone> zone = parsed([&] { return TimeZone(settings.time_zone); });
  if (!zone.value) complaints.push_back(zone.complaint);
  // Where the zone is unknown the rest is looked at too, to say all that is wrong at once.
  OpenTimes open(settings, zone.value ? *zone.value : TimeZone("UTC"), complaints);
  if (!complaints.empty()) fail_at(settings, complaints);
  parts_ = std::make_unique<Parts>(
      Parts{std::move(settings), std::move(*zone.value), std::move(*when.value), std::move(open)});
}

Schedule::~Schedule() = default;
Schedule::Schedule(Schedule&&) noexcept = default;
Schedule& Schedule::operator=(Schedule&&) noexcept = default;

const ScheduleSettings& Schedule::settings() const {
  return parts_->settings;
}

const TimeZone& Schedule::time_zone() const {
  return parts_->zone;
}

std::string Schedule::meaning() const {
  return fmt::format("{}, {}", describe(parts_->recurrence), parts_->zone.name());
}

std::vector<std::string> Schedule::notes() const {
  std::vector<std::string> notes;
  const DayRule& days = parts_->recurrence.days;
  if (days.weekdays != kEveryWeekday && days.month_days != kEveryMonthDay)
    notes.push_back(fmt::format("a day must fit both day fields of '{}'; other crons take either",
                                printable(parts_->settings.when, 80)));
  for (std::string& note : parts_->open.notes()) notes.push_back(std::move(note));
  return notes;
}

std::vector<Turn> Schedule::turns(UtcTime from, UtcTime to, std::size_t most) const {
  std::vector<Turn> found;
  if (most == 0) return found;
  parts_->walk(from, to, [&](Candidate each) {
    found.push_back(parts_->explained(std::move(each)));
    return found.size() < most;
  });
  return found;
}

std::vector<Turn> Schedule::next(UtcTime from, std::size_t most) const {
  std::vector<Turn> found;
  if (most == 0 || from >= kCalendarEnd) return found;
  from = std::max(from, kCalendarBegin);
  std::size_t open = 0;
  std::size_t excluded = 0;
  parts_->walk(from, from + kLookAhead, [&](Candidate each) {
    if (!each.open && ++excluded > kMostExcluded) return true;
    if (each.open) ++open;
    found.push_back(parts_->explained(std::move(each)));
    return open < most;
  });
  return found;
}

std::optional<Turn> Schedule::open_window(UtcTime at) const {
  if (!parts_->has_windows()) return std::nullopt;
  const auto longest = std::chrono::duration_cast<UtcTime::duration>(longest_turn());
  std::optional<Turn> open;
  parts_->walk(at - longest, at + UtcTime::duration(1), [&](Candidate each) {
    if (is_window(each.turn) && each.turn.end > at) open = parts_->explained(std::move(each));
    return !open;
  });
  return open;
}

std::vector<std::string> Schedule::forbidden(UtcTime at) const {
  return parts_->open.reasons(at);
}

Duration Schedule::longest_turn() const {
  if (!parts_->has_windows()) return kGrace;
  const auto [from, to] = *parts_->recurrence.span;
  const int minutes = to > from ? to - from : to + kMinutesOfDay - from;
  // Clocks that are set back in it make it longer; no zone sets them further than that.
  return std::chrono::minutes(minutes) + std::chrono::hours(24);
}

std::optional<UtcTime> Schedule::moment(const Turn& turn, double draw) const {
  if (!turn.excluded.empty()) return std::nullopt;
  if (!parts_->has_windows())
    return forbidden(turn.begin).empty() ? std::optional(turn.begin) : std::nullopt;
  const std::vector<UtcSpan> open = parts_->open.within({turn.begin, turn.end});
  std::int64_t open_seconds = 0;
  for (const UtcSpan& span : open)
    open_seconds += std::chrono::ceil<std::chrono::seconds>(span.end - span.begin).count();
  if (open_seconds == 0) return std::nullopt;
  const double part = draw > 0 ? std::min(draw, 1.0) : 0;  // whatever is no number: the first
  auto left = std::min(open_seconds - 1,
                       static_cast<std::int64_t>(part * static_cast<double>(open_seconds)));
  for (const UtcSpan& span : open) {
    const auto here = std::chrono::ceil<std::chrono::seconds>(span.end - span.begin).count();
    if (left < here) return span.begin + std::chrono::seconds(left);
    left -= here;
  }
  return std::nullopt;
}

}  // namespace muster
