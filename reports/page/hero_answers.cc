#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "reports/page/hero_parts.h"

// Who answered: the lane under each row of requests, and the control plane's own answers.
namespace muster {

namespace {

std::set<std::string> names(const HeroRow& row) {
  std::set<std::string> found;
  for (const HeroColumn& column : row.columns) {
    for (const auto& [name, count] : column.served_by) {
      if (count > 0 && !name.empty()) found.insert(name);
    }
  }
  return found;
}

double share_of(const HeroColumn& column, const std::string& name) {
  double total = 0;
  for (const auto& [each, count] : column.served_by) total += count;
  const auto found = column.served_by.find(name);
  return found == column.served_by.end() || total <= 0 ? 0 : found->second / total;
}

double thousandths(double share) {
  return static_cast<double>(std::llround(share * 1000)) / 1000;
}

/// One piece of a stack in grid units; equal neighbours are merged by the caller.
std::string piece(std::size_t begin, std::size_t end, double from, double share) {
  return fmt::format(
      "M{} {}h{}v{}h-{}z", begin, thousandths(from), end - begin, thousandths(share), end - begin);
}

std::string stack_path(const HeroRow& row, const std::string& name, std::vector<double>& below) {
  std::string path;
  const auto same = [&](std::size_t a, std::size_t b) {
    return share_of(row.columns[a], name) == share_of(row.columns[b], name) && below[a] == below[b];
  };
  for (std::size_t begin = 0; begin < row.columns.size();) {
    std::size_t end = begin + 1;
    while (end < row.columns.size() && same(begin, end)) ++end;
    const double share = share_of(row.columns[begin], name);
    if (share > 0.0005) path += piece(begin, end, below[begin], share);
    begin = end;
  }
  for (std::size_t i = 0; i < row.columns.size(); ++i) below[i] += share_of(row.columns[i], name);
  return path;
}

/// The name stands where it answered nearly alone for longest, if it fits there.
void write_name(
    const HeroRow& row, const std::string& name, double column, double left, double y, Svg& svg) {
  std::size_t best = 0, best_length = 0, length = 0;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    length = share_of(row.columns[i], name) > 0.9 ? length + 1 : 0;
    if (length <= best_length) continue;
    best_length = length;
    best = i + 1 - length;
  }
  const double width = static_cast<double>(best_length) * column;
  if (width < text_width(name, 9) + 6) return;
  svg.text(left + static_cast<double>(best) * column + width / 2,
           y,
           paint::kInk,
           {.size = 9, .anchor = Svg::Anchor::Middle},
           name);
}

/// How dark the lane of a name is: the same in every row of the picture.
double darkness(const std::vector<HeroRow>& rows, const std::string& name) {
  std::set<std::string> all;
  for (const HeroRow& row : rows) all.merge(names(row));
  const auto place = static_cast<double>(std::distance(all.begin(), all.find(name)));
  return 0.16 + 0.5 * place / std::max<double>(1, static_cast<double>(all.size()) - 1);
}

}  // namespace

bool regions_change(const std::vector<HeroRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const HeroRow& row) { return row.regions > 1; });
}

void draw_answers(const HeroContent& content,
                  const HeroLayout& layout,
                  const std::vector<HeroRow>& rows,
                  const HeroRow& row,
                  double top,
                  Svg& svg) {
  const std::set<std::string> all = names(row);
  const double column = layout.seconds_wide(content.window.column_s);
  std::vector<double> below(row.columns.size());
  for (const std::string& name : all) {
    svg.shape(stack_path(row, name, below),
              paint::kMuted,
              darkness(rows, name),
              fmt::format("translate({} {}) scale({:.4f} {})",
                          coordinate(layout.left),
                          coordinate(top),
                          column,
                          kRegionLane));
  }
  for (const std::string& name : all) write_name(row, name, column, layout.left, top + 8.2, svg);
}

}  // namespace muster
