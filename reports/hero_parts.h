#pragma once

#include <string>
#include <vector>

#include "reports/hero_model.h"
#include "reports/svg.h"

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
inline constexpr double kSignalLane = 26;
inline constexpr double kGaugeLane = 46;
inline constexpr double kMarkLane = 16;

/// Whether any row was answered by more than one region.
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
