#include "reports/site/live_parts.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr double kBarLeft = 7;
constexpr double kBarWidth = 136;
constexpr double kUsersWidth = 96;

struct MilestoneWords {
  std::string_view name;
  std::string_view title;
  std::string_view reached;  ///< as an event; {} is the probe
};

constexpr MilestoneWords kMilestones[] = {
    {"baseline", "Baseline", "the baseline was measured"},
    {"injected", "Injected", "everything is injected"},
    {"impact", "First impact", "first failed request of {}"},
    {"detected", "Detected", "first sign in the control plane, seen by {}"},
    {"failover", "Failed over", "{} good again everywhere"},
    {"undone", "Undone", "everything undone and verified"},
    {"recovery", "Recovered", "{} good again since the undo"},
};

const MilestoneWords* words_of(std::string_view name) {
  const auto* found = std::ranges::find(kMilestones, name, &MilestoneWords::name);
  return found == std::end(kMilestones) ? nullptr : found;
}

/// "readers good again everywhere, 38.2 s, budget 30 s, over by 8.20 s"
std::string milestone_text(const LiveEventRow& row) {
  const MilestoneWords* words = words_of(row.text);
  std::string text =
      words == nullptr ? row.text : replaced(std::string(words->reached), "{}", row.source);
  if (row.took) text += ", " + show_seconds(to_seconds(*row.took));
  if (!row.took || !row.budget || row.text == "baseline") return text;
  const Duration beyond = *row.took - *row.budget;
  return text + fmt::format(", budget {}, {}",
                            show_seconds(to_seconds(*row.budget)),
                            beyond > Duration::zero()
                                ? "over by " + show_seconds(to_seconds(beyond))
                                : "kept");
}

bool is_over(const LiveMilestoneRow& row) {
  return row.name != "baseline" && row.budget && row.taken && *row.taken > *row.budget;
}

/// "38.2 s", while it counts whole seconds, "—" while it lies ahead.
std::string taken_text(const LiveMilestoneRow& row) {
  if (!row.taken) return "—";
  const double seconds = to_seconds(*row.taken);
  return show_seconds(row.reached ? seconds : std::floor(seconds));
}

std::string budget_text(const LiveMilestoneRow& row) {
  if (!row.budget) return "no budget";
  return (row.name == "baseline" ? "of " : "budget ") + show_seconds(to_seconds(*row.budget));
}

std::string_view state_text(const LiveMilestoneRow& row) {
  if (is_over(row)) return row.reached ? "missed" : "over";
  if (row.reached) return row.budget && row.name != "baseline" ? "kept" : "reached";
  return row.taken ? "counting" : "ahead";
}

double bar_x(Duration taken, Duration budget) {
  const double share = to_seconds(taken) / (1.5 * std::max(to_seconds(budget), 1e-9));
  return kBarLeft + kBarWidth * std::clamp(share, 0.0, 1.0);
}

std::string bar(const LiveMilestoneRow& row) {
  if (!row.budget) return "";
  std::string out = R"(<svg class="strip" viewBox="0 0 150 18" width="150" height="18" )"
                    R"(aria-hidden="true">)";
  Svg svg(out);
  svg.line(fmt::format("M{} 11H{}", kBarLeft, kBarLeft + kBarWidth), paint::kRule);
  svg.line(fmt::format("M{} 11H{}",
                       kBarLeft,
                       coordinate(bar_x(row.taken.value_or(Duration::zero()), *row.budget))),
           is_over(row) ? paint::kFail : paint::kInk,
           3);
  svg.budget(bar_x(*row.budget, *row.budget), 6.5, paint::kMuted);
  return out + "</svg>";
}

std::string seconds_attribute(std::string_view name, const std::optional<Duration>& value) {
  return value ? fmt::format(" data-{}=\"{:.3f}\"", name, to_seconds(*value)) : "";
}

}  // namespace

std::string live_figure(const LiveMilestoneRow& row) {
  const MilestoneWords* words = words_of(row.name);
  const std::string title = words == nullptr ? escape(row.name) : std::string(words->title);
  return fmt::format(
      "<div class=\"{}\" data-name=\"{}\" data-probe=\"{}\"{}{}{}><dt>{}{}</dt><dd><span "
      "class=\"big\">{}</span> <span class=\"sub\">{}, {}</span>{}</dd></div>\n",
      is_over(row) ? "fail"
      : row.taken  ? ""
                   : "ahead",
      escape(row.name),
      escape(row.probe),
      seconds_attribute("budget", row.budget),
      seconds_attribute("taken", row.taken),
      row.reached ? " data-reached=\"\"" : "",
      title,
      row.probe.empty() ? "" : ", " + escape(row.probe),
      taken_text(row),
      budget_text(row),
      state_text(row),
      bar(row));
}

std::string live_step(const LiveStepRow& row) {
  using State = LiveStepRow::State;
  const std::string_view state = row.state == State::Done  ? "class=\"done\""
                                 : row.state == State::Now ? "class=\"now\" aria-current=\"step\""
                                                           : "class=\"ahead\"";
  return fmt::format("<li {}>{}</li>\n", state, escape(row.title));
}

std::string live_change(const LiveChangeRow& row) {
  return fmt::format("<li data-ref=\"{}\"><b>{}</b>{}</li>\n",
                     escape(row.ref),
                     escape(row.what),
                     row.host.empty() ? "" : " on " + escape(row.host));
}

std::string live_users(const LiveUsersRow& row) {
  std::string out = fmt::format(
      "<li><span>{} <span class=\"mut\">{}</span></span>", escape(row.vantage), escape(row.probe));
  out += fmt::format(R"(<svg viewBox="0 0 {0} 8" width="{0}" height="8" aria-hidden="true">)",
                     coordinate(kUsersWidth));
  Svg svg(out);
  svg.line(fmt::format("M0 4H{}", coordinate(kUsersWidth)), paint::kRule, 2);
  const double share = std::clamp(row.failed.value_or(0), 0.0, 1.0);
  if (share > 0) svg.line(fmt::format("M0 4H{}", coordinate(kUsersWidth * share)), paint::kFail, 6);
  return out + fmt::format("</svg><span class=\"n\">{}</span></li>\n",
                           row.failed ? show_percent(*row.failed) + " failed" : "no answer");
}

std::string live_event(const LiveEventRow& row, UtcTime started) {
  const UtcTime at = started + std::chrono::duration_cast<std::chrono::microseconds>(row.at);
  const bool milestone = row.kind == "milestone";
  const bool strong = row.kind != "note" && row.kind != "action";
  const std::string text = escape(milestone ? milestone_text(row) : row.text);
  return fmt::format(
      "<tr><th scope=\"row\" class=\"n\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
      format_utc(at).substr(11, 10),
      escape(milestone ? row.text : row.kind),
      strong ? "<b>" + text + "</b>" : text,
      escape(row.source));
}

}  // namespace muster
