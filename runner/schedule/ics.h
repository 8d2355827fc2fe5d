#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/schedule/calendar.h"

namespace muster {

struct BusyTime {
  UtcSpan span;
  UtcTime until;          ///< the event's own end; a longer one may begin before it
  std::size_t event = 0;  ///< see BusyCalendar::name_of
};

/// When somebody is busy by an iCalendar file (RFC 5545): a freeze, a holiday. Days without a zone,
/// and times without one, are of the schedule's zone. Events that are cancelled or marked as free
/// (TRANSP:TRANSPARENT) do not count, nor does EXRULE, which nobody writes any more. Where the
/// standard leaves a choice the longer time is taken. Read as a whole at once, so that whatever is
/// wrong is known before anything runs.
class BusyCalendar {
 public:
  /// Throws Error that names `file`, and the line or the event, and says what to do, where there is
  /// anything in it that might say "busy" and is not understood. Recurrences by seconds, minutes
  /// and hours, more than 100,000 occurrences and rules that take too long to follow are refused.
  BusyCalendar(std::string file, std::string_view text, const TimeZone& zone);

  /// "Release freeze, until Fri 2026-12-04 18:00 CET"; nothing where nobody is busy.
  std::optional<std::string> busy(UtcTime at) const;
  /// What reaches into [from, to), oldest first, without overlaps: of events at the same time the
  /// one that lasts longest. A view into this calendar.
  std::span<const BusyTime> between(UtcTime from, UtcTime to) const;
  /// One line of printable text.
  const std::string& name_of(const BusyTime& time) const { return names_[time.event]; }

  const std::string& file() const { return file_; }
  /// What a person should know of a calendar that says less than it seems to: "none of its 24
  /// events counts: they are marked as free (TRANSP:TRANSPARENT)". Empty: nothing.
  const std::string& note() const { return note_; }

 private:
  std::string file_;
  TimeZone zone_;
  std::vector<std::string> names_;
  std::vector<BusyTime> times_;
  std::string note_;
};

}  // namespace muster
