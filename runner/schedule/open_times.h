#pragma once

#include <string>
#include <vector>

#include "runner/schedule/calendar.h"
#include "runner/schedule/ics.h"
#include "runner/schedule/parsed.h"
#include "runner/schedule/words.h"
#include "runner/settings/settings.h"

namespace muster {

/// The instants at which the windows, blackouts and calendars of a drill let it start.
class OpenTimes {
 public:
  /// Understands windows by their `text`, and reads the calendar files. What is wrong is added to
  /// `complaints`, a line each.
  OpenTimes(const ScheduleSettings& settings,
            const TimeZone& zone,
            std::vector<std::string>& complaints);

  /// The parts of [begin, end) at which it may, oldest first and apart from each other. Their ends
  /// are whole seconds where those of `span` are.
  std::vector<UtcSpan> within(UtcSpan span) const;
  /// Everything that closes this very instant, a line each.
  std::vector<std::string> reasons(UtcTime at) const;
  /// What closes some part of `span`, in one line: why nothing of it is open.
  std::string why_closed(UtcSpan span) const;
  /// What a person should know of the calendars, a line each.
  std::vector<std::string> notes() const;

 private:
  struct Closed {
    UtcSpan span;
    std::string reason;
  };

  void add_window(const std::string& text, std::vector<std::string>& complaints);
  void add_blackout(const Blackout& blackout, std::vector<std::string>& complaints);
  void add_calendar(const std::string& file, std::vector<std::string>& complaints);
  std::vector<UtcSpan> windows_within(UtcSpan span) const;
  std::string outside_text() const;
  std::string event_text(const BusyCalendar& calendar, const BusyTime& time) const;

  TimeZone zone_;
  std::vector<WeekWindow> windows_;
  std::vector<Closed> blackouts_;
  std::vector<UtcSpan> blacked_out_;  ///< the same, in order and without overlaps
  std::vector<BusyCalendar> calendars_;
};

/// The wall-clock times of a blackout: from the begin of its first to the end of its last day,
/// where it gives days.
struct BlackoutTimes {
  LocalTime from;
  LocalTime to;  ///< exclusive
};

Parsed<BlackoutTimes> parse_blackout(const Blackout& blackout);

}  // namespace muster
