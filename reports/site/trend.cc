#include "reports/site/trend.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr std::size_t kMostRuns = 20;
constexpr double kWidth = 160;
constexpr double kHeight = 34;
constexpr double kFloor = kHeight - 4;
constexpr double kTop = 9;  ///< of the highest column: a cross has room above it
constexpr double kStep = (kWidth - 2) / static_cast<double>(kMostRuns);

using Points = std::vector<TrendPoint>;

Points oldest_first(const DrillTrend& trend) {
  const std::size_t shown = std::min(trend.newest_first.size(), kMostRuns);
  Points points(trend.newest_first.begin(),
                trend.newest_first.begin() + static_cast<std::ptrdiff_t>(shown));
  std::ranges::reverse(points);
  return points;
}

bool is_bad(const TrendPoint& point) {
  return point.status == "fail" || point.status == "broken";
}

/// A budget far above all runs does not press them to the floor; it is left out.
double most_shown(const Points& points, const DrillTrend& trend) {
  double most = 0;
  for (const TrendPoint& point : points) most = std::max(most, point.value.value_or(0));
  if (trend.budget && *trend.budget < 2.5 * most) most = std::max(most, *trend.budget);
  return std::max(most, 1e-9);
}

double height_of(const TrendPoint& point, const DrillTrend& trend, double most) {
  const bool told = !trend.metric.empty() && point.value;
  const double share = told ? std::clamp(*point.value / most, 0.0, 1.0) : 0.5;
  return std::max(2.0, share * (kFloor - kTop));
}

std::string ring(double x) {
  return fmt::format(
      R"(<circle class="s-muted" cx="{}" cy="{}" r="2" fill="none" stroke="{}" stroke-width="1.2"/>)",
      coordinate(x),
      coordinate(kFloor - 3),
      paint::kMuted.colour);
}

/// A run that was fair has a column, even where what it measured was not reached.
void draw(const TrendPoint& point, double x, double height, bool newest, Svg& svg) {
  if (point.status != "pass" && !is_bad(point)) {
    svg.raw(ring(x));
    return;
  }
  const double half = kStep / 2 - 1.4;
  const Paint fill = is_bad(point) ? paint::kFail : newest ? paint::kInk : paint::kMuted;
  const double top = kFloor - height;
  svg.rect(x - half, top, 2 * half, height, fill, is_bad(point) || newest ? 1 : 0.6);
  if (!is_bad(point)) return;
  svg.line(
      fmt::format(
          "M{0} {1}l4 4M{0} {2}l4 -4", coordinate(x - 2), coordinate(top - 6), coordinate(top - 2)),
      paint::kFail,
      1.3);
}

/// "last 12 runs: 10 passed, 1 failed, 1 inconclusive".
std::string counted(const Points& points) {
  std::vector<std::string> parts;
  const auto tell = [&](std::string_view word, const auto& fits) {
    const auto count = std::ranges::count_if(points, fits);
    if (count > 0) parts.push_back(fmt::format("{} {}", count, word));
  };
  tell("passed", [](const TrendPoint& point) { return point.status == "pass"; });
  tell("failed", is_bad);
  tell("neither", [](const TrendPoint& point) { return point.status != "pass" && !is_bad(point); });
  return fmt::format("last {}: {}", count_of(points.size(), "run"), join(parts, ", "));
}

}  // namespace

std::string trend_strip(const DrillTrend& trend) {
  const Points points = oldest_first(trend);
  if (points.empty()) return "";
  const double most = most_shown(points, trend);
  std::string out = fmt::format(
      R"(<svg class="trend" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">)",
      coordinate(kWidth),
      coordinate(kHeight),
      escape(counted(points)));
  Svg svg(out);
  svg.line(fmt::format("M0 {}H{}", coordinate(kFloor), coordinate(kWidth)), paint::kRule);
  const double first = kWidth - 1 - kStep * static_cast<double>(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = first + kStep * (static_cast<double>(i) + 0.5);
    draw(points[i], x, height_of(points[i], trend, most), i + 1 == points.size(), svg);
  }
  if (!trend.metric.empty() && trend.budget && *trend.budget <= most) {
    const double y = kFloor - (kFloor - kTop) * *trend.budget / most;
    svg.line(
        fmt::format("M0 {}H{}", coordinate(y), coordinate(kWidth)), paint::kInk, 1, 0.8, "2 3");
  }
  return out + "</svg>";
}

std::string trend_words(const DrillTrend& trend) {
  using Change = DrillTrend::Change;
  const auto words = [&](std::string_view css, std::string_view sign, std::string_view word) {
    return fmt::format("<span class=\"w-{}\"><span aria-hidden=\"true\">{}</span> {}</span>{}",
                       css,
                       sign,
                       word,
                       trend.text.empty() ? "" : ": " + escape(trend.text));
  };
  switch (trend.change) {
    case Change::Unknown:
      return escape(trend.text);
    case Change::Steady:
      return words("grey", "=", "steady");
    case Change::Better:
      return words("pass", "▲", "better");
    case Change::Worse:
      return words("warn", "▼", "worse");
  }
  return "";
}

}  // namespace muster
