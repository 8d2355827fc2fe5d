#include "base/time.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace muster {

using namespace std::chrono_literals;

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};

constexpr std::array<Unit, 7> kUnits = {
    {{"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}, {"us", 1us}, {"ns", 1ns}}};

constexpr double kLongestDuration =
    3650.0 * 24 * 3600 * 1e9;  // ten years, far inside int64 nanoseconds

std::string_view take_unit(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
  return text.substr(0, end);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  double total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    if (text.front() < '0' || text.front() > '9') return std::nullopt;
    double number = 0;
    auto [rest, status] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (status != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    const std::string_view name = take_unit(text);
    std::size_t unit = next_unit;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (unit == kUnits.size()) return std::nullopt;
    total += number * static_cast<double>(kUnits[unit].length.count());
    next_unit = unit + 1;
    text.remove_prefix(name.size());
  }
  if (!(total <= kLongestDuration)) return std::nullopt;
  return Duration(std::llround(total));
}

std::string format_duration(Duration value) {
  if (value == Duration::zero()) return "0s";
  std::string out = value < Duration::zero() ? "-" : "";
  auto left = std::chrono::abs(value);
  for (const Unit& unit : kUnits) {
    const auto count = left / unit.length;
    if (count == 0) continue;
    out += fmt::format("{}{}", count, unit.name);
    left -= count * unit.length;
  }
  return out;
}

std::string human_duration(Duration value) {
  const double seconds = to_seconds(value);
  const double size = std::abs(seconds);
  if (size >= 120) {
    return fmt::format(
        "{} min {} s", static_cast<long>(seconds) / 60, std::labs(std::lround(size)) % 60);
  }
  const auto digits = [](double number) {
    return number < 10 ? 2 : number < 100 ? 1 : 0;
  };
  if (size >= 1) return fmt::format("{:.{}f} s", seconds, digits(size));
  if (size >= 1e-3) return fmt::format("{:.{}f} ms", seconds * 1e3, digits(size * 1e3));
  if (size == 0) return "0 s";
  return fmt::format("{:.{}f} us", seconds * 1e6, digits(size * 1e6));
}

double to_seconds(Duration value) {
  return static_cast<double>(value.count()) / 1e9;
}

Duration from_seconds(double value) {
  return Duration(std::llround(value * 1e9));
}

std::string format_utc(UtcTime value) {
  // By counts, not by conversions of chrono: those pass the nanoseconds' end, the year 2262.
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t count = value.time_since_epoch().count();
  const bool before_1970 = count % kSecond < 0;
  const std::int64_t fraction = count % kSecond + (before_1970 ? kSecond : 0);
  const std::time_t seconds = count / kSecond - (before_1970 ? 1 : 0);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", parts, fraction);
}

std::optional<UtcTime> parse_utc(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::string_view tail(rest);
  double fraction = 0;
  if (tail.starts_with('.')) {
    const std::string padded = "0" + std::string(tail);
    auto [end, status] = std::from_chars(
        padded.data(), padded.data() + padded.size(), fraction, std::chars_format::fixed);
    if (status != std::errc()) return std::nullopt;
    tail.remove_prefix(static_cast<std::size_t>(end - padded.data()) - 1);
  }
  if (tail != "Z") return std::nullopt;
  return UtcTime(std::chrono::seconds(::timegm(&parts))) +
         std::chrono::microseconds(std::llround(fraction * 1e6));
}

}  // namespace muster
