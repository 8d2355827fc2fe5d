// text: the report for a terminal. What was missed comes first, what held is short.
#include "base/text.h"

#include <algorithm>

#include "base/columns.h"
#include "reports/formats/kinds.h"
#include "reports/judge/objectives.h"

namespace muster {

namespace {

constexpr std::size_t kColumns = 100;

enum class Colour { Plain, Red, Green, Yellow, Bold, Grey };

/// Lines of at most kColumns; the only place that knows colours.
class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}

  std::string paint(const std::string& text, Colour colour) const {
    static constexpr const char* kCodes[] = {"", "31", "32", "33", "1", "90"};
    if (!colour_ || colour == Colour::Plain) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(colour)], text);
  }
  void heading(const std::string& text) { out_ += "\n" + paint(text, Colour::Bold) + "\n"; }
  /// `mark` stands before the text, which is broken at blanks and continued under itself.
  void item(const std::string& mark, Colour colour, std::string_view text) {
    const std::string words = printable(text, 4000);
    const std::size_t indent = mark.empty() ? 2 : 2 + mark.size() + 1;
    std::string line = mark.empty() ? "  " : "  " + paint(mark, colour) + " ";
    std::size_t used = indent;
    bool first = true;
    for (const std::string& word : split(words, ' ')) {
      if (!first && used + 1 + columns_of(word) > kColumns) {
        out_ += line + "\n";
        line = std::string(indent, ' ');
        used = indent;
        first = true;
      }
      line += (first ? "" : " ") + word;
      used += columns_of(word) + (first ? 0 : 1);
      first = false;
    }
    out_ += line + "\n";
  }
  void line(const std::string& text) { item("", Colour::Plain, text); }
  void raw(const std::string& text) { out_ += text + "\n"; }
  std::string take() { return std::move(out_); }

 private:
  bool colour_;
  std::string out_;
};

Colour colour_of(std::string_view verdict) {
  if (verdict == "pass") return Colour::Green;
  if (verdict == "fail" || verdict == "broken") return Colour::Red;
  return Colour::Yellow;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string seconds(std::optional<double> value) {
  return value ? value_text(*value, "s") : "never";
}

void verdict(const Result& result, Page& page) {
  const Result::Verdict& verdict = result.verdict;
  const std::string title =
      result.playbook.title.empty() ? result.run.drill : result.playbook.title;
  page.raw(page.paint(upper(verdict.status), colour_of(verdict.status)) + "  " +
           printable(title, 90));
  page.line(verdict.headline);
  page.line(verdict.detail);
  page.line(fmt::format("Run {} of {}, number {}, on {} ({}), {}.",
                        result.run.id,
                        result.run.drill,
                        result.run.number,
                        result.run.service,
                        result.run.environment,
                        format_utc(result.run.started_at)));
}

void reasons(const Result& result, Page& page) {
  if (result.verdict.status == "pass" || result.verdict.status == "fail") return;
  page.heading("Why");
  for (const Result::Reason& reason : result.verdict.reasons) {
    page.item(reason.metric + ":", colour_of(result.verdict.status), reason.text);
  }
}

std::string scope_text(const Result::Metric& metric) {
  std::string text = metric.scope_probe;
  if (!metric.scope_vantage.empty()) text += (text.empty() ? "at " : " at ") + metric.scope_vantage;
  return text;
}

std::string interval_text(const Result::Metric& metric) {
  if (metric.interval_method != "resolution" || !metric.lo || !metric.hi) return "";
  return fmt::format(" ({} to {})",
                     value_text(std::max(0.0, *metric.lo), metric.unit),
                     value_text(*metric.hi, metric.unit));
}

/// Missed ones first: the judgement put them there.
void objectives(const Result& result, Page& page) {
  const bool any = std::any_of(result.metrics.begin(),
                               result.metrics.end(),
                               [](const auto& metric) { return metric.budget.has_value(); });
  const bool checks = std::any_of(
      result.checks.begin(), result.checks.end(), [](const auto& check) { return !check.second; });
  if (!any && !checks) return;
  page.heading("Objectives");
  for (const Result::Metric& metric : result.metrics) {
    if (!metric.budget) continue;
    const std::string who = scope_text(metric);
    page.item(fmt::format("{:<4.4}", upper(metric.verdict)),
              colour_of(metric.verdict),
              fmt::format("{}{}: {}{}",
                          metric.id,
                          who.empty() ? "" : " of " + who,
                          metric.reason,
                          metric.verdict == "pass" ? interval_text(metric) : ""));
  }
  for (const auto& [text, held] : result.checks) {
    if (!held) page.item("MISS", Colour::Red, text);
  }
}

/// How long people took for theirs.
void manual_steps(const Result& result, Page& page) {
  constexpr std::string_view kAsked = "ask: ";
  bool any = false;
  for (const auto& [text, held] : result.checks) {
    if (!text.starts_with(kAsked)) continue;
    if (!any) page.heading("Steps by people");
    any = true;
    page.item("done", Colour::Green, text.substr(kAsked.size()));
  }
}

void users(const Result& result, Page& page) {
  bool any = false;
  for (const Result::Metric& metric : result.metrics) {
    const bool worth = metric.id == "time_to_impact" || metric.id == "time_to_detect" ||
                       metric.id == "time_to_failover" || metric.id == "time_to_recover" ||
                       metric.id == "unavailable_seconds" || metric.id == "failed_requests";
    if (!worth || metric.budget || !metric.scope_vantage.empty() || !metric.scope_phase.empty())
      continue;
    if (!std::exchange(any, true)) page.heading("What users saw");
    const std::string value = metric.value ? value_text(*metric.value, metric.unit) : "none";
    const std::string over = metric.censored ? "not over within " : "";
    page.line(
        fmt::format("{:<34} {}{}{}{}",
                    metric.name + (metric.scope_probe.empty() ? "" : ", " + metric.scope_probe),
                    over,
                    value,
                    metric.censored ? "" : interval_text(metric),
                    metric.reason.empty() ? "" : "; " + metric.reason));
  }
}

void prediction(const Result& result, Page& page) {
  if (!result.prediction) return;
  const Result::Prediction& prediction = *result.prediction;
  page.heading("Predicted and measured");
  if (prediction.users_unaffected) page.line("No user was expected to notice.");
  if (!prediction.stages.empty()) {
    const std::string measured =
        prediction.measured_s ? seconds(prediction.measured_s) : "not over";
    page.item(prediction.inside ? "ok  " : "FIND",
              prediction.inside ? Colour::Green : Colour::Yellow,
              fmt::format("failover of {} to {} by the stack's settings; measured: {}",
                          seconds(prediction.best_s),
                          seconds(prediction.worst_s),
                          measured));
  }
  for (const Result::Prediction::Stage& stage : prediction.stages) {
    page.line(fmt::format("     {:<10} {} to {}: {}",
                          stage.name,
                          seconds(stage.best_s),
                          seconds(stage.worst_s),
                          stage.why));
  }
  if (!prediction.inside) page.item("FIND", Colour::Yellow, prediction.finding);
}

void breakdown(const Result& result, Page& page) {
  if (result.breakdown.size() < 2) return;  // one stage is the failover itself
  page.heading("Where the failover time went");
  for (const Result::BreakdownStage& stage : result.breakdown) {
    page.line(fmt::format(
        "{:<26} {:>9}   {}", stage.name, seconds(stage.to_s - stage.from_s), stage.evidence));
  }
}

void clients(const Result& result, Page& page) {
  if (result.client_spread.empty()) return;
  page.heading("Failover over clients");
  for (const Result::ClientSpread& spread : result.client_spread) {
    const std::string never = spread.never == 0 ? "" : fmt::format("; {} never", spread.never);
    page.line(fmt::format("{} at {}: half by {}, 95 % by {}, the last of {} by {}{}",
                          spread.probe,
                          spread.vantage,
                          seconds(spread.p50),
                          seconds(spread.p95),
                          spread.clients,
                          seconds(spread.last),
                          never));
  }
}

void ledger(const Result& result, Page& page) {
  const Result::Integrity& sum = result.integrity;
  if (sum.acked + sum.refused + sum.unknown == 0) return;
  page.heading("Writes");
  std::string resolved;
  if (sum.unknown_found + sum.unknown_missing > 0) {
    resolved =
        fmt::format(" ({} of them happened, {} did not)", sum.unknown_found, sum.unknown_missing);
  }
  page.line(fmt::format("{} acknowledged, {} refused, {} of unknown fate{}",
                        sum.acked,
                        sum.refused,
                        sum.unknown,
                        resolved));
  const bool clean = sum.lost_total == 0 && sum.duplicate_total == 0;
  page.item(clean ? "ok  " : "LOST",
            clean ? Colour::Green : Colour::Red,
            fmt::format("{} read back: {} lost, {} twice, {} stale{}",
                        sum.checked,
                        sum.lost_total,
                        sum.duplicate_total,
                        sum.stale_total,
                        sum.worst_stale_s ? " (up to " + seconds(sum.worst_stale_s) + ")" : ""));
  for (std::size_t i = 0; i < std::min<std::size_t>(sum.lost.size(), 5); ++i) {
    page.item("    ",
              Colour::Plain,
              fmt::format("{} written at {:+.3f} s", sum.lost[i].key, sum.lost[i].t_s));
  }
}

void changes(const Result& result, Page& page) {
  if (result.actions.empty()) return;
  page.heading("Changes");
  for (const Result::Action& action : result.actions) {
    const bool unknown = action.undo_state == "unknown" || action.undo_state == "conflict";
    const bool safe = action.undo_verified || (!action.applied_s && !unknown);
    page.item(safe ? "ok  " : "LEFT",
              safe ? Colour::Green : Colour::Red,
              fmt::format("{} on {}: {}", action.id, join(action.targets, ", "), action.what));
    const auto more = [&](const std::string& text) {
      page.item("    ", Colour::Plain, text);
    };
    if (!action.error.empty()) more("not applied: " + action.error);
    if (action.applied_s)
      more(fmt::format("applied {:+.3f} s, seen: {}", *action.applied_s, action.evidence));
    if (safe && action.undone_s) {
      more(fmt::format("undone {:+.3f} s ({}), seen: {}",
                       *action.undone_s,
                       action.undo_state,
                       action.undo_evidence));
    } else if (safe && !action.undo_state.empty()) {
      more(fmt::format("undone unwatched ({}), seen: {}", action.undo_state, action.undo_evidence));
    }
    if (!safe) {
      const std::string state = action.undo_state.empty() ? "never tried" : action.undo_state;
      more(fmt::format("not undone ({}): {}", state, action.undo_evidence));
      more("by hand: " + action.undo_text);
    }
    for (const std::string& line : action.residue) more("left behind: " + line);
  }
}

void fairness(const Result& result, Page& page) {
  const auto unfair = std::count_if(
      result.validity.begin(), result.validity.end(), [](const auto& each) { return !each.ok; });
  page.heading("Measured fairly");
  if (unfair == 0)
    page.item("ok  ",
              Colour::Green,
              count_of(result.validity.size(), "check") + " of the measurement held");
  for (const Result::Validity& validity : result.validity) {
    if (!validity.ok)
      page.item("NO  ", Colour::Yellow, fmt::format("{}: {}", validity.id, validity.text));
  }
}

std::string render_plain(const Result& result) {
  return render_text(result, false);
}

}  // namespace

std::string render_text(const Result& result, bool colour) {
  Page page(colour);
  verdict(result, page);
  reasons(result, page);
  objectives(result, page);
  manual_steps(result, page);
  users(result, page);
  prediction(result, page);
  breakdown(result, page);
  clients(result, page);
  ledger(result, page);
  changes(result, page);
  fairness(result, page);
  return page.take();
}

ReportFormat text_format() {
  return {"text", "what a terminal shows after the drill", "report.txt", &render_plain};
}

}  // namespace muster
