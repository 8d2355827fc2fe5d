#include "reports/page/hero.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "reports/page/hero_parts.h"
#include "reports/page/markup.h"
#include "reports/values.h"

namespace muster {

namespace {

using Anchor = Svg::Anchor;

constexpr std::size_t kMostRows = 6;

struct Band {
  std::string_view phase;
  Paint paint;
  double opacity;
};
constexpr Band kBands[] = {
    {"undetected", paint::kFail, 0.085},
    {"failing-over", paint::kWarn, 0.1},
    {"degraded", paint::kWarn, 0.045},
    {"rolling-back", paint::kData, 0.07},
};

void draw_bands(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  for (const Result::Phase& phase : content.result.phases) {
    const double begin = layout.x(phase.from_s);
    const double end = layout.x(phase.to_s.value_or(layout.to_s));
    if (end - begin < 0.5) continue;
    for (const Band& band : kBands) {
      if (band.phase == phase.id) {
        svg.rect(
            begin, layout.top, end - begin, layout.bottom - layout.top, band.paint, band.opacity);
      }
    }
    const std::string name = phase.name.empty() ? phase.id : phase.name;
    if (text_width(name, 11) + 4 > end - begin) continue;
    svg.text((begin + end) / 2,
             layout.top + 12,
             paint::kMuted,
             {.size = 11, .anchor = Anchor::Middle},
             name);
  }
}

/// After the stop nothing was measured on purpose any more: hatched.
void draw_stop(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  const std::optional<double> stop = stop_instant(content.result);
  if (!stop || !layout.shows(*stop)) return;
  const double begin = layout.x(*stop);
  std::string hatch;
  const double height = layout.bottom - layout.top;
  for (double x = begin; x < layout.right; x += 9) {
    const double run = std::min(height, layout.right - x);
    hatch += fmt::format("M{} {}l{} -{}",
                         coordinate(x),
                         coordinate(layout.bottom),
                         coordinate(run),
                         coordinate(run));
  }
  for (double y = layout.bottom - 9; y > layout.top; y -= 9) {
    const double run = std::min(y - layout.top, layout.right - begin);
    hatch += fmt::format(
        "M{} {}l{} -{}", coordinate(begin), coordinate(y), coordinate(run), coordinate(run));
  }
  svg.line(hatch, paint::kMuted, 1, 0.18);
  svg.line(fmt::format(
               "M{} {}V{}", coordinate(begin), coordinate(layout.top), coordinate(layout.bottom)),
           paint::kInk,
           1.5);
  const bool room = layout.right - begin > 60;
  svg.text(begin + (room ? 4 : -4),
           layout.bottom - 5,
           paint::kInk,
           {.size = 11, .anchor = room ? Anchor::Start : Anchor::End, .bold = true, .halo = true},
           "stopped");
}

void draw_dimension_line(const HeroLayout& layout, const Dimension& line, double y, Svg& svg) {
  const double begin = layout.x(line.from_s);
  const double end = layout.x(line.to_s.value_or(line.looked_until_s));
  const double budget = layout.x(line.budget_s.value_or(1e9));
  const double turn = line.over ? std::clamp(budget, begin, end) : end;
  const std::string start_tick =
      layout.shows(line.from_s) ? fmt::format("M{} {}v9", coordinate(begin), coordinate(y - 4.5))
                                : "";
  svg.line(
      start_tick + fmt::format("M{} {}H{}", coordinate(begin), coordinate(y), coordinate(turn)),
      paint::kInk);
  if (line.over) {
    svg.line(fmt::format("M{} {}H{}", coordinate(turn), coordinate(y), coordinate(end)),
             paint::kFail,
             2.5);
  }
  const Paint end_paint = line.over ? paint::kFail : paint::kInk;
  if (!line.to_s) {
    // Open: an arrow head, for it goes on beyond what was looked at.
    svg.line(
        fmt::format(
            "M{} {}l6 4.5l-6 4.5m6 0l6 -4.5l-6 -4.5", coordinate(end - 6), coordinate(y - 4.5)),
        end_paint,
        1.6);
  } else if (layout.shows(*line.to_s)) {
    svg.line(fmt::format("M{} {}v9", coordinate(end), coordinate(y - 4.5)),
             end_paint,
             line.over ? 2 : 1);
  }
  if (line.budget_s && layout.shows(*line.budget_s)) svg.budget(budget, y - 1.5, paint::kMuted);
}

void draw_dimension(const HeroLayout& layout, const Dimension& line, double top, Svg& svg) {
  const std::string head = line.label + " " + line.value;
  std::string tail = line.budget.empty() ? "" : "budget " + line.budget;
  if (!line.probe.empty()) tail = line.probe + (tail.empty() ? "" : ", " + tail);
  const double width = text_width(head, 12) + (tail.empty() ? 0 : 7 + text_width(tail, 12));
  const Paint fill = line.over ? paint::kFail : paint::kInk;
  const double begin = layout.x(line.from_s);
  double x = begin - 9;
  double y = top + 13;
  const bool before = !layout.narrow && x - width > 0;
  if (layout.narrow) {
    x = std::clamp(begin + 4, 0.0, std::max(0.0, layout.right - width));
    y = top + 11;
  } else if (!before) {
    const double last =
        std::max(line.to_s.value_or(line.looked_until_s), line.budget_s.value_or(0));
    x = layout.x(last) + 12;
    if (x + width > layout.width) x = std::max(0.0, layout.width - width);
  }
  svg.raw(fmt::format(
      R"(<text x="{}" y="{}" font-size="12" text-anchor="{}"><tspan class="f-{}" fill="{}" font-weight="600">{}</tspan>)",
      coordinate(x),
      coordinate(y),
      before ? "end" : "start",
      fill.css,
      fill.colour,
      escape(head)));
  if (!tail.empty()) {
    svg.raw(fmt::format(R"(<tspan class="f-muted" fill="{}" dx="7">{}</tspan>)",
                        paint::kMuted.colour,
                        escape(tail)));
  }
  svg.raw("</text>");
  draw_dimension_line(layout, line, layout.narrow ? top + 21 : top + 9, svg);
}

void draw_milestone_rules(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  for (const Dimension& line : content.dimensions) {
    if (!line.to_s || !layout.shows(*line.to_s)) continue;
    svg.line(fmt::format("M{} {}V{}",
                         coordinate(layout.x(*line.to_s)),
                         coordinate(layout.top),
                         coordinate(layout.bottom)),
             paint::kMuted,
             1,
             0.45);
  }
  if (!content.result.run.injected_at || !layout.shows(0)) return;
  svg.line(fmt::format("M{} 4V{}", coordinate(layout.x(0)), coordinate(layout.bottom)),
           paint::kInk);
}

void draw_axis(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  const double step = axis_step(layout.to_s - layout.from_s, layout.narrow ? 5 : 15);
  for (double t = std::ceil(layout.from_s / step - 1e-6) * step; t <= layout.to_s + 1e-6;
       t += step) {
    const bool zero = std::abs(t) < 1e-6;
    svg.line(fmt::format("M{} {}v4", coordinate(layout.x(t)), coordinate(layout.bottom + 2)),
             paint::kMuted);
    svg.text(layout.x(t),
             layout.bottom + 17,
             zero ? paint::kInk : paint::kMuted,
             {.size = layout.narrow ? 9.5 : 11, .anchor = Anchor::Middle, .bold = zero},
             axis_label(t));
  }
  const std::string when = (layout.shows(0) ? "" : "0: ") + zero_text(content.result);
  const double half = text_width(when, 11) / 2;
  const double x = std::clamp(layout.x(0), half, layout.width - half);
  svg.text(x, layout.bottom + 31, paint::kInk, {.size = 11, .anchor = Anchor::Middle}, when);
}

std::string description(const HeroContent& content) {
  std::string text =
      content.result.run.injected_at ? "Fault injected at 0 seconds." : "Nothing was injected.";
  for (const Dimension& line : content.dimensions) {
    text += fmt::format(" {} {}", line.label, line.value);
    if (!line.budget.empty()) text += ", budget " + line.budget;
    text += '.';
  }
  for (const HeroRow& row : content.rows) {
    text += fmt::format(" {}, {}: {} of {} requests failed.",
                        vantage_name(content.result, row.vantage),
                        row.probe,
                        show_count(row.failed + row.unknown),
                        show_count(row.due));
  }
  const auto& integrity = content.result.integrity;
  if (integrity.checked > 0) {
    text += fmt::format(
        " {} lost writes, {} stale reads.", integrity.lost_total, integrity.stale_total);
  }
  return text;
}

void draw(const HeroContent& content, bool narrow, std::string& out) {
  const HeroLayout layout(content, narrow);
  Svg svg(out);
  const std::string id = content.id + (narrow ? "-narrow" : "-wide");
  // Where no style is allowed the narrow twin must not show: its attribute says so, style.css
  // overrides it.
  out += fmt::format(
      R"(<svg class="hero {0}" viewBox="0 0 {1} {2}" width="{1}" height="{2}" role="img" aria-labelledby="{3}-t {3}-d" font-family="system-ui, sans-serif"{4}><title id="{3}-t">What users saw, by vantage and probe, second by second</title><desc id="{3}-d">)",
      narrow ? "narrow" : "wide",
      coordinate(layout.width),
      coordinate(layout.height),
      id,
      narrow ? R"( display="none")" : "");
  out += escape(description(content));
  out += "</desc>";
  draw_bands(content, layout, svg);
  for (std::size_t i = 0; i < content.dimensions.size(); ++i) {
    draw_dimension(
        layout, content.dimensions[i], static_cast<double>(i) * layout.dimension_height, svg);
  }
  draw_rows(content, layout, svg);
  draw_milestone_rules(content, layout, svg);
  draw_stop(content, layout, svg);
  draw_signals(content, layout, svg);
  draw_gauges(content, layout, svg);
  draw_marks(content, layout, svg);
  draw_axis(content, layout, svg);
  out += "</svg>";
}

std::string picture(const HeroContent& content) {
  std::string out = R"(<div class="chart">)";
  draw(content, false, out);
  draw(content, true, out);
  return out + "</div>\n";
}

/// Splits off what lies beyond the worst six, keeping the order of the result in both parts.
std::vector<HeroRow> take_worst(std::vector<HeroRow>& rows) {
  if (rows.size() <= kMostRows) return {};
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rows[a].failing() > rows[b].failing();
  });
  std::sort(order.begin(), order.begin() + kMostRows);
  std::sort(order.begin() + kMostRows, order.end());
  std::vector<HeroRow> worst, rest;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (i < kMostRows ? worst : rest).push_back(std::move(rows[order[i]]));
  }
  rows = std::move(worst);
  return rest;
}

}  // namespace

std::string zero_text(const Result& result) {
  const Result::Run& run = result.run;
  return run.injected_at ? "fault injected " + show_clock(*run.injected_at)
                         : "run started " + show_clock(run.started_at) + ", nothing was injected";
}

std::optional<double> stop_instant(const Result& result) {
  for (const Result::Event& event : result.events) {
    if (event.kind == "abort") return event.t_s;
  }
  return std::nullopt;
}

HeroLayout::HeroLayout(const HeroContent& content, bool is_narrow)
    : narrow(is_narrow), from_s(content.window.from_s), to_s(content.window.to_s) {
  const auto& integrity = content.result.integrity;
  const auto has_unknown = [](const HeroRow& row) {
    return row.unknown > 0;
  };
  width = narrow ? 358 : 1092;
  left = narrow ? 40 : 150;
  right = narrow ? 350 : 1070;
  dimension_height = narrow ? 30 : 18;
  top = static_cast<double>(content.dimensions.size()) * dimension_height +
        (content.dimensions.empty() ? 0 : 6);
  rows_top = top + 22;
  label_height = narrow ? 20 : 0;
  regions = regions_change(content.rows);
  const bool many = content.rows.size() > 3;
  heat_height = narrow ? 62 : many ? 58 : 76;
  row_height = label_height + kFailedLane + (narrow ? 6 : 10) + heat_height +
               (regions ? kRegionGap + kRegionLane + 2 : 0) +
               (narrow ? 16
                : many ? 13
                       : 19);
  signals_top = rows_top + static_cast<double>(content.rows.size()) * row_height;
  gauges_top = signals_top + static_cast<double>(content.signals.size()) * kSignalLane;
  marks_top = gauges_top + static_cast<double>(content.gauges.size()) * kGaugeLane;
  lost = integrity.lost_total > 0;
  unknown = std::any_of(content.rows.begin(), content.rows.end(), has_unknown);
  stale = integrity.stale_total > 0;
  bottom = marks_top + kMarkLane * ((lost ? 1 : 0) + (unknown ? 1 : 0) + (stale ? 1 : 0)) + 2;
  height = bottom + 38;
}

double HeroLayout::x(double t_s) const {
  return left + seconds_wide(std::clamp(t_s, from_s, to_s) - from_s);
}

std::string hero_section(const Result& result) {
  const TimeWindow window = first_look(result);
  HeroContent content{result,
                      "hero",
                      window,
                      request_rows(result, window),
                      signal_rows(result, window),
                      gauge_rows(result, window),
                      dimensions(result)};
  if (content.rows.empty() && content.signals.empty() && content.gauges.empty()) return "";
  std::vector<HeroRow> rest = take_worst(content.rows);
  std::string out =
      "<section class=\"hero-s\" aria-labelledby=\"h-hero\">\n<h2 id=\"h-hero\">What users saw, "
      "second by second</h2>\n";
  out += picture(content);
  out +=
      "<p class=\"note\">Blue: answers by latency, darker where more of that column’s requests "
      "landed (log scale). "
      "Red: share of requests that got no usable answer. Every request counts when it was "
      "due.</p>\n";
  if (!rest.empty()) {
    out +=
        fmt::format("<details class=\"rest\"><summary>The other {} rows, less affected</summary>\n",
                    rest.size());
    out += picture({result, "rest", window, std::move(rest), {}, {}, content.dimensions});
    out += "</details>\n";
  }
  const TimeWindow whole = whole_run(result);
  if (whole.to_s - whole.from_s > (window.to_s - window.from_s) * 1.05) {
    HeroContent all{result,
                    "whole",
                    whole,
                    request_rows(result, whole),
                    signal_rows(result, whole),
                    gauge_rows(result, whole),
                    content.dimensions};
    take_worst(all.rows);
    out += "<details class=\"whole\"><summary>The whole run</summary>\n" + picture(all) +
           "</details>\n";
  }
  return out + "</section>\n";
}

}  // namespace muster
