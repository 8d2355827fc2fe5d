#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/page/hero_parts.h"
#include "reports/values.h"

namespace muster {

namespace {

using Anchor = Svg::Anchor;

constexpr int kTints = 6;
/// Least share of the requests due in a column for each tint, and how dark it is.
constexpr double kTintFrom[kTints] = {0, 0.03, 0.07, 0.14, 0.27, 0.5};
constexpr double kTintOpacity[kTints] = {0.12, 0.26, 0.42, 0.60, 0.80, 1.0};

std::uint8_t tint_of(double share) {
  if (share <= 0) return 0;
  std::uint8_t tint = kTints;
  while (tint > 1 && share < kTintFrom[tint - 1]) --tint;
  return tint;
}

CellGrid tints(const HeroRow& row, std::pair<std::size_t, std::size_t> range) {
  CellGrid grid(row.columns.size(), range.second - range.first);
  for (std::size_t column = 0; column < row.columns.size(); ++column) {
    const HeroColumn& source = row.columns[column];
    for (std::size_t bin = range.first; bin < std::min(range.second, source.answers.size());
         ++bin) {
      grid.at(column, bin - range.first) =
          tint_of(source.answers[bin] / std::max(1e-9, source.due));
    }
  }
  return grid;
}

/// Draws the rows one after the other, each from its own top.
class RowDrawer {
 public:
  RowDrawer(const HeroContent& content, const HeroLayout& layout, Svg& svg)
      : content_(content),
        layout_(layout),
        svg_(svg),
        range_(latency_range(content.result.series, content.rows)) {}

  void draw(std::size_t index, double top) {
    const HeroRow& row = content_.rows[index];
    if (layout_.narrow) {
      name_above(row, top);
    } else {
      name_beside(row, top);
    }
    const double lane = top + layout_.label_height;
    failed_lane(row, lane);
    const double heat = lane + kFailedLane + (layout_.narrow ? 6 : 10);
    latency_axis(row, heat, index == 0);
    heatmap(row, index, heat);
    if (layout_.regions) {
      const double answers = heat + layout_.heat_height + kRegionGap;
      tick(answers + 8, layout_.narrow ? "by" : "answered by");
      draw_answers(content_, layout_, content_.rows, row, answers, svg_);
    }
  }

 private:
  double bin_y(double heat_top, double bin) const {
    const auto bins = static_cast<double>(range_.second - range_.first);
    return heat_top + layout_.heat_height * (1 - (bin - static_cast<double>(range_.first)) / bins);
  }
  double column_width() const { return layout_.seconds_wide(content_.window.column_s); }

  std::string note(const HeroRow& row) const {
    const auto* vantage = vantage_info(content_.result, row.vantage);
    return vantage == nullptr ? "" : vantage->note;
  }
  static std::string failed_text(const HeroRow& row) {
    const double failed = row.failed + row.unknown;
    return failed > 0 ? show_count(failed) + " failed" : "none failed";
  }

  void name_beside(const HeroRow& row, double top) {
    double y = top + 12;
    svg_.text(
        0, y, paint::kInk, {.size = 14, .bold = true}, vantage_name(content_.result, row.vantage));
    svg_.raw(R"(<g class="side">)");
    const auto line = [&](const std::string& text, Paint fill) {
      if (text.empty()) return;
      y += y == top + 12 ? 17 : 15;
      svg_.text(0, y, fill, {.size = 11.5}, text);
    };
    line(row.probe, paint::kMuted);
    line(note(row), paint::kMuted);
    const bool hit = row.failed + row.unknown > 0;
    line(failed_text(row), hit ? paint::kFail : paint::kMuted);
    line(unavailable_text(content_.result, row.vantage, row.probe), paint::kFail);
    svg_.raw("</g>");
  }

  void name_above(const HeroRow& row, double top) {
    const std::string name = vantage_name(content_.result, row.vantage);
    svg_.label(0, top + 12, 13, name, row.probe);
    const bool hit = row.failed + row.unknown > 0;
    svg_.raw(R"(<g class="side">)");
    svg_.text(layout_.right,
              top + 12,
              hit ? paint::kFail : paint::kMuted,
              {.size = 11, .anchor = Anchor::End},
              failed_text(row));
    svg_.raw("</g>");
  }

  void failed_lane(const HeroRow& row, double top) {
    std::vector<double> shares;
    for (const HeroColumn& column : row.columns) {
      // One failed request among thousands must still be seen: at least a hair's width.
      shares.push_back(column.failing() > 0 ? std::max(0.06, column.failing()) : 0);
    }
    svg_.line(fmt::format("M{} {}H{}",
                          coordinate(layout_.left),
                          coordinate(top + kFailedLane + 0.5),
                          coordinate(layout_.right)),
              paint::kRule);
    const std::string bars = bars_path(shares);
    if (!bars.empty()) {
      svg_.shape(bars,
                 paint::kFail,
                 1,
                 fmt::format("translate({} {}) scale({:.4f} -{})",
                             coordinate(layout_.left),
                             coordinate(top + kFailedLane),
                             column_width(),
                             kFailedLane));
    }
    tick(top + kFailedLane - 3, "failed");
  }

  void tick(double y, std::string_view text) {
    svg_.text(layout_.left - (layout_.narrow ? 4 : 6),
              y,
              paint::kMuted,
              {.size = layout_.narrow ? 8.5 : 10, .anchor = Anchor::End},
              text);
  }

  void latency_axis(const HeroRow& row, double top, bool first) {
    const auto& series = content_.result.series;
    const auto bin_of = [&](double ms) {
      return series.latency_per_octave * std::log2(ms / series.latency_lo_ms);
    };
    double last_y = 1e9;
    for (const double ms : {0.1, 1.0, 10.0, 100.0, 1'000.0, 10'000.0}) {
      const double y = bin_y(top, bin_of(ms));
      if (y < top - 0.5 || y > top + layout_.heat_height + 0.5 || last_y - y < 11) continue;
      last_y = y;
      svg_.line(
          fmt::format(
              "M{} {}H{}", coordinate(layout_.left), coordinate(y), coordinate(layout_.right)),
          paint::kRule);
      tick(y + 3.5, show_value(ms, "ms"));
    }
    const auto* probe = probe_info(content_.result, row.probe);
    if (probe == nullptr || !probe->slo_ms) return;
    const double y = bin_y(top, bin_of(*probe->slo_ms));
    if (y < top || y > top + layout_.heat_height) return;
    svg_.line(fmt::format(
                  "M{} {}H{}", coordinate(layout_.left), coordinate(y), coordinate(layout_.right)),
              paint::kMuted,
              1,
              1,
              "2 3");
    if (first && !layout_.narrow) {
      svg_.text(layout_.right,
                y - 4,
                paint::kMuted,
                {.size = 10, .anchor = Anchor::End, .halo = true},
                "limit " + show_value(*probe->slo_ms, "ms"));
    }
  }

  void heatmap(const HeroRow& row, std::size_t index, double top) {
    const auto bins = static_cast<double>(range_.second - range_.first);
    const std::string transform = fmt::format("translate({} {}) scale({:.4f} -{:.4f})",
                                              coordinate(layout_.left),
                                              coordinate(top + layout_.heat_height),
                                              column_width(),
                                              layout_.heat_height / bins);
    const std::string id = fmt::format("{}-heat-{}", content_.id, index);
    if (layout_.narrow) {
      svg_.raw(fmt::format(R"(<use href="#{}" transform="{}"/>)", id, transform));
      return;
    }
    const CellGrid grid = tints(row, range_);
    svg_.raw(fmt::format(R"(<g transform="{}"><g id="{}">)", transform, id));
    for (int tint = 1; tint <= kTints; ++tint) {
      const std::string path = cells_path(grid, static_cast<std::uint8_t>(tint));
      if (!path.empty()) svg_.line(path, paint::kData, 1, kTintOpacity[tint - 1]);
    }
    svg_.raw("</g></g>");
  }

  const HeroContent& content_;
  const HeroLayout& layout_;
  Svg& svg_;
  std::pair<std::size_t, std::size_t> range_;
};

}  // namespace

std::string unavailable_text(const Result& result,
                             std::string_view vantage,
                             std::string_view probe) {
  const Result::Metric* gone = scoped_metric(result, "unavailable_seconds", probe, vantage, "");
  return gone != nullptr && gone->value && *gone->value >= 0.05
             ? show_seconds(*gone->value) + " unavailable"
             : "";
}

void draw_rows(const HeroContent& content, const HeroLayout& layout, Svg& svg) {
  RowDrawer drawer(content, layout, svg);
  for (std::size_t i = 0; i < content.rows.size(); ++i) {
    drawer.draw(i, layout.rows_top + static_cast<double>(i) * layout.row_height);
  }
}

}  // namespace muster
