#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

using Duration = std::chrono::nanoseconds;

/// Tag of the run's clock: CLOCK_MONOTONIC of the machine that runs muster, or virtual time in
/// tests. Instants of different machines are never compared without an offset.
struct RunClock {};
using Time = std::chrono::time_point<RunClock, Duration>;

/// Wall-clock time, UTC; used for people and for file names, never to measure.
using UtcTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// Reads "20s", "1m30s", "250ms", "1h", "7d", "0"; units d h m s ms us ns, whole or decimal
/// numbers, largest unit first. Negative and unit-less numbers (but 0) are refused.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back exactly: "1m30s", "250ms", "0s".
std::string format_duration(Duration value);

/// For people: three significant digits and one unit, "8.42 s", "163 ms", "1 min 12 s".
std::string human_duration(Duration value);

double to_seconds(Duration value);
Duration from_seconds(double value);

/// "2026-11-14T14:12:00.318042Z": RFC 3339, UTC, microseconds.
std::string format_utc(UtcTime value);
std::optional<UtcTime> parse_utc(std::string_view text);

}  // namespace muster
