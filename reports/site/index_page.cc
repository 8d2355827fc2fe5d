#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "reports/site/site_page.h"
#include "reports/site/site_words.h"
#include "reports/site/trend.h"

namespace muster {

namespace {

using Rows = std::vector<DrillRow>;

bool passed(const DrillRow& row) {
  return row.last && row.last->status == "pass";
}

/// "2 of 5 drills did not pass their last run; 1 is overdue, 1 has never run."
std::string headline(const Rows& rows) {
  const auto count = [&](const auto& fits) {
    return static_cast<std::size_t>(std::ranges::count_if(rows, fits));
  };
  const std::size_t ran = count([](const DrillRow& row) { return row.last.has_value(); });
  const std::size_t bad = count([](const DrillRow& row) { return row.last && !passed(row); });
  const std::size_t overdue = count([](const DrillRow& row) { return row.overdue.has_value(); });
  const auto drills = [](std::size_t number) {
    return count_of(number, "drill");
  };
  std::string text =
      ran == 0 ? "No drill has run yet"
      : bad > 0
          ? fmt::format(
                "{} of {} did not pass {} last run", bad, drills(ran), ran == 1 ? "its" : "their")
      : ran == 1 ? "The drill passed its last run"
                 : fmt::format("All {} passed their last run", drills(ran));
  std::vector<std::string> more;
  if (overdue > 0)
    more.push_back(fmt::format("{} {} overdue", overdue, overdue == 1 ? "is" : "are"));
  if (ran > 0 && ran < rows.size()) {
    const std::size_t never = rows.size() - ran;
    more.push_back(fmt::format("{} {} never run", never, never == 1 ? "has" : "have"));
  }
  return text + (more.empty() ? "" : "; " + join(more, ", ")) + ".";
}

/// For the icon: the worst of all.
std::string_view mark(const IndexView& view) {
  const bool bad = std::ranges::any_of(
      view.drills, [](const DrillRow& row) { return row.overdue || (row.last && !passed(row)); });
  if (bad || !view.site.state.left_in_force.empty()) return "fail";
  return std::ranges::any_of(view.drills, passed) ? "pass" : "grey";
}

// ---- a row

std::string overdue_line(const OverdueAlarm& alarm, UtcTime now) {
  const std::string passed =
      alarm.passed ? "last passed " + time_element(*alarm.passed, now) : "has never passed";
  return fmt::format(
      "<p class=\"overdue\"><b><span aria-hidden=\"true\">!</span> Overdue:</b> {}; it should pass "
      "every {}</p>\n",
      passed,
      show_length(alarm.allowed));
}

std::string name_cell(const DrillRow& row, UtcTime now) {
  std::vector<std::string> of;
  if (row.drill != row.name) of.push_back(escape(row.drill));
  if (!row.stack.empty()) of.push_back("on " + escape(row.stack));
  std::string where = join(of, " ");
  for (const std::string* more : {&row.environment, &row.owner}) {
    if (!more->empty()) where += (where.empty() ? "" : ", ") + escape(*more);
  }
  return site_link(address::history(row.drill), escape(row.name), "name") + "\n" +
         (where.empty() ? "" : "<p class=\"mut\">" + where + "</p>\n") +
         (row.overdue ? overdue_line(*row.overdue, now) : "");
}

std::string last_cell(const DrillRow& row, UtcTime now) {
  if (!row.last) return "<p class=\"mut\">never run</p>";
  const SiteRun& run = *row.last;
  return fmt::format("<p>{} <span class=\"mut\">{}, {}</span></p>\n<p class=\"headline\">{}</p>",
                     verdict_word(run.status),
                     time_element(run.ended, now),
                     site_link(address::run(run.id), fmt::format("run {}", run.number)),
                     escape_headline(run.headline));
}

std::string trend_cell(const DrillRow& row) {
  const std::string words = trend_words(row.trend);
  return trend_strip(row.trend) + (words.empty() ? "" : "<p class=\"mut\">" + words + "</p>");
}

std::string next_cell(const DrillRow& row, UtcTime now) {
  if (!row.next) return "<p class=\"mut\">" + escape(row.no_turn) + "</p>";
  return fmt::format("<p>{}</p><p class=\"mut\">{}</p>",
                     escape(row.next->text),
                     time_element(row.next->begin, now));
}

/// To start takes two steps: what is about to happen is said before the button is there.
std::string start_cell(const DrillRow& row, const SiteContext& site) {
  if (!row.can_start || !site.viewer.may_start) return "";
  if (!site.state.lever.empty() || !site.state.left_in_force.empty())
    return "<span class=\"mut\">cannot start now</span>";
  const std::string where =
      row.stack.empty() ? "" : fmt::format(" on <b>{}</b>", escape(row.stack));
  const std::string environment =
      row.environment.empty() ? "" : fmt::format(" ({})", escape(row.environment));
  const std::string sure = fmt::format(
      "<p>Breaks things{}{} now, within all its rules, and puts them back.</p>"
      "<input type=\"hidden\" name=\"sure\" value=\"yes\"><button>Start {} now</button>",
      where,
      environment,
      escape(row.name));
  return "<details class=\"start\"><summary>Start…</summary>" +
         post_form("", address::start(row.name), site.viewer, sure) + "</details>";
}

std::string drill_row(const DrillRow& row, const SiteContext& site) {
  return fmt::format(
      "<tr><th scope=\"row\">{}</th>\n<td>{}</td>\n<td>{}</td>\n<td>{}</td>\n<td>{}</td></tr>\n",
      name_cell(row, site.now),
      last_cell(row, site.now),
      trend_cell(row),
      next_cell(row, site.now),
      start_cell(row, site));
}

std::string drills_table(const IndexView& view) {
  std::string rows;
  for (const DrillRow& row : view.drills) rows += drill_row(row, view.site);
  return "<table class=\"cards drills\"><thead><tr><th scope=\"col\">Drill</th><th "
         "scope=\"col\">Last run</th><th scope=\"col\">Trend</th><th scope=\"col\">Next "
         "turn</th><td></td></tr></thead><tbody>\n" +
         rows + "</tbody></table>\n";
}

/// For whoever has just started the server for the first time.
std::string first_steps() {
  return R"(<h1>No drill yet.</h1>
<p class="lead">A drill breaks something on purpose, measures what users see, and puts everything back. Three steps to the first one:</p>
<ol class="steps">
<li><h2>Write down what to break</h2>
<p>A playbook is a few lines of YAML. <code>muster faults</code> lists what can be broken, and this finds every mistake in one:</p>
<pre><code>muster check drills/kill-one-app-server.yaml</code></pre></li>
<li><h2>Run it once by hand</h2>
<p>Where nobody minds: <code>muster lab up</code> brings up a system to practise on. The run is then on this page.</p>
<pre><code>muster run drills/kill-one-app-server.yaml</code></pre></li>
<li><h2>Give it a turn</h2>
<p>Under <code>drills:</code> in <code>muster.yaml</code>, then start the server anew:</p>
<pre><code>drills:
  kill-one-app-server-weekly:
    playbook: drills/kill-one-app-server.yaml
    when: Tue-Thu 10:00-15:00
    overdue: 14d</code></pre>
<p><code>muster serve --check-config</code> finds mistakes, <code>muster schedule</code> says when it will run, and when not and why.</p></li>
</ol>
)";
}

}  // namespace

std::string render_index(const IndexView& view) {
  SitePage page;
  page.title = "drills";
  page.mark = mark(view);
  page.here = address::kIndex;
  page.main = view.drills.empty()
                  ? first_steps()
                  : "<h1>" + headline(view.drills) + "</h1>\n" + drills_table(view) +
                        "<p class=\"note\">Trend: the last runs, a column each, oldest first; a "
                        "cross: failed; a ring: no fair measurement; dotted: the "
                        "budget.</p>\n";
  return site_document(page, view.site);
}

}  // namespace muster
