#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "reports/site/site_page.h"
#include "reports/site/site_words.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr std::string_view kVerdicts[] = {
    "pass", "fail", "inconclusive", "aborted", "interrupted", "broken"};

bool is_filtered(const RunsView& view) {
  return !view.drill.empty() || !view.verdict.empty();
}

/// "Runs of drain-us-east that failed"
std::string headline(const RunsView& view) {
  std::string text = view.drill.empty() ? "Runs" : "Runs of " + view.drill;
  if (!view.verdict.empty()) {
    std::string word(status_word(view.verdict).word);
    std::ranges::transform(word, word.begin(), [](unsigned char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : static_cast<char>(c);
    });
    text += " with the verdict “" + word + "”";
  }
  if (view.page > 1) text += fmt::format(", page {}", view.page);
  return text;
}

std::string option(std::string_view value, std::string_view text, bool chosen) {
  return fmt::format("<option value=\"{}\"{}>{}</option>",
                     escape(value),
                     chosen ? " selected=\"\"" : "",
                     escape(text));
}

std::string choice(std::string_view name, std::string_view label, const std::string& options) {
  return fmt::format("<label>{} <select name=\"{}\">{}</select></label>\n", label, name, options);
}

std::string filter(const RunsView& view) {
  std::string drills = option("", "all", view.drill.empty());
  for (const std::string& drill : view.drills) drills += option(drill, drill, drill == view.drill);
  std::string verdicts = option("", "all", view.verdict.empty());
  for (const std::string_view status : kVerdicts)
    verdicts += option(status, status_word(status).word, status == view.verdict);
  return fmt::format(
      "<form class=\"filter\" method=\"get\" action=\"{}\">\n{}{}<button>Show</button>{}</form>\n",
      address::kRuns,
      choice("drill", "Drill", drills),
      choice("verdict", "Verdict", verdicts),
      is_filtered(view) ? site_link(address::kRuns, "all runs") : "");
}

std::string trigger_text(const std::string& trigger) {
  if (trigger == "person") return "by a person";
  return "by the " + escape(trigger);
}

std::string runs_table(const RunsView& view) {
  HtmlTable table("cards list",
                  {{"Run"}, {"When"}, {"Drill"}, {"Verdict"}, {"What it said"}, {"Compare"}});
  for (const SiteRun& run : view.newest_first) {
    const std::string where =
        run.environment.empty() ? "" : "<p class=\"mut\">" + escape(run.environment) + "</p>";
    const std::string by =
        run.trigger.empty() ? "" : "<p class=\"mut\">" + trigger_text(run.trigger) + "</p>";
    table.row({site_link(address::run(run.id), fmt::format("{}", run.number)),
               time_element_with(run.started, show_minute(run.started)) + by,
               site_link(address::history(run.drill), escape(run.drill)) + where,
               verdict_word(run.status),
               escape(run.headline),
               run.before.empty()
                   ? ""
                   : site_link(address::compare(run.before, run.id), "with the one before")});
  }
  return table.text();
}

std::string nothing(const RunsView& view) {
  if (view.page > 1) return "<p class=\"lead\">There are no older ones.</p>\n";
  return is_filtered(view)
             ? "<p class=\"lead\">No run fits. " + site_link(address::kRuns, "Show all") + "</p>\n"
             : "<p class=\"lead\">No run has ended yet.</p>\n";
}

std::string pager(const RunsView& view) {
  std::string links;
  if (view.page > 1)
    links += site_link(address::runs(view.drill, view.verdict, view.page - 1), "← newer");
  if (view.more)
    links += site_link(address::runs(view.drill, view.verdict, view.page + 1), "older →");
  return links.empty() ? "" : "<nav class=\"pager\" aria-label=\"More runs\">" + links + "</nav>\n";
}

}  // namespace

std::string render_runs(const RunsView& view) {
  SitePage page;
  page.title = view.drill.empty() ? "runs" : "runs of " + view.drill;
  page.here = address::kRuns;
  page.main = "<h1>" + escape(headline(view)) + "</h1>\n" + filter(view) +
              (view.newest_first.empty() ? nothing(view) : runs_table(view)) + pager(view);
  return site_document(page, view.site);
}

}  // namespace muster
