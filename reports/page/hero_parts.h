#pragma once

#include <string>
#include <vector>

#include "reports/page/hero_model.h"
#include "reports/page/svg.h"

namespace muster {

/// What one picture shows.
struct HeroContent {
  const Result& result;
  std::string id;  ///< prefix of every id in it; unique on the page
  TimeWindow window;
  std::vector<HeroRow> rows;
  std::vector<HeroRow> signals;  ///< what the control plane answered
  std::vector<HeroRow> gauges;
  std::vector<Dimension> dimensions;
};

/// Where things stand. Everything vertical follows from what there is to show.
struct HeroLayout {
  HeroLayout(const HeroContent& content, bool is_narrow);

  bool narrow;
  double from_s, to_s;
  double width, left, right;
  double dimension_height;
  double top;  ///< of the phase bands
  double rows_top;
  double label_height;  ///< of a row's name, where it stands above the row
  double heat_height;
  double row_height;
  bool regions;  ///< a lane that shows which region answered
  double signals_top;
  double gauges_top;
  double marks_top;
  double bottom;  ///< of the phase bands; the axis stands below
  double height;
  bool lost, unknown, stale;  ///< which lanes of marks there are

  double x(double t_s) const;  ///< clamped to the picture
  bool shows(double t_s) const { return t_s >= from_s && t_s <= to_s; }
  double seconds_wide(double t_s) const { return t_s * (right - left) / (to_s - from_s); }
};

inline constexpr double kFailedLane = 20;
inline constexpr double kRegionLane = 10;
/// Above it, so that its name stands clear of the last label of the latencies.
inline constexpr double kRegionGap = 9;
inline constexpr double kSignalLane = 26;
inline constexpr double kGaugeLane = 46;
inline constexpr double kMarkLane = 16;

/// "fault injected 14:12:00.318 UTC", or when the run started where nothing was injected: what 0 on
/// the axis is.
std::string zero_text(const Result& result);
/// When the run was stopped, if it was.
std::optional<double> stop_instant(const Result& result);
/// "12.0 s unavailable", or "".
std::string unavailable_text(const Result& result,
                             std::string_view vantage,
                             std::string_view probe);

/// What a probe's gauge is, and the unit of its values (reports/values.h).
struct GaugeWords {
  std::string_view name, unit;
};
GaugeWords gauge_words(const Result& result, std::string_view probe);

/// Whether any row was answered by more than one region in this run: the lane is there in every
/// window, so that a picture keeps its height.
bool regions_change(const std::vector<HeroRow>& rows);

void draw_rows(const HeroContent& content, const HeroLayout& layout, Svg& svg);
/// Shares of one row's answers by who gave them, stacked, with the name where one answers nearly
/// all; `rows` are those that share their shades with it.
void draw_answers(const HeroContent& content,
                  const HeroLayout& layout,
                  const std::vector<HeroRow>& rows,
                  const HeroRow& row,
                  double top,
                  Svg& svg);
void draw_signals(const HeroContent& content, const HeroLayout& layout, Svg& svg);
void draw_gauges(const HeroContent& content, const HeroLayout& layout, Svg& svg);
/// Lost writes, writes nobody knows the fate of, stale reads.
void draw_marks(const HeroContent& content, const HeroLayout& layout, Svg& svg);

}  // namespace muster
