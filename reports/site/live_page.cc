#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/site/addresses.h"
#include "reports/site/live_parts.h"
#include "reports/site/site.h"
#include "reports/site/site_page.h"
#include "reports/site/site_words.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr std::size_t kMostEvents = 200;

std::string context(const LiveRunView& view) {
  std::string text = escape(view.environment);
  if (view.number != 0) text += fmt::format("{}run {}", text.empty() ? "" : ", ", view.number);
  if (view.trials > 1) text += fmt::format(", trial {} of {}", view.trial, view.trials);
  return "<p class=\"detail\">" + text + (text.empty() ? "started " : ", started ") +
         time_element_with(view.started, show_minute(view.started)) + "</p>\n";
}

std::string status_line(const LiveRunView& view) {
  const double elapsed = std::chrono::duration<double>(view.site.now - view.started).count();
  return fmt::format(
      "<p class=\"status w-data\"><span aria-hidden=\"true\">▸</span> <span "
      "id=\"phase\">{}</span>, <span id=\"elapsed\">{}</span></p>\n",
      view.phase.empty() ? "Running" : escape(view.phase),
      show_seconds(std::floor(std::max(elapsed, 0.0))));
}

std::string top(const LiveRunView& view) {
  std::string out = status_line(view);
  out += fmt::format(
      "<h1>{}{}</h1>\n", escape(view.drill), view.stack.empty() ? "" : " on " + escape(view.stack));
  out += context(view);
  out += fmt::format("<p id=\"doing\">{}</p>\n", escape(view.doing));
  if (view.stopping.empty() && view.site.viewer.may_stop) {
    out += post_form("abort",
                     address::abort(view.run),
                     view.site.viewer,
                     "<button>Abort and undo everything</button>");
  }
  out += fmt::format(
      "<div class=\"banner stop\" id=\"stopping\"{}><p><b><span aria-hidden=\"true\">■</span> "
      "Everything is being undone:</b> <span id=\"stopping-why\">{}</span></p></div>\n",
      view.stopping.empty() ? " hidden=\"\"" : "",
      escape(view.stopping));
  out += "<div id=\"over\" class=\"banner run\" hidden=\"\"></div>\n";
  return "<section class=\"now\" aria-label=\"Now\">\n" + out + "</section>\n";
}

std::string figures(const LiveRunView& view) {
  std::string items;
  for (const LiveMilestoneRow& row : view.milestones) items += live_figure(row);
  return items.empty() ? ""
                       : "<section class=\"key\" aria-label=\"Milestones\"><dl "
                         "id=\"milestones\">\n" +
                             items + "</dl></section>\n";
}

std::string steps(const LiveRunView& view) {
  std::string items;
  for (const LiveStepRow& row : view.steps) items += live_step(row);
  return items.empty() ? "" : section("steps", "Steps", "<ol id=\"steps\">\n" + items + "</ol>\n");
}

std::string in_force(const LiveRunView& view) {
  std::string items;
  for (const LiveChangeRow& row : view.in_force) items += live_change(row);
  return section("in-force",
                 "In force",
                 fmt::format("<p class=\"mut\" id=\"none-in-force\"{}>Nothing is broken on purpose "
                             "right now.</p>\n<ul id=\"in-force\">\n{}</ul>\n",
                             items.empty() ? "" : " hidden=\"\"",
                             items));
}

std::string users(const LiveRunView& view) {
  std::string items;
  for (const LiveUsersRow& row : view.users) items += live_users(row);
  return section("users", "What users get now", "<ul id=\"users\">\n" + items + "</ul>\n");
}

/// What a milestone says the engine says as well, in an event of its own that begins like this.
std::set<std::string> said_by_milestones(const std::vector<LiveEventRow>& events) {
  std::set<std::string> begins;
  for (const LiveEventRow& row : events) {
    if (row.kind == "milestone" && (row.text == "failover" || row.text == "recovery"))
      begins.insert(row.text + " of " + row.source + ":");
  }
  return begins;
}

std::string events(const LiveRunView& view) {
  const std::set<std::string> said = said_by_milestones(view.newest_first);
  std::string rows;
  std::size_t shown = 0;
  for (const LiveEventRow& row : view.newest_first) {
    const bool twice = (row.kind == "failover" || row.kind == "recover") &&
                       std::ranges::any_of(said, [&](const std::string& begin) {
                         return row.text.starts_with(begin);
                       });
    if (twice || shown == kMostEvents) continue;
    rows += live_event(row, view.started);
    ++shown;
  }
  return section("events",
                 "What happened, newest first",
                 "<table class=\"cards happened\"><thead><tr><th scope=\"col\" "
                 "class=\"n\">UTC</th><th scope=\"col\">Kind</th><th scope=\"col\">What</th><th "
                 "scope=\"col\">Where</th></tr></thead><tbody id=\"events\">\n" +
                     rows + "</tbody></table>\n");
}

/// What the script has to know; times are milliseconds of the wall clock here.
std::string live_root(const LiveRunView& view) {
  const auto milliseconds = [](UtcTime at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  };
  return fmt::format(
      "<div id=\"live\" data-events=\"{}\" data-report=\"{}\" data-started=\"{}\" "
      "data-now=\"{}\">\n",
      escape(address::events(view.run, view.last_event)),
      escape(address::run(view.run)),
      milliseconds(view.started),
      milliseconds(view.site.now));
}

}  // namespace

std::string render_live_run(const LiveRunView& view) {
  SiteContext site = view.site;
  std::erase_if(site.state.running, [&](const SiteRunning& each) { return each.run == view.run; });
  SitePage page;
  page.title = "running: " + drill_and_run(view.drill, view.number);
  page.scripted = true;
  page.head = "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n";
  page.main = live_root(view) + top(view) + figures(view) + "<div class=\"halves\">\n" +
              steps(view) + "<div>" + in_force(view) + users(view) + "</div></div>\n" +
              events(view) +
              "<p class=\"note\" id=\"link\">As it was when this page was made.</p>\n"
              "<p class=\"unseen\" id=\"said\" role=\"status\"></p>\n</div>\n";
  return site_document(page, site);
}

}  // namespace muster
