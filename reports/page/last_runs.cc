#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/canvas.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

struct Point {
  std::size_t place;  ///< of its run among all that are shown, the oldest is 0
  std::optional<double> value;
};

/// nullopt where the run is not among those that are shown.
std::optional<std::size_t> place_of(const Result& result, std::string_view run) {
  if (run == result.run.id) return result.earlier.size();
  const auto found = std::ranges::find(result.earlier, run, &Result::EarlierRun::id);
  if (found == result.earlier.end()) return std::nullopt;
  return static_cast<std::size_t>(result.earlier.end() - found - 1);
}

/// Oldest first; a run that did not measure this leaves a gap.
std::vector<Point> points_of(const Result& result, const Result::Metric& metric) {
  std::vector<Point> points;
  for (std::size_t i = metric.history->runs.size(); i-- > 0;) {
    if (const auto place = place_of(result, metric.history->runs[i]))
      points.push_back({*place, metric.history->values[i]});
  }
  points.push_back({result.earlier.size(), metric.censored ? std::nullopt : metric.value});
  return points;
}

struct RunsScale {
  double most;
  double left = 150, right, top, bottom;
  std::size_t runs;

  double x(std::size_t place) const {
    const double step = (right - left) / static_cast<double>(std::max<std::size_t>(runs, 2));
    return left + step * (static_cast<double>(place) + 0.5);
  }
  double y(double value) const {
    return bottom - (bottom - top) * std::clamp(value / most, 0.0, 1.0);
  }
};

bool is_always_zero(const Result::Metric& metric) {
  return !metric.censored && metric.value == 0 &&
         std::ranges::all_of(metric.history->values, [](const auto& value) { return value == 0; });
}

/// What of the step this metric did; nullptr where it did not move there.
const Result::SeriesStep::Moved* moved_of(const Result& result, const Result::Metric& metric) {
  if (!result.series_step) return nullptr;
  const auto& moved = result.series_step->moved;
  const auto found = std::ranges::find_if(moved, [&](const auto& each) {
    return each.metric == metric.id && each.probe == metric.scope_probe;
  });
  return found == moved.end() ? nullptr : &*found;
}

/// A budget far above all runs stands beside the picture instead of pressing them to its floor.
double most_shown(const Result::Metric& metric, const std::vector<Point>& points) {
  double most = 0;
  for (const Point& point : points) most = std::max(most, point.value.value_or(0));
  const double budget = metric.budget.value_or(0);
  if (most <= 0 || budget < 2.5 * most) most = std::max(most, budget);
  return std::max(most, 1e-9) * 1.15;
}

void draw_level(const RunsScale& scale, const Result::Metric& metric, Svg& svg) {
  if (metric.budget && *metric.budget <= scale.most) {
    svg.line(fmt::format("M{} {}H{}",
                         coordinate(scale.left),
                         coordinate(scale.y(*metric.budget)),
                         coordinate(scale.right)),
             paint::kMuted,
             1,
             1,
             "2 3");
  }
  const auto& change = metric.change;
  if (!change || !change->usual_up_to || !metric.history->median || *metric.history->median <= 0)
    return;
  const double far = *change->usual_up_to;
  const double near = *metric.history->median * *metric.history->median / std::max(far, 1e-9);
  const double top = scale.y(std::max(near, far));
  svg.rect(scale.left,
           top,
           scale.right - scale.left,
           std::max(1.0, scale.y(std::min(near, far)) - top),
           paint::kData,
           0.1);
}

void draw_scale(const RunsScale& scale, const Result::Metric& metric, Svg& svg) {
  const auto label = [&](double y, const std::string& text) {
    svg.text(scale.left - 6, y, paint::kMuted, {10, Svg::Anchor::End}, text);
  };
  const bool budget_on_floor = metric.budget && scale.bottom - scale.y(*metric.budget) < 12;
  if (!budget_on_floor) label(scale.bottom + 3, "0");
  if (!metric.budget) return;
  const std::string text = show_value(*metric.budget, metric.unit);
  if (*metric.budget > scale.most) {
    label(scale.top + 6, "↑ " + text);
  } else {
    label(scale.y(*metric.budget) + 3, text);
  }
}

void draw_points(const RunsScale& scale,
                 const Result::Metric& metric,
                 const std::vector<Point>& points,
                 Svg& svg) {
  const Paint now = metric.verdict == "fail"   ? paint::kFail
                    : metric.verdict == "warn" ? paint::kWarn
                                               : paint::kInk;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool last = i + 1 == points.size();
    const Paint fill = last ? now : paint::kMuted;
    const double x = scale.x(points[i].place);
    if (!points[i].value) {  // not reached: it points beyond the picture
      svg.shape(fmt::format("M{} {}l-4 7h8z", coordinate(x), coordinate(scale.top - 2)), fill);
      continue;
    }
    const double r = last ? 4.5 : 2.4;
    svg.shape(fmt::format("M{} {}a{} {} 0 1 0 {} 0a{} {} 0 1 0 -{} 0z",
                          coordinate(x - r),
                          coordinate(scale.y(*points[i].value)),
                          r,
                          r,
                          2 * r,
                          r,
                          r,
                          2 * r),
              fill);
  }
}

/// Its words stand above the strip, where no run is drawn.
void draw_step(const Result::SeriesStep::Moved& moved,
               const RunsScale& scale,
               std::size_t place,
               Svg& svg) {
  constexpr double kSize = 11;
  const double x = (scale.x(place - 1) + scale.x(place)) / 2;
  svg.line(
      fmt::format("M{} {}V{}", coordinate(x), coordinate(scale.top - 12), coordinate(scale.bottom)),
      paint::kWarn,
      1.4);
  const auto shown = [&](const std::optional<double>& median) {
    return median ? show_value(*median, moved.unit) : "not reached";
  };
  const std::string text = shown(moved.before) + " → " + shown(moved.after);
  const bool fits = x + 5 + text_width(text, kSize) < scale.right;
  svg.text(x + (fits ? 5 : -5),
           scale.top - 4,
           paint::kWarn,
           {kSize, fits ? Svg::Anchor::Start : Svg::Anchor::End, true, true},
           text);
}

void draw_name(const Result::Metric& metric, double y, std::size_t most_letters, Svg& svg) {
  svg.text(0,
           y,
           paint::kInk,
           {12, Svg::Anchor::Start, true},
           printable(show_name(metric), most_letters));
  svg.text(0, y + 15, paint::kMuted, {11}, printable(metric.scope_probe, most_letters));
}

void draw_foot(const Result& result, double left, double right, double y, Svg& svg) {
  svg.text(left, y, paint::kMuted, {11}, fmt::format("run {}", result.earlier.back().number));
  svg.text(right,
           y,
           paint::kInk,
           {11, Svg::Anchor::End, true},
           fmt::format("run {}", result.run.number));
}

std::string runs_picture(const Result& result,
                         const std::vector<const Result::Metric*>& metrics,
                         const Canvas& canvas) {
  constexpr double kRow = 66;
  const bool narrow = canvas.width < 700;
  const double left = narrow ? 176 : 240;
  const double right = canvas.width - 8;
  std::string out = canvas.open(kRow * static_cast<double>(metrics.size()) + 20);
  Svg svg(out);
  double top = 0;
  for (const Result::Metric* metric : metrics) {
    const std::vector<Point> points = points_of(result, *metric);
    const RunsScale scale{most_shown(*metric, points),
                          left,
                          right,
                          top + 16,
                          top + kRow - 10,
                          result.earlier.size() + 1};
    draw_name(*metric, top + 30, narrow ? 18 : 28, svg);
    svg.line(
        fmt::format(
            "M{} {}H{}", coordinate(scale.left), coordinate(scale.bottom), coordinate(scale.right)),
        paint::kRule);
    draw_level(scale, *metric, svg);
    if (const auto* moved = moved_of(result, *metric)) {
      const auto place = place_of(result, result.series_step->run);
      if (place.value_or(0) > 0) draw_step(*moved, scale, *place, svg);
    }
    draw_points(scale, *metric, points, svg);
    draw_scale(scale, *metric, svg);
    top += kRow;
  }
  draw_foot(result, left, right, top + 12, svg);
  return out + "</svg>";
}

std::string step_sentence(const Result& result) {
  constexpr std::size_t kMostSettings = 5;
  if (!result.series_step) return "";
  const Result::SeriesStep& step = *result.series_step;
  std::string text = fmt::format(" Another level since <b>run {}</b>", step.number);
  if (!step.changed) return text + "; what they ran on is not known.";
  if (step.changed->empty()) return text + "; no setting that muster knows of changed there.";
  text += ", where changed: <b>" + escape(show_changes(*step.changed, kMostSettings)) + "</b>.";
  return text;
}

}  // namespace

std::string last_runs_section(const Result& result) {
  if (result.earlier.empty()) return "";
  std::vector<const Result::Metric*> drawn;
  std::vector<std::string> always_zero;
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.budget || !metric.history || metric.history->values.empty()) continue;
    if (is_always_zero(metric)) {
      const std::string of = metric.scope_probe.empty() ? "" : " (" + metric.scope_probe + ")";
      always_zero.push_back(escape(show_name(metric) + of));
    } else {
      drawn.push_back(&metric);
    }
  }
  if (drawn.empty() && always_zero.empty()) return "";
  std::string body = fmt::format("<p class=\"lead\">{}, oldest first. Dotted: the budget.",
                                 count_of(result.earlier.size() + 1, "run"));
  const bool band = std::ranges::any_of(
      drawn, [](const auto* metric) { return metric->change && metric->change->usual_up_to; });
  if (band) body += " Shaded: where one more run usually falls.";
  body += step_sentence(result) + "</p>\n";
  if (!drawn.empty())
    body += both_widths("Each promise over the last runs",
                        [&](const Canvas& canvas) { return runs_picture(result, drawn, canvas); });
  if (!always_zero.empty())
    body += "<p class=\"note\">Always 0: " + join(always_zero, ", ") + ".</p>\n";
  return section("last-runs", "The last runs", body);
}

}  // namespace muster
