#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "runner/schedule/schedule.h"

namespace muster::sample {

inline UtcTime utc(std::string_view text) {
  return parse_utc(text).value();
}

inline ScheduleSettings settings(std::string when, std::string zone = "Europe/Berlin") {
  ScheduleSettings settings;
  settings.name = "drain";
  settings.where = {"muster.yaml", 7, 3};
  settings.when = std::move(when);
  settings.time_zone = std::move(zone);
  return settings;
}

inline ScheduleSettings with_windows(ScheduleSettings settings,
                                     const std::vector<std::string>& windows) {
  for (const std::string& text : windows) settings.windows.push_back(text);
  return settings;
}

/// "2026-03-29T01:00:00Z 60 min", or what excludes it.
inline std::string shown(const Turn& turn) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(turn.end - turn.begin);
  std::string begin = format_utc(turn.begin);
  begin.erase(begin.size() - 8, 7);
  return begin + " " +
         (turn.excluded.empty() ? std::to_string(minutes.count()) + " min" : turn.excluded);
}

inline std::vector<std::string> shown(const std::vector<Turn>& turns) {
  std::vector<std::string> texts;
  texts.reserve(turns.size());
  for (const Turn& turn : turns) texts.push_back(shown(turn));
  return texts;
}

}  // namespace muster::sample
