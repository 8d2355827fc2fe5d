#pragma once

#include <string>
#include <string_view>

namespace muster {

constexpr std::size_t kMostIcsBytes = 1U << 20U;
constexpr std::size_t kMostIcsEvents = 10'000;

/// What of an iCalendar text (RFC 5545) says when somebody is busy: one VCALENDAR of VEVENTs and
/// VTIMEZONEs, each with the properties that count, one a line. The rest could only make the parser
/// behind it stumble: it takes a minute for one long line.
struct IcsText {
  std::string text;
  std::size_t events = 0;
};

/// Throws Error with the line where `file` (its content) is none, is cut off, is larger than
/// `kMostIcsBytes` or holds more than `kMostIcsEvents`.
IcsText essential_ics(std::string_view file);

}  // namespace muster
