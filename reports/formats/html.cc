#include "reports/formats/html.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "reports/formats/kinds.h"
#include "reports/page/data.h"
#include "reports/page/head.h"
#include "reports/page/hero.h"
#include "reports/page/page.h"

namespace muster {

/// reports/web/main.ts and what it imports, bundled and embedded by the build.
extern const std::string_view kPageScript;

namespace {

std::string head(const Result& result) {
  const StatusWord& word = status_word(result.verdict.status);
  const std::string title =
      fmt::format("{}: {}, run {}", word.word, result.run.drill, result.run.number);
  PageKind kind;
  kind.scripts = "'" + sha256_for_csp(kPageScript) + "'";
  return page_head(title, word.css, kind);
}

/// The script only adds to a page that is complete, so it comes last.
std::string script(const Result& result) {
  const std::string data = page_data(result);
  std::string out;
  if (!data.empty())
    out = "<script type=\"application/json\" id=\"page-data\">" + data + "</script>\n";
  return out + "<script>" + std::string(kPageScript) + "</script>";
}

}  // namespace

std::string render_html(const Result& result) {
  std::string page = head(result);
  page += "<body>\n" + context_line(result) + "<main>\n";
  page += verdict_section(result);
  page += figures_section(result);
  page += hero_section(result);
  page += checks_section(result);
  page += earlier_section(result);
  page += last_runs_section(result);
  page += validity_section(result);
  page += breakdown_section(result);
  page += prediction_section(result);
  page += hit_section(result);
  page += clients_section(result);
  page += places_section(result);
  page += latency_section(result);
  page += changes_section(result);
  page += timeline_section(result);
  page += environment_section(result);
  page += again_section(result);
  return page + "</main>\n" + script(result) + "</body></html>\n";
}

ReportFormat html_format() {
  return {"html",
          "one page with pictures, for people; complete without script, needs no network",
          "report.html",
          &render_html};
}

}  // namespace muster
