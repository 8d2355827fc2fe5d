#include "reports/history/comparison.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/history/text_table.h"
#include "reports/page/head.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/profile.h"
#include "reports/values.h"

namespace muster {

namespace {

ComparedMetric compare_metric(const Result& before,
                              const Result& after,
                              const Result::Metric& like) {
  ComparedMetric pair;
  pair.before = scoped_metric(before, like.id, like.scope_probe, "", "");
  pair.after = scoped_metric(after, like.id, like.scope_probe, "", "");
  if (pair.before == nullptr || pair.after == nullptr) return pair;
  const Result::Metric& old_one = *pair.before;
  const Result::Metric& new_one = *pair.after;
  if (!old_one.value || !new_one.value || old_one.censored || new_one.censored) return pair;
  pair.change = *new_one.value - *old_one.value;
  pair.worse = *pair.change != 0 && (*pair.change > 0) == (new_one.better != "higher");
  pair.beyond_accuracy =
      new_one.lo.value_or(*new_one.value) > old_one.hi.value_or(*old_one.value) ||
      new_one.hi.value_or(*new_one.value) < old_one.lo.value_or(*old_one.value);
  return pair;
}

std::string value_or_dash(const Result::Metric* metric) {
  return metric == nullptr ? "—" : show_metric(*metric);
}

std::string change_text(const ComparedMetric& metric) {
  if (!metric.change) return "";
  if (*metric.change == 0) return "same";
  const std::string text =
      (*metric.change > 0 ? "+" : "") + show_value(*metric.change, metric.any().unit);
  if (!metric.beyond_accuracy) return text + " within accuracy";
  return text + (metric.worse ? " worse" : " better");
}

std::string verdict_line(const Result& result) {
  return fmt::format("run {}  {}  {}  {}\n",
                     result.run.number,
                     show_minute(result.run.started_at),
                     printable(result.verdict.status, 20),
                     printable(result.verdict.headline));
}

std::string or_none(const std::string& value) {
  return value.empty() ? "—" : value;
}

/// The three that runs of one series share (comparable_runs of usual.h).
std::vector<std::string> unlike(const Result& before, const Result& after) {
  std::vector<std::string> found;
  const auto tell = [&](std::string_view what, const std::string& one, const std::string& other) {
    if (one != other)
      found.push_back(fmt::format("the {} was {}, then {}", what, or_none(one), or_none(other)));
  };
  tell("drill", before.run.drill, after.run.drill);
  tell("environment", before.run.environment, after.run.environment);
  const bool one_drill = before.run.drill == after.run.drill;
  if (one_drill && before.playbook.series_key != after.playbook.series_key)
    found.emplace_back("their playbooks differ in more than budgets");
  return found;
}

std::string unlike_text(const Comparison& comparison) {
  return "these runs do not measure the same thing: " + join(comparison.unlike, "; ");
}

constexpr std::string_view kSettingsUnknown = "what one of these runs ran on is not known";

// ---- the page

std::string verdict_block(const Result& result) {
  const StatusWord& word = status_word(result.verdict.status);
  return fmt::format("<p class=\"lead\"><b>Run {}</b>, {}: <b class=\"w-{}\">{}</b> {}</p>\n",
                     result.run.number,
                     show_minute(result.run.started_at),
                     word.css,
                     signed_word(word),
                     escape(result.verdict.headline));
}

std::string metrics_part(const Comparison& comparison) {
  const std::string before = fmt::format("Run {}", comparison.before.run.number);
  const std::string after = fmt::format("Run {}", comparison.after.run.number);
  HtmlTable table(
      "compared",
      {{"Metric"}, {before, true}, {after, true}, {"Difference", true}, {"Budget", true}});
  for (const ComparedMetric& metric : comparison.metrics) {
    const bool told = metric.beyond_accuracy && metric.change;
    const std::string text = escape(change_text(metric));
    const std::string& probe = metric.any().scope_probe;
    table.row({escape(show_name(metric.any())) +
                   (probe.empty() ? "" : " <span class=\"mut\">" + escape(probe) + "</span>"),
               value_or_dash(metric.before),
               value_or_dash(metric.after),
               told ? fmt::format("<b class=\"w-{}\">{}</b>", metric.worse ? "fail" : "pass", text)
                    : text,
               show_budget(metric.any())});
  }
  return section("metrics",
                 "What was measured",
                 "<p class=\"lead\">Two drills cannot tell a change of the system from chance: "
                 "“worse” says that these two drills "
                 "differ by more than the accuracy of their measurements.</p>\n" +
                     table.text());
}

std::string settings_part(const Comparison& comparison) {
  constexpr std::string_view kTitle = "What differs around it";
  const auto& settings = comparison.settings;
  if (!settings || settings->empty()) {
    const std::string said = settings ? "Nothing." : fmt::format("Not told: {}.", kSettingsUnknown);
    return section("settings", kTitle, "<p class=\"lead\">" + said + "</p>\n");
  }
  const std::string before = fmt::format("Run {}", comparison.before.run.number);
  const std::string after = fmt::format("Run {}", comparison.after.run.number);
  HtmlTable table("plain", {{"What"}, {before}, {after}});
  for (const Result::SettingChange& change : *settings)
    table.row({escape(change.key),
               escape(or_none(change.before)),
               "<b>" + escape(or_none(change.now)) + "</b>"});
  return section("settings", kTitle, table.text());
}

/// Both failures over time, by the picture that a report has for all earlier runs.
std::string profiles_part(const Comparison& comparison) {
  Result shown = comparison.after;
  shown.earlier = {{comparison.before.run.id,
                    comparison.before.run.number,
                    comparison.before.run.started_at,
                    comparison.before.verdict.status,
                    profile_of(comparison.before)}};
  const std::string newer = fmt::format("run {}", shown.run.number);
  return section("failures", "Failed requests over time", failures_over_time(shown, newer));
}

}  // namespace

Comparison compare(const Result& before, const Result& after) {
  Comparison comparison{before, after, unlike(before, after), {}, {}};
  std::set<std::pair<std::string, std::string>> seen;
  for (const Result* from : {&before, &after}) {
    for (const Result::Metric& metric : from->metrics) {
      const bool whole = metric.scope_vantage.empty() && metric.scope_phase.empty();
      if (whole && seen.emplace(metric.id, metric.scope_probe).second)
        comparison.metrics.push_back(compare_metric(before, after, metric));
    }
  }
  comparison.settings = settings_changed(history_run_of(before), history_run_of(after));
  return comparison;
}

std::string render_comparison(const Comparison& comparison) {
  std::string out = comparison.unlike.empty() ? "" : printable(unlike_text(comparison)) + "\n";
  out += verdict_line(comparison.before) + verdict_line(comparison.after) + "\n";
  std::vector<std::vector<std::string>> rows;
  rows.reserve(comparison.metrics.size());
  for (const ComparedMetric& metric : comparison.metrics) {
    const std::string& probe = metric.any().scope_probe;
    rows.push_back({printable(show_name(metric.any()), 40) +
                        (probe.empty() ? "" : ", " + printable(probe, 40)),
                    value_or_dash(metric.before),
                    value_or_dash(metric.after),
                    change_text(metric)});
  }
  out += text_table({{""},
                     {fmt::format("run {}", comparison.before.run.number), true},
                     {fmt::format("run {}", comparison.after.run.number), true},
                     {"difference", true}},
                    rows) +
         "\n";
  if (!comparison.settings) return out + fmt::format("{}\n", kSettingsUnknown);
  if (comparison.settings->empty()) return out + "nothing in the environment differs\n";
  out += "what differs in the environment\n";
  for (const Result::SettingChange& change : *comparison.settings) {
    out += fmt::format("  {}: {} -> {}\n",
                       printable(change.key, 60),
                       printable(or_none(change.before), 60),
                       printable(or_none(change.now), 60));
  }
  return out;
}

std::string render_comparison_page(const Comparison& comparison) {
  const Result& after = comparison.after;
  const std::string title =
      fmt::format("Run {} against run {}", after.run.number, comparison.before.run.number);
  std::string page =
      page_head(title + ": " + after.run.drill, status_word(after.verdict.status).css);
  page += "<body>\n<header class=\"top\"><p><b>muster</b> comparison: " + escape(after.run.drill) +
          ", " + escape(after.run.environment) +
          "</p></header>\n<main>\n<section class=\"verdict\"><h1>" + title + "</h1>\n";
  if (!comparison.unlike.empty()) {
    page +=
        "<p class=\"finding\"><b>Not comparable:</b> " + escape(unlike_text(comparison)) + "</p>\n";
  }
  page += verdict_block(comparison.before) + verdict_block(after) + "</section>\n";
  page += profiles_part(comparison) + metrics_part(comparison) + settings_part(comparison);
  return page + "</main></body></html>\n";
}

}  // namespace muster
