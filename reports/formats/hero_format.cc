// hero: the picture of what users saw as a file of its own, below the verdict.
#include <fmt/format.h>

#include "base/text.h"
#include "reports/formats/kinds.h"
#include "reports/formats/xml.h"
#include "reports/page/hero.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr double kMargin = 16;
constexpr double kHead = 58;
constexpr std::size_t kHeadlineLength = 150;

/// The first picture of the page's section: the one for wide screens; "" where nothing was
/// measured.
std::string_view wide_picture(std::string_view section) {
  constexpr std::string_view kEnd = "</svg>";
  const std::size_t begin = section.find("<svg ");
  if (begin == std::string_view::npos) return "";
  const std::size_t end = section.find(kEnd, begin);
  return section.substr(begin, end + kEnd.size() - begin);
}

/// The number in ` name="123"` of the first tag.
double attribute(std::string_view tag, std::string_view name) {
  const std::string pattern = fmt::format(" {}=\"", name);
  const std::size_t at = tag.find(pattern);
  if (at == std::string_view::npos) return 0;
  return std::stod(std::string(tag.substr(at + pattern.size(), 20)));
}

Paint paint_of(std::string_view css) {
  return css == "pass" ? paint::kOk : css == "fail" || css == "broken" ? paint::kFail : paint::kInk;
}

void draw_head(const Result& result, Svg& svg) {
  const StatusWord& word = status_word(result.verdict.status);
  const std::string verdict = fmt::format("{} {}", word.sign, word.word);
  svg.text(kMargin, 26, paint_of(word.css), {.size = 18, .bold = true}, verdict);
  svg.text(kMargin + text_width(verdict, 18) + 16,
           26,
           paint::kMuted,
           {.size = 12},
           fmt::format("{} on {} ({}), run {}, {}",
                       printable(result.run.drill, 64),
                       printable(result.run.service, 40),
                       printable(result.run.environment, 40),
                       result.run.number,
                       show_minute(result.run.started_at)));
  svg.text(
      kMargin, 47, paint::kInk, {.size = 13}, printable(result.verdict.headline, kHeadlineLength));
}

std::string render_hero(const Result& result) {
  const std::string section = hero_section(result);
  const std::string_view picture = wide_picture(section);
  const double width = (picture.empty() ? 1092 : attribute(picture, "width")) + 2 * kMargin;
  const double height = (picture.empty() ? 24 : attribute(picture, "height")) + kHead + kMargin;
  std::string out = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" font-family="system-ui, sans-serif"><title>{2}: {3}, run {4}</title><rect width="100%" height="100%" fill="#fff"/>)",
      coordinate(width),
      coordinate(height),
      escape(result.run.drill),
      status_word(result.verdict.status).word,
      result.run.number);
  Svg svg(out);
  draw_head(result, svg);
  if (picture.empty()) {
    svg.text(kMargin, kHead + 16, paint::kMuted, {.size = 13}, "Nothing was measured.");
  } else {
    out +=
        fmt::format("<g transform=\"translate({} {})\">", coordinate(kMargin), coordinate(kHead));
    out += picture;
    out += "</g>";
  }
  return xml_document(out + "</svg>\n");
}

}  // namespace

ReportFormat hero_format() {
  return {"hero", "the picture of what users saw as an SVG file", "hero.svg", &render_hero};
}

}  // namespace muster
