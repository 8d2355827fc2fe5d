#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "runner/schedule/calendar.h"
#include "runner/settings/settings.h"

namespace muster {

/// A turn of a schedule as its calendar has it, before anybody drew a moment.
struct Turn {
  UtcTime begin;         ///< its identity
  UtcTime end;           ///< exclusive; an instant lasts until `kGrace` later
  std::string excluded;  ///< why it will not run, as far as the calendar knows; empty: it will
};

/// An instant may still be started so much later: a tick of a busy server.
constexpr Duration kGrace = std::chrono::minutes(1);

/// Of a window a random moment is taken; an instant is its own.
inline bool is_window(const Turn& turn) {
  return turn.end - turn.begin > kGrace;
}

/// When one drill runs: its `when`, windows, blackouts and calendars put together, pure. Made once
/// from the settings; throws UsageError with everything that is wrong (at `settings.where`) where
/// its words cannot be understood, its zone is unknown or a calendar cannot be read.
///
/// Daylight saving: an instant (cron, or words with one time) that the clocks jump over is skipped,
/// and said so; one that they show twice is the first of the two. A window is the real time between
/// its two wall-clock ends, so it may be an hour shorter or longer; see `span_between`.
///
/// Whatever is asked, only what lies from `kCalendarBegin` to `kCalendarEnd` is known.
class Schedule {
 public:
  explicit Schedule(ScheduleSettings settings);
  ~Schedule();
  Schedule(Schedule&&) noexcept;
  Schedule& operator=(Schedule&&) noexcept;

  const ScheduleSettings& settings() const;
  const TimeZone& time_zone() const;
  /// What was understood of `when`: "at 10:30 on Tue, if it is day 1-7 of the month,
  /// Europe/Berlin".
  std::string meaning() const;
  /// What a person should know of a schedule that may mean something else than he thinks, a line
  /// each: both day fields of a cron text, a calendar of which no event counts.
  std::vector<std::string> notes() const;

  /// Turns that begin in [from, to), excluded ones among them, oldest first, at most `most`. They
  /// never overlap and no two begin at the same instant: a time that the clocks jump over to the
  /// begin of another turn is not told of.
  std::vector<Turn> turns(UtcTime from, UtcTime to, std::size_t most) const;
  /// The next `most` turns that are not excluded, and the excluded ones before and between them,
  /// the first thousand of those; looks two years ahead at most.
  std::vector<Turn> next(UtcTime from, std::size_t most) const;
  /// The window that is open at that time, excluded or not: `next` begins behind it.
  std::optional<Turn> open_window(UtcTime at) const;
  /// Why no drill may start at this very instant, whatever was planned: outside the windows, a
  /// blackout, a calendar's event. One line each. Empty: the calendar allows it.
  std::vector<std::string> forbidden(UtcTime at) const;
  /// The moment in the turn: of a window uniform over the seconds of it that are not forbidden, by
  /// `draw` in [0, 1); else its begin. Nothing where all of it is, or where it is excluded.
  std::optional<UtcTime> moment(const Turn& turn, double draw) const;
  /// No turn lasts longer: `kGrace` for cron, a little more than its window otherwise.
  Duration longest_turn() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace muster
