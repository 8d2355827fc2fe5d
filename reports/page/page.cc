#include "reports/page/page.h"

#include <algorithm>

#include <fmt/format.h>

#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr StatusWord kStatuses[] = {
    {"pass", "pass", "✓", "Passed"},
    {"fail", "fail", "✕", "Failed"},
    {"inconclusive", "grey", "?", "Inconclusive"},
    {"aborted", "stop", "■", "Aborted"},
    {"interrupted", "stop", "■", "Interrupted"},
    {"broken", "broken", "✕", "Still broken"},
};
constexpr StatusWord kUnknownStatus{"", "grey", "?", "Unknown verdict"};

constexpr StatusWord kMetricWords[] = {
    {"pass", "pass", "✓", "Passed"},
    {"fail", "fail", "✕", "Failed"},
    {"warn", "warn", "!", "Warning"},
    {"inconclusive", "grey", "?", "Inconclusive"},
    {"info", "grey", "·", "Recorded"},
};

}  // namespace

const StatusWord& status_word(std::string_view status) {
  const auto* found = std::find_if(std::begin(kStatuses),
                                   std::end(kStatuses),
                                   [&](const StatusWord& word) { return word.status == status; });
  return found == std::end(kStatuses) ? kUnknownStatus : *found;
}

const StatusWord& metric_word(std::string_view verdict) {
  const auto* found = std::find_if(std::begin(kMetricWords),
                                   std::end(kMetricWords),
                                   [&](const StatusWord& word) { return word.status == verdict; });
  return found == std::end(kMetricWords) ? kMetricWords[std::size(kMetricWords) - 1] : *found;
}

std::string signed_word(const StatusWord& word) {
  return fmt::format(R"(<span aria-hidden="true">{}</span> {})", word.sign, word.word);
}

std::vector<const Result::Action*> still_in_force(const Result& result) {
  std::vector<const Result::Action*> actions;
  for (const Result::Action& action : result.actions) {
    const bool never_applied =
        !action.applied_s && action.undo_state != "unknown" && action.undo_state != "conflict";
    if (!action.undo_verified && !never_applied) actions.push_back(&action);
  }
  return actions;
}

std::string strip(const Result::Metric& metric, int width) {
  if (!metric.value && !metric.budget) return "";
  const double value = metric.value.value_or(0);
  double most = std::max({value, metric.budget.value_or(0), metric.hi.value_or(0), 1e-9});
  if (metric.history) {
    for (const auto& earlier : metric.history->values) most = std::max(most, earlier.value_or(0));
  }
  most *= 1.06;
  const double span = width - 14;
  const auto x = [&](double at) {
    return 7 + span * std::clamp(at / most, 0.0, 1.0);
  };
  const Paint fill = metric.verdict == "fail"   ? paint::kFail
                     : metric.verdict == "warn" ? paint::kWarn
                                                : paint::kInk;
  std::string out = fmt::format(
      R"(<svg class="strip" viewBox="0 0 {0} 18" width="{0}" height="18" aria-hidden="true">)",
      width);
  Svg svg(out);
  svg.line(fmt::format("M7 11H{}", width - 7), paint::kRule);
  if (metric.history) {
    std::string ticks;
    for (const auto& earlier : metric.history->values)
      if (earlier) ticks += fmt::format("M{} 7v8", coordinate(x(*earlier)));
    if (!ticks.empty()) svg.line(ticks, paint::kMuted, 1.4, 0.45);
  }
  if (metric.value) {
    svg.line(fmt::format("M7 11H{}", coordinate(x(value))), fill, 2);
    if (metric.lo && metric.hi && *metric.hi > *metric.lo && !metric.censored) {
      svg.line(fmt::format("M{} 7v8M{} 7v8", coordinate(x(*metric.lo)), coordinate(x(*metric.hi))),
               fill,
               1,
               0.6);
    }
    if (metric.censored) {
      svg.line(fmt::format("M{} 7l5 4l-5 4", coordinate(x(value) - 1)), fill, 1.6);
    } else {
      out += fmt::format(R"(<circle class="f-{}" cx="{}" cy="11" r="4" fill="{}"/>)",
                         fill.css,
                         coordinate(x(value)),
                         fill.colour);
    }
  }
  if (metric.budget) svg.budget(x(*metric.budget), 6.5, paint::kMuted);
  return out + "</svg>";
}

std::string usually(const Result::Metric& metric) {
  if (!metric.history || metric.history->values.empty()) return "";
  if (!metric.history->median) return "usually not reached";
  return "usually " + show_value(*metric.history->median, metric.unit);
}

std::string section(std::string_view id, std::string_view title, std::string_view body) {
  if (body.empty()) return "";
  return fmt::format(
      "<section aria-labelledby=\"h-{0}\"><h2 id=\"h-{0}\">{1}</h2>\n{2}</section>\n",
      id,
      title,
      body);
}

HtmlTable::HtmlTable(std::string_view css, std::vector<Column> columns)
    : css_(css), columns_(std::move(columns)) {}

void HtmlTable::row(const std::vector<std::string>& cells, std::string_view css) {
  rows_ += css.empty() ? "<tr>" : fmt::format("<tr class=\"{}\">", css);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string_view number = columns_[i].number ? " class=\"n\"" : "";
    if (i == 0) {
      rows_ += fmt::format("<th scope=\"row\"{}>{}</th>", number, cells[i]);
    } else {
      rows_ += fmt::format("<td{}>{}</td>", number, cells[i]);
    }
  }
  rows_ += "</tr>\n";
}

std::string HtmlTable::text() const {
  std::string out = fmt::format("<div class=\"scroll\"><table class=\"{}\"><thead><tr>", css_);
  for (const Column& column : columns_) {
    out += fmt::format(
        "<th scope=\"col\"{}>{}</th>", column.number ? " class=\"n\"" : "", column.head);
  }
  return out + "</tr></thead><tbody>\n" + rows_ + "</tbody></table></div>\n";
}

}  // namespace muster
