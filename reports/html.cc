#include "reports/html.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "reports/hero.h"
#include "reports/kinds.h"
#include "reports/markup.h"
#include "reports/page.h"

namespace muster {

/// reports/style.css, embedded by the build.
extern const std::string_view kPageStyle;

namespace {

std::string icon(const StatusWord& word) {
  const std::string_view colour = word.css == "pass"   ? "%231a7048"
                                  : word.css == "grey" ? "%235f6670"
                                                       : "%23c62f1c";
  return fmt::format(
      "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
      "viewBox='0 0 16 16'%3E"
      "%3Cpath d='M1 13h4V4h3v9h7' fill='none' stroke='{}' stroke-width='2'/%3E%3C/svg%3E\">\n",
      colour);
}

std::string head(const Result& result) {
  const StatusWord& word = status_word(result.verdict.status);
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'{}'; img-src data:; "
             "base-uri 'none'; form-action 'none'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
             "content=\"no-referrer\">\n"
             "<title>{}: {}, run {} (muster)</title>\n",
             sha256_for_csp(kPageStyle),
             word.word,
             escape(result.run.drill),
             result.run.number) +
         icon(word) + "<style>" + std::string(kPageStyle) + "</style></head>\n";
}

}  // namespace

std::string render_html(const Result& result) {
  std::string page = head(result);
  page += "<body>\n" + context_line(result) + "<main>\n";
  page += verdict_section(result);
  page += figures_section(result);
  page += hero_section(result);
  page += checks_section(result);
  page += validity_section(result);
  page += breakdown_section(result);
  page += prediction_section(result);
  page += hit_section(result);
  page += clients_section(result);
  page += latency_section(result);
  page += changes_section(result);
  page += timeline_section(result);
  page += environment_section(result);
  page += again_section(result);
  return page + "</main></body></html>\n";
}

ReportFormat html_format() {
  return {"html",
          "one page with pictures, for people; needs no script and no network",
          "report.html",
          &render_html};
}

}  // namespace muster
