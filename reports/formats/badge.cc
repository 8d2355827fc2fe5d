// badge: a small picture for a README or a wiki; needs no font of its own and no service.
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/formats/badge_words.h"
#include "reports/formats/kinds.h"
#include "reports/formats/xml.h"
#include "reports/page/markup.h"
#include "reports/page/svg.h"

namespace muster {

namespace {

constexpr double kSize = 11;
constexpr double kPadding = 6;
constexpr std::size_t kLongest = 60;
constexpr std::string_view kLabelColour = "#3a3f47";

std::string badge(const Result& result, bool expired) {
  const BadgeWords words = badge_words(result, expired);
  const std::string label = printable(words.label, kLongest);
  const std::string message = printable(words.message, kLongest);
  const double label_text = std::ceil(text_width(label, kSize));
  const double message_text = std::ceil(text_width(message, kSize));
  const double turn = label_text + 2 * kPadding;
  const double width = turn + message_text + 2 * kPadding;
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="20" role="img" aria-label="{1}"><title>{1}</title>)",
      coordinate(width),
      escape(words.title));
  out += fmt::format(
      R"(<rect width="{}" height="20" rx="3" fill="{}"/>)", coordinate(width), kLabelColour);
  out += fmt::format(R"(<path d="M{0} 0H{1}a3 3 0 0 1 3 3v14a3 3 0 0 1 -3 3H{0}z" fill="{2}"/>)",
                     coordinate(turn),
                     coordinate(width - 3),
                     words.colour);
  out += R"(<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">)";
  // textLength: as wide as the box, whatever font the reader has.
  const auto text = [&](double x, double length, std::string_view content) {
    out += fmt::format(
        R"(<text x="{}" y="14" textLength="{}" lengthAdjust="spacingAndGlyphs">{}</text>)",
        coordinate(x),
        coordinate(length),
        escape(content));
  };
  text(kPadding, label_text, label);
  text(turn + kPadding, message_text, message);
  return xml_document(out + "</g></svg>\n");
}

std::string render_badge(const Result& result) {
  return badge(result, false);
}

std::string render_expired_badge(const Result& result) {
  return badge(result, true);
}

}  // namespace

ReportFormat badge_format() {
  return {"badge",
          "verdict and failover time as a small SVG",
          "badge.svg",
          &render_badge,
          &render_expired_badge};
}

}  // namespace muster
