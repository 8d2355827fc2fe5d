#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "reports/page/svg.h"

namespace muster {

/// style.css shows the wide one or the narrow one; only one of them is read aloud.
struct Canvas {
  double width;
  std::string_view css;
  std::string attributes;

  std::string open(double height) const {
    return fmt::format(R"(<svg class="{}" {} viewBox="0 0 {} {}" width="{}" height="{}">)",
                       css,
                       attributes,
                       coordinate(width),
                       coordinate(height),
                       coordinate(width),
                       coordinate(height));
  }
};

/// The same picture in both, each by `draw(canvas)`; "" where the wide one is empty.
template <class Draw>
std::string both_widths(std::string_view label, Draw draw) {
  const Canvas wide{1092, "wide", fmt::format(R"(role="img" aria-label="{}")", label)};
  const Canvas narrow{560, "narrow", R"(aria-hidden="true")"};
  const std::string picture = draw(wide);
  return picture.empty() ? "" : "<div class=\"chart\">" + picture + draw(narrow) + "</div>\n";
}

}  // namespace muster
