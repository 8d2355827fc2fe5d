#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

std::string with_scope(const Result& result, const Result::Metric& metric) {
  const std::string scope = show_scope(result, metric);
  return escape(show_name(metric)) +
         (scope.empty() ? "" : " <span class=\"mut\">" + escape(scope) + "</span>");
}

std::string verdict_cell(const Result::Metric& metric) {
  const StatusWord& word = metric_word(metric.verdict);
  return fmt::format("<b class=\"w-{}\">{}</b>", word.css, signed_word(word)) +
         (metric.reason.empty() ? "" : " <span class=\"mut\">" + escape(metric.reason) + "</span>");
}

std::string usual_cell(const Result::Metric& metric) {
  if (!metric.history || metric.history->values.empty()) return "—";
  return metric.history->median ? show_value(*metric.history->median, metric.unit) : "not reached";
}

/// How the words about earlier runs are meant, with what they rest on.
std::string history_note(const Result& result) {
  const Result::MetricChange* change = nullptr;
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.change) continue;
    if (change == nullptr || (change->test == "none" && metric.change->test != "none"))
      change = &*metric.change;
  }
  if (change == nullptr) return "";
  std::string text =
      fmt::format("“Usually” is the median of {} before this one that measured the same.",
                  count_of(change->n_old, "run"));
  if (change->test == "none") {
    text += " Those are too few to say whether anything changed.";
  } else {
    text += fmt::format(
        " Worse than usual is what a system that did not change would show in less than {} of the "
        "cases, and by {} at least ({}; several checks count together).",
        show_percent(change->alpha),
        show_percent(change->min_effect - 1),
        change->test == "mann-whitney-exact" ? "exact rank test over the trials"
                                             : "prediction interval");
  }
  return "<p class=\"note\">" + text + "</p>\n";
}

std::vector<const Result::Metric*> with_budget(const Result& result) {
  std::vector<const Result::Metric*> metrics;
  for (const auto& metric : result.metrics) {
    if (!metric.budget_op.empty() && metric.budget) metrics.push_back(&metric);
  }
  const auto rank = [](const auto* metric) {
    return metric->verdict == "fail" ? 0 : metric->verdict == "warn" ? 1 : 2;
  };
  std::ranges::stable_sort(metrics, {}, rank);
  return metrics;
}

std::string no_objectives(const Result& result) {
  return result.run.injected_at
             ? "<p class=\"lead\">The playbook sets no objectives: the verdict is about the undo "
               "and the "
               "measurement alone.</p>\n"
             : "<p class=\"lead\">Nothing was injected, so no objective was judged.</p>\n";
}

std::string conditions(const Result& result) {
  if (result.checks.empty()) return "";
  std::string items;
  for (const auto& [text, held] : result.checks) {
    items += fmt::format("<li><b class=\"w-{}\">{}</b> {}</li>\n",
                         held ? "pass" : "fail",
                         held ? "<span aria-hidden=\"true\">✓</span> Held:"
                              : "<span aria-hidden=\"true\">✕</span> Did not hold:",
                         escape(text));
  }
  return "<h3>Conditions of the steps</h3>\n<ul class=\"signs\">" + items + "</ul>\n";
}

std::string other_metrics(const Result& result) {
  HtmlTable table("plain", {{"Measurement"}, {"Of"}, {"Value", true}, {"Interval", true}});
  for (const auto& metric : result.metrics) {
    if ((!metric.budget_op.empty() && metric.budget) || (!metric.value && !metric.censored))
      continue;
    table.row({escape(show_name(metric)),
               escape(show_scope(result, metric)),
               show_metric(metric),
               show_interval(metric)});
  }
  if (table.empty()) return "";
  return "<details><summary>Everything else that was measured</summary>\n" + table.text() +
         "</details>\n";
}

/// The predicted range as a bar, the measured value as a dot on the same scale.
std::string prediction_picture(const Result::Prediction& prediction) {
  const double most =
      std::max({prediction.worst_s, prediction.measured_s.value_or(0), 1e-9}) * 1.15;
  const auto x = [&](double at) {
    return 4 + 300 * std::clamp(at / most, 0.0, 1.0);
  };
  std::string out =
      R"(<svg class="range" viewBox="0 0 312 26" width="312" height="26" aria-hidden="true">)";
  Svg svg(out);
  svg.line("M4 13H304", paint::kRule);
  svg.rect(x(prediction.best_s),
           7,
           std::max(1.0, x(prediction.worst_s) - x(prediction.best_s)),
           12,
           paint::kData,
           0.26);
  if (prediction.measured_s) {
    const Paint fill = prediction.inside ? paint::kInk : paint::kFail;
    out += fmt::format(R"(<circle class="f-{}" cx="{}" cy="13" r="5" fill="{}"/>)",
                       fill.css,
                       coordinate(x(*prediction.measured_s)),
                       fill.colour);
  }
  return out + "</svg>\n";
}

}  // namespace

std::string checks_section(const Result& result) {
  const auto metrics = with_budget(result);
  const bool any_history =
      std::ranges::any_of(metrics, [](const auto* metric) { return metric->history.has_value(); });
  std::vector<HtmlTable::Column> columns = {
      {"Check"},
      {"Measured", true},
      {"Accuracy", true},
      {"Budget", true},
      {any_history ? "Earlier runs, this one, budget" : "Against it"}};
  if (any_history) columns.push_back({"Usually", true});
  columns.push_back({"Verdict"});
  HtmlTable table(any_history ? "checks with-usual" : "checks", columns);
  for (const auto* metric : metrics) {
    std::vector<std::string> cells = {with_scope(result, *metric),
                                      "<b>" + show_metric(*metric) + "</b>",
                                      show_interval(*metric),
                                      show_budget(*metric),
                                      strip(*metric, 150)};
    if (any_history) cells.push_back(usual_cell(*metric));
    cells.push_back(verdict_cell(*metric));
    table.row(cells, metric_word(metric->verdict).css);
  }
  std::string body = table.empty() ? no_objectives(result) : table.text() + history_note(result);
  return section("checks", "Checks", body + conditions(result) + other_metrics(result));
}

std::string validity_section(const Result& result) {
  if (result.validity.empty()) return "";
  std::string items;
  for (const auto& clause : result.validity) {
    items += fmt::format("<li><b class=\"w-{}\">{}</b> {}</li>\n",
                         clause.ok ? "pass" : "fail",
                         clause.ok ? "<span aria-hidden=\"true\">✓</span> Yes:"
                                   : "<span aria-hidden=\"true\">✕</span> No:",
                         escape(clause.text));
  }
  return section(
      "validity", "Was it a fair measurement?", "<ul class=\"signs\">" + items + "</ul>\n");
}

std::string prediction_section(const Result& result) {
  if (!result.prediction) return "";
  const Result::Prediction& prediction = *result.prediction;
  std::string body = "<p class=\"lead\">";
  if (prediction.users_unaffected) {
    body += "From the stack’s settings users should notice nothing.";
  } else {
    body += fmt::format("From the stack’s own settings the failover should take {} to {}.",
                        show_seconds(prediction.best_s),
                        show_seconds(prediction.worst_s));
  }
  body += prediction.measured_s
              ? " Measured: <b>" + show_seconds(*prediction.measured_s) + "</b>, " +
                    (prediction.inside ? "inside." : "<b class=\"w-fail\">outside.</b>")
              : " It was not measured.";
  body += "</p>\n";
  if (!prediction.users_unaffected) body += prediction_picture(prediction);
  if (!prediction.finding.empty())
    body += "<p class=\"finding\"><b>Finding:</b> " + escape(prediction.finding) + "</p>\n";
  HtmlTable table("plain", {{"Stage"}, {"At best", true}, {"At worst", true}, {"Because"}});
  for (const auto& stage : prediction.stages) {
    table.row({escape(stage.name),
               show_seconds(stage.best_s),
               show_seconds(stage.worst_s),
               escape(stage.why)});
  }
  return section(
      "prediction", "Predicted against measured", body + (table.empty() ? "" : table.text()));
}

}  // namespace muster
