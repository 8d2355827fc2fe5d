#include "reports/site/site_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "reports/page/head.h"
#include "reports/page/markup.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "reports/site/site_words.h"
#include "reports/values.h"

namespace muster {

/// reports/web/style.css, reports/web/site.css, and reports/web/live.ts with what it imports,
/// bundled; all embedded by the build.
extern const std::string_view kPageStyle;
extern const std::string_view kSiteStyle;
extern const std::string_view kLiveScript;

namespace {

PageKind kind(bool scripted) {
  PageKind made;
  made.style = std::string(kPageStyle) + std::string(kSiteStyle);
  if (scripted) made.scripts = "'" + sha256_for_csp(kLiveScript) + "'";
  made.talks_to_server = true;
  return made;
}

std::string head(const SitePage& page) {
  return page_head(page.title, page.mark, kind(page.scripted), "\n" + page.head);
}

// ---- the bar

std::string menu(std::string_view here) {
  constexpr std::pair<std::string_view, std::string_view> kPages[] = {
      {address::kIndex, "Drills"},
      {address::kSchedule, "Schedule"},
      {address::kRuns, "Runs"},
      {address::kGate, "Gate"}};
  std::string links;
  for (const auto& [to, name] : kPages)
    links += fmt::format(
        "<a href=\"{}\"{}>{}</a>\n", to, to == here ? " aria-current=\"page\"" : "", name);
  return "<nav aria-label=\"Pages\">\n" + links + "</nav>\n";
}

/// Without a question: to halt too much costs little, and to be asked costs time.
std::string halt(const SiteViewer& viewer) {
  constexpr const char* kMay =
      "title=\"No drill starts; every running one undoes everything and ends\"";
  constexpr const char* kMayNot =
      "disabled=\"disabled\" title=\"A token with the scope drill:stop may; yours has it not\"";
  return post_form(
      "halt",
      address::kHalt,
      viewer,
      fmt::format("<button {}><span aria-hidden=\"true\">■</span> Halt<span class=\"more\"> all "
                  "drills</span></button>",
                  viewer.may_stop ? kMay : kMayNot));
}

std::string bar(std::string_view here, const SiteViewer& viewer) {
  return "<header class=\"bar\"><div>\n<b class=\"brand\">muster</b>\n" + menu(here) +
         halt(viewer) + "</div></header>\n";
}

// ---- what is wrong with the site

std::string banner(std::string_view css,
                   std::string_view sign,
                   std::string_view title,
                   const std::string& body) {
  return fmt::format(
      "<div class=\"banner {}\"><p><b><span aria-hidden=\"true\">{}</span> {}</b> {}</p></div>\n",
      css,
      sign,
      title,
      body);
}

std::string left_in_force(const std::vector<std::string>& changes) {
  if (changes.empty()) return "";
  std::string items;
  for (const std::string& change : changes) items += "<li>" + escape(change) + "</li>";
  return "<div class=\"alarm\" role=\"alert\">\n<p><b>May still be in force, nobody has seen it "
         "undone:</b></p>\n<ul>" +
         items +
         "</ul>\n<p>No drill starts until it is gone. Put it back now, then look again:</p>\n"
         "<pre><code>muster recover</code></pre>\n</div>\n";
}

std::string running_now(const SiteRunning& run, UtcTime now) {
  const std::string doing = run.doing.empty() ? "" : ", " + escape(run.doing);
  return banner(
      "run",
      "▸",
      "Running now:",
      fmt::format("{}{}, started {}",
                  site_link(address::live(run.run), escape(drill_and_run(run.drill, run.number))),
                  doing,
                  time_element(run.started, now)));
}

std::string what_is_wrong(const SiteState& state, UtcTime now) {
  std::string out = left_in_force(state.left_in_force);
  if (!state.lever.empty()) {
    out +=
        banner("stop", "■", "Halted:", escape(state.lever) + "<br>" + escape(state.lever_release));
  }
  if (!state.store_trouble.empty()) {
    out += banner("fail",
                  "✕",
                  "The store cannot be asked:",
                  escape(state.store_trouble) +
                      "<br>What is shown may be old. No drill starts until it answers again.");
  }
  if (!state.clock_doubt.empty()) {
    out += banner("warn",
                  "!",
                  "The clock is in doubt:",
                  escape(state.clock_doubt) +
                      "<br>Nothing is started on schedule until every turn was looked at anew.");
  }
  for (const SiteRunning& run : state.running) out += running_now(run, now);
  return out.empty() ? ""
                     : "<section class=\"states\" aria-label=\"State\">\n" + out + "</section>\n";
}

std::string foot(const SiteContext& site) {
  const std::string log_out =
      site.viewer.may_log_out
          ? post_form("", address::kLogout, site.viewer, "<button>Log out</button>")
          : "";
  return fmt::format("<footer class=\"foot\"><p>{} on {}, as of {}</p>{}</footer>\n",
                     escape(site.viewer.name),
                     escape(site.server),
                     time_element_with(site.now, show_minute(site.now)),
                     log_out);
}

}  // namespace

std::string site_link(std::string_view to, std::string_view text, std::string_view css) {
  return fmt::format("<a{} href=\"{}\">{}</a>",
                     css.empty() ? "" : fmt::format(" class=\"{}\"", css),
                     escape(to),
                     text);
}

std::string post_form(std::string_view css,
                      std::string_view to,
                      const SiteViewer& viewer,
                      std::string_view body) {
  return fmt::format(
      "<form{} method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"csrf\" "
      "value=\"{}\">{}</form>\n",
      css.empty() ? "" : fmt::format(" class=\"{}\"", css),
      escape(to),
      escape(viewer.csrf),
      body);
}

std::string site_document(const SitePage& page, const SiteContext& site) {
  const std::string script =
      page.scripted ? "<script>" + std::string(kLiveScript) + "</script>" : "";
  return head(page) + "<body class=\"site\">\n" + bar(page.here, site.viewer) + "<main>\n" +
         what_is_wrong(site.state, site.now) + page.main + "</main>\n" + foot(site) + script +
         "</body></html>\n";
}

std::string bare_document(const SitePage& page) {
  return head(page) +
         "<body class=\"site\">\n<header class=\"bar\"><div><b class=\"brand\">muster</b></div>"
         "</header>\n<main>\n" +
         page.main + "</main>\n</body></html>\n";
}

std::string site_policy() {
  return page_policy(kind(true)) + "; frame-ancestors 'none'";
}

}  // namespace muster
