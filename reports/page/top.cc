#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

std::string starter(const std::string& trigger) {
  if (trigger == "gate") return "started by the deploy gate";
  if (trigger == "schedule") return "started by the schedule";
  return trigger.empty() ? "" : "started by a " + trigger;
}

/// The reasons where the headline alone does not say why: what was not fair, what stopped it, what
/// is missing.
std::string reasons(const Result& result) {
  std::string items;
  for (const Result::Reason& reason : result.verdict.reasons)
    items += "<li>" + escape(reason.text) + "</li>";
  if (result.verdict.status == "inconclusive") {
    for (const Result::Validity& clause : result.validity) {
      const bool said = std::any_of(result.verdict.reasons.begin(),
                                    result.verdict.reasons.end(),
                                    [&](const auto& reason) { return reason.text == clause.text; });
      if (!clause.ok && !said) items += "<li>" + escape(clause.text) + "</li>";
    }
  }
  return items.empty() ? "" : "<ul class=\"reasons\">" + items + "</ul>\n";
}

std::string alarm(const Result& result) {
  std::string items;
  for (const Result::Action* action : still_in_force(result)) {
    items +=
        fmt::format("<li><b>{}</b>", escape(action->what.empty() ? action->kind : action->what));
    if (!action->targets.empty()) items += ", on " + escape(join(action->targets, ", "));
    if (!action->undo_state.empty()) items += ", state " + escape(action->undo_state);
    if (!action->error.empty()) items += "<br>" + escape(action->error);
    if (!action->undo_text.empty())
      items += "<br>by hand: <code>" + escape(action->undo_text) + "</code>";
    for (const std::string& left : action->residue) items += "<br>left behind: " + escape(left);
    items += "</li>";
  }
  if (items.empty())
    items = "<li>The record does not say which change; treat every change below as in force.</li>";
  return "<div class=\"alarm\" role=\"alert\">\n<p><b>May still be in force, nobody has seen it "
         "undone:</b></p>\n<ul>" +
         items +
         "</ul>\n<p>Put it back now, then look again:</p>\n<pre><code>muster "
         "recover</code></pre>\n</div>\n";
}

/// After a stop the first question is whether everything is back.
std::string put_back(const Result& result) {
  const auto applied = static_cast<std::size_t>(
      std::count_if(result.actions.begin(), result.actions.end(), [](const auto& action) {
        return action.applied_s.has_value();
      }));
  if (!still_in_force(result).empty()) return "";
  if (applied == 0) return "<p class=\"detail\">Nothing had been changed.</p>\n";
  return fmt::format("<p class=\"detail\">Put back: {}, each seen to be undone.</p>\n",
                     count_of(applied, "change"));
}

constexpr std::string_view kFigures[] = {
    "time_to_failover",
    "time_to_recover",
    "lost_writes",
    "time_to_detect",
    "stale_reads",
    "unavailable_seconds",
    "failed_requests",
    "replication_lag_max",
    "time_to_impact",
};
/// In which order the chosen ones stand: as they happen.
constexpr std::string_view kFigureOrder[] = {
    "time_to_impact",
    "time_to_detect",
    "time_to_failover",
    "time_to_recover",
    "unavailable_seconds",
    "lost_writes",
    "stale_reads",
    "failed_requests",
    "replication_lag_max",
};

/// With its probe where other probes have the same figure.
std::string figure_name(const Result& result, const Result::Metric& metric) {
  const bool several =
      std::any_of(result.metrics.begin(), result.metrics.end(), [&](const Result::Metric& other) {
        return other.id == metric.id && other.scope_probe != metric.scope_probe &&
               other.scope_vantage.empty() && other.scope_phase.empty();
      });
  return escape(show_name(metric) + (several ? ", " + metric.scope_probe : ""));
}

std::vector<const Result::Metric*> choose_figures(const Result& result) {
  std::vector<const Result::Metric*> chosen;
  const auto take = [&](bool only_failed) {
    for (const std::string_view id : kFigures) {
      const Result::Metric* metric = overall_metric(result, id);
      if (metric == nullptr || chosen.size() == 5 || (only_failed && metric->verdict != "fail"))
        continue;
      if (std::find(chosen.begin(), chosen.end(), metric) == chosen.end()) chosen.push_back(metric);
    }
  };
  take(true);
  take(false);
  const auto place = [](const Result::Metric* metric) {
    return std::find(std::begin(kFigureOrder), std::end(kFigureOrder), metric->id) -
           std::begin(kFigureOrder);
  };
  std::sort(chosen.begin(), chosen.end(), [&](const auto* a, const auto* b) {
    return place(a) < place(b);
  });
  return chosen;
}

}  // namespace

std::string context_line(const Result& result) {
  const Result::Run& run = result.run;
  std::string text = "<header class=\"top\"><p><b>muster</b> drill report: " + escape(run.drill);
  if (!run.service.empty()) text += " on " + escape(run.service);
  if (!run.environment.empty()) text += ", " + escape(run.environment);
  text += fmt::format(". Run {}", run.number);
  if (run.trial_of > 1) text += fmt::format(" (trial {} of {})", run.trial_index, run.trial_of);
  text += ", " + show_minute(run.started_at) + ", " + human_duration(run.ended_at - run.started_at);
  if (const std::string by = starter(run.trigger); !by.empty()) text += ", " + escape(by);
  const auto version = run.labels.find("version");
  if (version != run.labels.end()) text += ", version " + escape(version->second);
  return text + ".</p></header>\n";
}

std::string verdict_section(const Result& result) {
  const StatusWord& word = status_word(result.verdict.status);
  std::string out = fmt::format(
      "<section class=\"verdict {}\" aria-label=\"Verdict\">\n<p class=\"status\">{}</p>\n",
      word.css,
      signed_word(word));
  out += "<h1>" + escape_headline(result.verdict.headline) + "</h1>\n";
  if (!result.verdict.detail.empty())
    out += "<p class=\"detail\">" + escape(result.verdict.detail) + "</p>\n";
  const std::string& status = result.verdict.status;
  if (status == "broken") {
    out += alarm(result);
  } else if (status == "aborted" || status == "interrupted") {
    out += put_back(result);
  }
  if (status != "pass" && status != "fail") out += reasons(result);
  return out + "</section>\n";
}

std::string figures_section(const Result& result) {
  std::string figures;
  for (const Result::Metric* metric : choose_figures(result)) {
    figures += fmt::format(
        "<div class=\"{}\"><dt>{}</dt><dd><span class=\"big{}\">{}</span> <span class=\"sub\">",
        metric_word(metric->verdict).css,
        figure_name(result, *metric),
        metric->censored ? " long" : "",
        show_metric(*metric));
    const std::string budget =
        metric->budget ? "budget " + show_value(*metric->budget, metric->unit) : "no budget";
    figures += budget;
    if (metric->verdict == "fail") figures += ", missed";
    const std::string interval = show_interval(*metric);
    if (interval.starts_with("±")) figures += ", " + interval;
    if (const std::string usual = usually(*metric); !usual.empty()) figures += ", " + usual;
    figures += "</span>" + strip(*metric, 150) + "</dd></div>\n";
  }
  if (figures.empty()) return "";
  return "<section class=\"key\" aria-label=\"Key figures\"><dl>\n" + figures + "</dl></section>\n";
}

}  // namespace muster
