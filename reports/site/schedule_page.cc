#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "reports/site/site_page.h"
#include "reports/site/site_words.h"

namespace muster {

namespace {

std::string headline(const std::vector<TurnRow>& ahead) {
  const auto next =
      std::ranges::find_if(ahead, [](const TurnRow& turn) { return turn.reasons.empty(); });
  if (ahead.empty()) return "No drill has a turn ahead.";
  if (next == ahead.end()) return "Every turn ahead is excluded.";
  return escape("Next: " + next->schedule + ", " + next->text + ".");
}

std::string list_of(const std::vector<std::string>& lines) {
  std::string items;
  for (const std::string& line : lines) items += "<li>" + escape(line) + "</li>";
  return items.empty() ? "" : "<ul class=\"reasons\">" + items + "</ul>";
}

std::string signed_text(std::string_view css, std::string_view sign, std::string_view text) {
  return fmt::format(
      R"(<b class="w-{}"><span aria-hidden="true">{}</span> {}</b>)", css, sign, text);
}

std::string when_cell(const std::string& text, UtcTime at, UtcTime now) {
  return fmt::format("{}<br><span class=\"mut\">{}</span>", escape(text), time_element(at, now));
}

std::string ahead_part(const ScheduleView& view) {
  HtmlTable table("cards turns", {{"When"}, {"Drill"}, {"Will it run?"}});
  for (const TurnRow& turn : view.ahead) {
    const bool runs = turn.reasons.empty();
    table.row({when_cell(turn.text, turn.begin, view.site.now),
               escape(turn.schedule),
               runs ? signed_text("pass", "▸", "will run")
                    : signed_text("grey", "–", "will not run") + list_of(turn.reasons)},
              runs ? "" : "excluded");
  }
  if (table.empty()) {
    return "<p class=\"lead\">Give a drill a turn by <code>when:</code> under "
           "<code>drills:</code> in <code>muster.yaml</code>.</p>\n";
  }
  return "<p class=\"lead\">As far as the calendar knows. Every reason is looked at again at the "
         "turn, and once more right before the first fault.</p>\n" +
         table.text();
}

std::string outcome(const OccurrenceRow& row) {
  using State = OccurrenceRow::State;
  switch (row.state) {
    case State::Planned:
      return signed_text("grey", "·", "planned");
    case State::Running:
      return signed_text("data", "▸", "running");
    case State::Finished:
      return verdict_word(row.status);
    case State::Skipped:
      return signed_text("grey", "–", "skipped");
    case State::Cut:
      return signed_text("stop", "■", "cut");
  }
  return "";
}

std::string run_link(const OccurrenceRow& row) {
  if (row.run.empty()) return "";
  return row.state == OccurrenceRow::State::Running ? site_link(address::live(row.run), "watch")
                                                    : site_link(address::run(row.run), "report");
}

std::string drills_part(const ScheduleView& view) {
  HtmlTable table("cards", {{"Drill"}, {"when"}, {"Understood as"}});
  for (const ScheduleRow& row : view.drills) {
    table.row({escape(row.schedule),
               "<code>" + escape(row.when) + "</code>",
               (row.enabled ? "" : signed_text("grey", "–", "not enabled, nothing starts it")) +
                   "<p>" + escape(row.meaning) + "</p>" + list_of(row.notes)},
              row.enabled ? "" : "excluded");
  }
  return section("drills", "How muster.yaml was understood", table.empty() ? "" : table.text());
}

std::string behind_part(const ScheduleView& view) {
  HtmlTable table("cards turns", {{"When"}, {"Drill"}, {"What became of it"}, {"Run"}});
  for (const OccurrenceRow& row : view.behind) {
    const std::string why = row.why.empty() ? "" : "<p class=\"mut\">" + escape(row.why) + "</p>";
    table.row({when_cell(row.text, row.at, view.site.now),
               escape(row.schedule),
               outcome(row) + why,
               run_link(row)});
  }
  return section("behind", "What became of earlier turns", table.empty() ? "" : table.text());
}

}  // namespace

std::string render_schedule(const ScheduleView& view) {
  SitePage page;
  page.title = "schedule";
  page.here = address::kSchedule;
  page.main = "<h1>" + headline(view.ahead) + "</h1>\n" + ahead_part(view) + drills_part(view) +
              behind_part(view);
  return site_document(page, view.site);
}

}  // namespace muster
