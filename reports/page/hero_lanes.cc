#include <algorithm>

#include <fmt/format.h>

#include "reports/page/hero_parts.h"
#include "reports/values.h"

namespace muster {

namespace {

using Anchor = Svg::Anchor;

void lane_name(const HeroLayout& layout, double y, std::string_view text, Svg& svg) {
  svg.text(layout.left - (layout.narrow ? 4 : 6),
           y,
           paint::kMuted,
           {.size = layout.narrow ? 8.5 : 10, .anchor = Anchor::End},
           text);
}

/// The words of a lane of marks, right of the last mark, or left of the first where that would not
/// fit.
void caption(const HeroLayout& layout,
             const std::vector<double>& marks,
             double y,
             Paint fill,
             const std::string& text,
             Svg& svg) {
  const double right_of = marks.empty() ? layout.left : marks.back() + 9;
  const bool fits = right_of + text_width(text, 11) < layout.right + 20;
  const bool fits_before = !marks.empty() && marks.front() - 9 - text_width(text, 11) > layout.left;
  if (fits || !fits_before) {
    const double x = fits ? right_of : layout.right;
    svg.text(
        x, y, fill, {.size = 11, .anchor = fits ? Anchor::Start : Anchor::End, .halo = true}, text);
  } else {
    svg.text(marks.front() - 9, y, fill, {.size = 11, .anchor = Anchor::End, .halo = true}, text);
  }
}

std::vector<double> places(const HeroLayout& layout, const std::vector<Result::WriteFate>& fates) {
  std::vector<double> marks;
  for (const auto& fate : fates) {
    if (layout.shows(fate.t_s)) marks.push_back(layout.x(fate.t_s));
  }
  std::sort(marks.begin(), marks.end());
  return marks;
}

std::string count_words(std::int64_t count, std::string_view one, std::string_view many) {
  return show_count(static_cast<double>(count)) + " " + std::string(count == 1 ? one : many);
}

void draw_lost(const HeroContent& content, const HeroLayout& layout, double top, Svg& svg) {
  const Result::Integrity& integrity = content.result.integrity;
  lane_name(layout, top + 11, layout.narrow ? "lost" : "lost writes", svg);
  const std::vector<double> marks = places(layout, integrity.lost);
  std::string path;
  for (const double x : marks) {
    path += fmt::format("M{} {}l7 7m0 -7l-7 7", coordinate(x - 3.5), coordinate(top + 4));
  }
  if (!path.empty()) svg.line(path, paint::kFail, 1.6);
  caption(layout,
          marks,
          top + 11,
          paint::kFail,
          count_words(integrity.lost_total,
                      layout.narrow ? "lost" : "acknowledged write lost",
                      layout.narrow ? "lost" : "acknowledged writes lost"),
          svg);
}

void draw_unknown(const HeroContent& content, const HeroLayout& layout, double top, Svg& svg) {
  lane_name(layout, top + 11, layout.narrow ? "unknown" : "fate unknown", svg);
  const double column = layout.seconds_wide(content.window.column_s);
  double unknown = 0;
  for (const HeroRow& row : content.rows) unknown += row.unknown;
  std::vector<double> marks;
  for (std::size_t i = 0; i < content.window.columns(); ++i) {
    const bool any = std::any_of(content.rows.begin(), content.rows.end(), [&](const HeroRow& row) {
      return row.columns[i].unknown > 0;
    });
    if (any) marks.push_back(layout.left + (static_cast<double>(i) + 0.5) * column);
  }
  std::string path;
  for (const double x : marks) {
    path += fmt::format("M{} {}l4 4m0 -4l-4 4", coordinate(x - 2), coordinate(top + 5.5));
  }
  if (!path.empty()) svg.line(path, paint::kMuted, 1);
  caption(layout,
          marks,
          top + 11,
          paint::kMuted,
          count_words(static_cast<std::int64_t>(unknown),
                      layout.narrow ? "unknown" : "request of unknown fate",
                      layout.narrow ? "unknown" : "requests of unknown fate"),
          svg);
}

void draw_stale(const HeroContent& content, const HeroLayout& layout, double top, Svg& svg) {
  const Result::Integrity& integrity = content.result.integrity;
  lane_name(layout, top + 11, layout.narrow ? "stale" : "stale reads", svg);
  const std::vector<double> marks = places(layout, integrity.stale);
  std::string path;
  for (const double x : marks)
    path += fmt::format("M{} {}v8", coordinate(x), coordinate(top + 3.5));
  if (!path.empty()) svg.line(path, paint::kInk, 1, 0.65);
  std::string text = count_words(integrity.stale_total, "stale read", "stale reads");
  // On a narrow screen the words would lie over the marks.
  if (integrity.worst_stale_s && !layout.narrow)
    text += ", worst " + show_seconds(*integrity.worst_stale_s) + " behind";
  caption(layout, marks, top + 11, paint::kMuted, text, svg);
}

/// A step line through the columns that have a value; a gap where the gauge could not be read.
std::string gauge_path(const HeroContent& content,
                       const HeroLayout& layout,
                       const HeroRow& row,
                       double base,
                       double scale) {
  const double column = layout.seconds_wide(content.window.column_s);
  std::string path;
  bool open = false;
  std::string last;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    if (!row.columns[i].gauge) {
      open = false;
      continue;
    }
    const double x = layout.left + static_cast<double>(i) * column;
    const std::string y = coordinate(base - *row.columns[i].gauge * scale);
    if (!open) path += "M" + coordinate(x) + " " + y;
    if (open && y != last) path += "H" + coordinate(x) + "V" + y;
    const bool more = i + 1 < row.columns.size() && row.columns[i + 1].gauge;
    if (!more) path += "H" + coordinate(x + column);
    open = true;
    last = y;
  }
  return path;
}

void draw_gauge(const HeroContent& content,
                const HeroLayout& layout,
                const HeroRow& row,
                double top,
                Svg& svg) {
  double most = 0;
  std::size_t most_at = 0;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    if (row.columns[i].gauge.value_or(0) <= most) continue;
    most = *row.columns[i].gauge;
    most_at = i;
  }
  const double base = top + kGaugeLane - 8;
  const double scale = most > 0 ? (kGaugeLane - 22) / most : 0;
  const std::string name = vantage_name(content.result, row.vantage);
  const GaugeWords words = gauge_words(content.result, row.probe);
  if (layout.narrow) {
    svg.text(0, top + 8, paint::kInk, {.size = 11, .bold = true}, row.probe);
  } else {
    svg.text(0, top + 17, paint::kInk, {.size = 14, .bold = true}, row.probe);
    svg.raw(R"(<g class="side">)");
    svg.text(0, top + 34, paint::kMuted, {.size = 11.5}, name == row.probe ? "" : name);
    svg.raw("</g>");
    lane_name(layout, base - 2, words.name, svg);
  }
  svg.line(
      fmt::format(
          "M{} {}H{}", coordinate(layout.left), coordinate(base + 0.5), coordinate(layout.right)),
      paint::kRule);
  svg.line(gauge_path(content, layout, row, base, scale), paint::kData, 1.5);
  const std::vector<double> peak = {layout.left - 9 +
                                    static_cast<double>(most_at) *
                                        layout.seconds_wide(content.window.column_s)};
  caption(layout,
          peak,
          base - most * scale - 4,
          paint::kMuted,
          "at most " + show_value(most, words.unit),
          svg);
}

}  // namespace

GaugeWords gauge_words(const Result& result, std::string_view probe) {
  const Result::ProbeInfo* info = probe_info(result, probe);
  const std::string_view kind = info == nullptr ? std::string_view() : info->kind;
  if (kind.ends_with("_lag")) return {"lag", "bytes"};
  if (kind == "denylist" || kind == "object_store" || kind == "cdn") return {"delay", "s"};
  return {"value", ""};
}

void draw_signals(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  double top = layout.signals_top;
  for (const HeroRow& row : content.signals) {
    const std::string vantage = vantage_name(content.result, row.vantage);
    svg.raw(R"(<g class="side">)");
    svg.label(0, top + 11, layout.narrow ? 11 : 14, row.probe, layout.narrow ? "" : vantage);
    svg.raw("</g>");
    draw_answers(content, layout, content.signals, row, top + (layout.narrow ? 14 : 3), svg);
    top += kSignalLane;
  }
}

void draw_gauges(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  double top = layout.gauges_top;
  for (const HeroRow& row : content.gauges) {
    draw_gauge(content, layout, row, top, svg);
    top += kGaugeLane;
  }
}

void draw_marks(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  double top = layout.marks_top;
  if (layout.lost) {
    draw_lost(content, layout, top, svg);
    top += kMarkLane;
  }
  if (layout.unknown) {
    draw_unknown(content, layout, top, svg);
    top += kMarkLane;
  }
  if (layout.stale) draw_stale(content, layout, top, svg);
}

}  // namespace muster
