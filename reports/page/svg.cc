#include "reports/page/svg.h"

#include <cmath>

#include <fmt/format.h>

#include "reports/page/markup.h"

namespace muster {

std::string coordinate(double value) {
  const auto tenths = std::llround(value * 10);
  std::string text = fmt::format("{}{}", tenths < 0 ? "-" : "", std::abs(tenths) / 10);
  if (tenths % 10 != 0) text += fmt::format(".{}", std::abs(tenths) % 10);
  return text;
}

void Svg::text(double x, double y, Paint fill, TextStyle style, std::string_view content) {
  static constexpr std::string_view kAnchors[] = {"start", "middle", "end"};
  out_ +=
      fmt::format(R"(<text x="{}" y="{}" class="f-{}{}" fill="{}" font-size="{}" text-anchor="{}")",
                  coordinate(x),
                  coordinate(y),
                  fill.css,
                  style.halo ? " halo" : "",
                  fill.colour,
                  coordinate(style.size),
                  kAnchors[static_cast<std::size_t>(style.anchor)]);
  if (style.bold) out_ += R"( font-weight="600")";
  if (style.halo) out_ += R"( stroke="#fff" stroke-width="3" paint-order="stroke")";
  out_ += '>';
  out_ += escape(content);
  out_ += "</text>";
}

void Svg::label(double x, double y, double size, std::string_view name, std::string_view of) {
  out_ += fmt::format(
      R"(<text x="{}" y="{}" class="f-{}" fill="{}" font-size="{}" text-anchor="start" font-weight="600">{})",
      coordinate(x),
      coordinate(y),
      paint::kInk.css,
      paint::kInk.colour,
      coordinate(size),
      escape(name));
  if (!of.empty()) {
    out_ += fmt::format(
        R"(<tspan class="f-{}" fill="{}" font-size="{}" font-weight="400" dx="6">{}</tspan>)",
        paint::kMuted.css,
        paint::kMuted.colour,
        coordinate(size * 0.82),
        escape(of));
  }
  out_ += "</text>";
}

void Svg::line(
    std::string_view path, Paint stroke, double width, double opacity, std::string_view dashes) {
  out_ += fmt::format(
      R"(<path class="s-{}" d="{}" fill="none" stroke="{}")", stroke.css, path, stroke.colour);
  if (width != 1) out_ += fmt::format(R"( stroke-width="{}")", coordinate(width));
  if (opacity != 1) out_ += fmt::format(R"( stroke-opacity="{:.2f}")", opacity);
  if (!dashes.empty()) out_ += fmt::format(R"( stroke-dasharray="{}")", dashes);
  out_ += "/>";
}

void Svg::shape(std::string_view path, Paint fill, double opacity, std::string_view transform) {
  out_ += fmt::format(R"(<path class="f-{}" d="{}" fill="{}")", fill.css, path, fill.colour);
  if (opacity != 1) out_ += fmt::format(R"( fill-opacity="{:.3g}")", opacity);
  if (!transform.empty()) out_ += fmt::format(R"( transform="{}")", transform);
  out_ += "/>";
}

void Svg::rect(double x, double y, double width, double height, Paint fill, double opacity) {
  out_ += fmt::format(
      R"(<rect class="f-{}" x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity="{:.3g}"/>)",
      fill.css,
      coordinate(x),
      coordinate(y),
      coordinate(width),
      coordinate(height),
      fill.colour,
      opacity);
}

void Svg::budget(double x, double y, Paint fill) {
  shape(fmt::format("M{} {}l-3.4 -5.6h6.8z", coordinate(x), coordinate(y)), fill);
}

std::string cells_path(const CellGrid& grid, std::uint8_t value) {
  std::string path;
  long pen_x = 0, pen_y = 0;
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns;) {
      std::size_t end = column;
      while (end < grid.columns && grid.at(end, row) == value) ++end;
      if (end > column) {
        const auto x = static_cast<long>(column), y = static_cast<long>(row);
        path += path.empty() ? fmt::format("M{} {}.5", x, y)
                             : fmt::format("m{} {}", x - pen_x, y - pen_y);
        path += fmt::format("h{}", end - column);
        pen_x = static_cast<long>(end);
        pen_y = y;
      }
      column = std::max(end, column + 1);
    }
  }
  return path;
}

std::string bars_path(const std::vector<double>& heights) {
  const auto thousandths = [&](std::size_t i) {
    return std::llround(heights[i] * 1000);
  };
  std::string path;
  for (std::size_t begin = 0; begin < heights.size();) {
    std::size_t end = begin + 1;
    while (end < heights.size() && thousandths(end) == thousandths(begin)) ++end;
    if (thousandths(begin) > 0) {
      const std::size_t width = end - begin;
      const double height = static_cast<double>(thousandths(begin)) / 1000;
      path += fmt::format("M{} 0v{}h{}v-{}z", begin, height, width, height);
    }
    begin = end;
  }
  return path;
}

double text_width(std::string_view text, double size) {
  std::size_t letters = 0;
  for (const char c : text) letters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return static_cast<double>(letters) * size * 0.52;
}

double axis_step(double span, int most) {
  static constexpr double kSteps[] = {0.1, 0.2, 0.5, 1,   2,    5,    10,   15,    20,    30,   60,
                                      120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400};
  for (const double step : kSteps) {
    if (span / step <= most) return step;
  }
  return std::ceil(span / most / 86400) * 86400;
}

std::string axis_label(double t_s) {
  if (std::abs(t_s) < 1e-6) return "0";
  return fmt::format("{}{:g} s", t_s < 0 ? "−" : "+", std::abs(t_s));
}

}  // namespace muster
