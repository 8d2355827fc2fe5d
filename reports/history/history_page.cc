#include "reports/history/history_page.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/playbook.h"
#include "reports/history/earlier.h"
#include "reports/history/usual.h"
#include "reports/page/head.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

using Runs = std::vector<const HistoryRun*>;
using Link = std::function<std::string(const HistoryRun&)>;

constexpr std::size_t kMostColumns = 5;
constexpr double kPictureWidth = 320;
constexpr double kPictureHeight = 26;

/// A column of numbers: a metric that the newest run that has any was judged by.
struct Promise {
  std::string id, probe, unit, name;
  bool several = false;  ///< another column has the same metric, of another probe
};

/// Short, for the head of a column.
std::string in_words(std::string id) {
  if (id == "unavailable_seconds") return "unavailable";
  std::ranges::replace(id, '_', ' ');
  if (id.starts_with("time to ")) id.erase(0, 8);
  return id;
}

/// As they happen in a drill; what is not listed comes behind.
std::size_t place_of(std::string_view id) {
  constexpr std::string_view kOrder[] = {"time_to_impact",
                                         "time_to_detect",
                                         "time_to_failover",
                                         "time_to_recover",
                                         "unavailable_seconds",
                                         "lost_writes",
                                         "stale_reads"};
  return static_cast<std::size_t>(std::ranges::find(kOrder, id) - std::begin(kOrder));
}

std::vector<Promise> promises_of(const Runs& runs) {
  std::vector<Promise> promises;
  for (const HistoryRun* run : runs) {
    for (const HistoryMetric& metric : run->metrics) {
      if (!metric.judged) continue;
      const MetricSpec* spec = metric_spec(metric.id);
      promises.push_back({metric.id,
                          metric.probe,
                          spec == nullptr ? "" : std::string(spec->unit),
                          in_words(metric.id)});
    }
    if (!promises.empty()) break;
  }
  std::ranges::stable_sort(promises, {}, [](const Promise& one) { return place_of(one.id); });
  if (promises.size() > kMostColumns) promises.resize(kMostColumns);
  for (Promise& one : promises) {
    one.several = std::ranges::count(promises, one.id, &Promise::id) > 1;
  }
  return promises;
}

const HistoryMetric* metric_of(const HistoryRun& run, const Promise& promise) {
  return metric_of(run, promise.id, promise.probe);
}

// ---- the profile of a run, all on one scale

struct TimeScale {
  double from = -4, to = 20;

  double x(double t_s) const {
    return kPictureWidth * (std::clamp(t_s, from, to) - from) / (to - from);
  }
};

/// So that the slower half is whole; what takes far longer runs out of the picture.
TimeScale time_scale(const Runs& runs) {
  std::vector<double> ends;
  for (const HistoryRun* run : runs) {
    const Result::Profile& profile = run->profile;
    if (!profile.failed.empty())
      ends.push_back(profile.from_s + profile.bin_s * static_cast<double>(profile.failed.size()));
  }
  TimeScale scale;
  if (ends.empty()) return scale;
  std::ranges::sort(ends);
  scale.to = std::min(ends.back(), 2.5 * ends[ends.size() / 2]);
  scale.from = -scale.to / 8;
  return scale;
}

const HistoryMetric* failover_of(const HistoryRun& run) {
  const HistoryMetric* slowest = nullptr;
  for (const HistoryMetric& metric : run.metrics) {
    if (metric.id != "time_to_failover" || !metric.value) continue;
    if (slowest == nullptr || *metric.value > *slowest->value) slowest = &metric;
  }
  return slowest;
}

std::string profile_picture(const HistoryRun& run, const TimeScale& scale) {
  if (run.profile.failed.empty()) return "";
  std::string out = fmt::format(
      R"(<svg class="profile" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-hidden="true">)",
      coordinate(kPictureWidth),
      coordinate(kPictureHeight));
  Svg svg(out);
  const double bottom = kPictureHeight - 1;
  svg.line(fmt::format("M0 {}H{}", coordinate(bottom), coordinate(kPictureWidth)), paint::kRule);
  std::string bars;
  for (std::size_t i = 0; i < run.profile.failed.size(); ++i) {
    const double at = run.profile.from_s + run.profile.bin_s * static_cast<double>(i);
    const double share = run.profile.failed[i];
    if (!(share > 0) || at >= scale.to) continue;
    const double left = scale.x(at);
    const double height = std::max(0.6, share * (kPictureHeight - 4));
    bars += fmt::format("M{} {}V{}H{}V{}z",
                        coordinate(left),
                        coordinate(bottom),
                        coordinate(bottom - height),
                        coordinate(scale.x(at + run.profile.bin_s)),
                        coordinate(bottom));
  }
  if (!bars.empty()) svg.shape(bars, paint::kFail, 0.85);
  svg.line(fmt::format("M{0} 1V{1}", coordinate(scale.x(0)), coordinate(bottom)), paint::kInk);
  if (const HistoryMetric* failover = failover_of(run)) {
    if (failover->budget && *failover->budget < scale.to)
      svg.line(fmt::format("M{} 1V{}", coordinate(scale.x(*failover->budget)), coordinate(bottom)),
               paint::kMuted,
               1,
               1,
               "2 2");
    if (*failover->value > 0 && *failover->value < scale.to)
      svg.line(fmt::format("M{} 12V{}", coordinate(scale.x(*failover->value)), coordinate(bottom)),
               paint::kInk,
               2);
  }
  return out + "</svg>";
}

// ---- the table

std::string number_cell(const HistoryRun& run, const Promise& promise) {
  const HistoryMetric* metric = metric_of(run, promise);
  if (metric == nullptr) return "—";
  const std::string text = metric->value ? show_value(*metric->value, promise.unit) : "not reached";
  return metric->missed ? "<b class=\"w-fail\">" + text + "</b>" : text;
}

constexpr std::size_t kMostChanges = 6;

std::string reached_text(const std::optional<double>& value, std::string_view unit) {
  return value ? show_value(*value, unit) : "not reached";
}

std::string step_text(const Result::SeriesStep& step) {
  std::vector<std::string> moved;
  for (const auto& each : step.moved) {
    moved.push_back(fmt::format("{} {} → {}",
                                in_words(each.metric),
                                reached_text(each.before, each.unit),
                                reached_text(each.after, each.unit)));
  }
  const std::string text =
      fmt::format("Another level from run {} on: {}.", step.number, join(moved, ", "));
  if (!step.changed) return text + " What it ran on before is not known.";
  if (step.changed->empty()) return text + " No setting that muster knows of changed there.";
  return text + " Changed: " + escape(show_changes(*step.changed, kMostChanges)) + ".";
}

/// What stands under the row of `run`, between it and the one before.
std::string between(const HistoryRun& run,
                    const HistoryRun* before,
                    const std::vector<Result::SeriesStep>& steps,
                    std::size_t columns) {
  const auto line = [&](std::string_view css, const std::string& text) {
    return fmt::format(
        "<tr class=\"between {}\"><td colspan=\"{}\">{}</td></tr>\n", css, columns, text);
  };
  std::string out;
  if (run.accepted) {
    out += line("accepted",
                fmt::format("Run {} is the new normal, says {}: {}",
                            run.number,
                            escape(run.accepted->who),
                            escape(run.accepted->why)));
  }
  if (before != nullptr && before->series_key != run.series_key)
    out += line("setting",
                fmt::format("From run {} on the playbook measures something else.", run.number));
  const auto step = std::ranges::find(steps, run.id, &Result::SeriesStep::run);
  if (step != steps.end()) return out + line("step", step_text(*step));
  if (before == nullptr) return out;
  const auto changed = settings_changed(*before, run);
  if (changed && !changed->empty())
    out += line("setting", "Changed: " + escape(show_changes(*changed, kMostChanges)));
  return out;
}

std::string axis_head(const TimeScale& scale) {
  const double step = axis_step(scale.to, 4);
  std::string out = fmt::format(
      R"(<svg class="profile" viewBox="0 0 {0} 14" width="{0}" height="14" role="img" aria-label="share of requests that failed, seconds from the injection">)",
      coordinate(kPictureWidth));
  Svg svg(out);
  for (double at = 0; at < scale.to; at += step) {
    const auto anchor = at + step >= scale.to && scale.x(at) > kPictureWidth - 24
                            ? Svg::Anchor::End
                            : Svg::Anchor::Middle;
    svg.text(scale.x(at),
             11,
             at == 0 ? paint::kInk : paint::kMuted,
             {11, anchor, at == 0},
             axis_label(at));
  }
  return out + "</svg>";
}

std::string run_row(const HistoryRun& run,
                    const std::vector<Promise>& promises,
                    const TimeScale& scale,
                    const std::string& address) {
  const StatusWord& word = status_word(run.status);
  const std::string number = fmt::format("{}", run.number);
  std::string out = fmt::format(
      "<tr><th scope=\"row\" class=\"n\">{}</th><td class=\"when\">{}</td><td><b "
      "class=\"w-{}\">{}</b></td><td>{}</td>",
      address.empty() ? number : "<a href=\"" + escape(address) + "\">" + number + "</a>",
      show_minute(run.started),
      word.css,
      signed_word(word),
      profile_picture(run, scale));
  for (const Promise& promise : promises)
    out += "<td class=\"n\">" + number_cell(run, promise) + "</td>";
  return out + "</tr>\n";
}

/// Those that may be held against each other, as far as the newest fair one goes.
Runs newest_series(const Runs& runs) {
  Runs series;
  for (const HistoryRun* run : runs) {
    if (was_fair(*run) && (series.empty() || measures_the_same(*run, *series.front())))
      series.push_back(run);
  }
  return series;
}

std::string table_of(const Runs& runs, const Link& link) {
  const std::vector<Promise> promises = promises_of(runs);
  const TimeScale scale = time_scale(runs);
  std::string out =
      "<div class=\"scroll\"><table class=\"runs\"><thead><tr><th scope=\"col\" "
      "class=\"n\">Run</th><th scope=\"col\">When</th><th scope=\"col\">Verdict</th><th "
      "scope=\"col\">" +
      axis_head(scale) + "</th>";
  for (const Promise& promise : promises) {
    out += fmt::format(
        "<th scope=\"col\" class=\"n\">{}{}</th>",
        escape(promise.name),
        promise.several ? " <span class=\"mut\">" + escape(promise.probe) + "</span>" : "");
  }
  out += "</tr></thead><tbody>\n";
  const std::vector<Result::SeriesStep> steps = steps_of(newest_series(runs));
  for (std::size_t i = 0; i < runs.size(); ++i) {
    out += run_row(*runs[i], promises, scale, link(*runs[i]));
    out +=
        between(*runs[i], i + 1 < runs.size() ? runs[i + 1] : nullptr, steps, 4 + promises.size());
  }
  return out + "</tbody></table></div>\n";
}

/// "failover misses its budget since run 143": of the promises that the newest fair run broke the
/// one that is broken longest.
std::string broken_since(const Runs& runs) {
  Runs fair;
  std::ranges::copy_if(
      runs, std::back_inserter(fair), [](const auto* run) { return was_fair(*run); });
  std::string text;
  std::size_t longest = 0;
  for (const Promise& promise : promises_of(fair)) {
    const auto kept = std::ranges::find_if(fair, [&](const HistoryRun* run) {
      const HistoryMetric* metric = metric_of(*run, promise);
      return metric == nullptr || !metric->missed;
    });
    const auto count = static_cast<std::size_t>(kept - fair.begin());
    if (count <= longest) continue;
    longest = count;
    text =
        count == 1 ? fmt::format("{} missed its budget in the newest", promise.name)
        : kept == fair.end()
            ? fmt::format("{} missed its budget in all that are shown", promise.name)
            : fmt::format("{} misses its budget since run {}", promise.name, (*(kept - 1))->number);
  }
  return text;
}

std::string headline(const Runs& runs) {
  const auto bad = static_cast<std::size_t>(
      std::ranges::count_if(runs, [](const auto* run) { return run->status != "pass"; }));
  const std::string all = count_of(runs.size(), "run");
  std::string text = bad == 0 ? fmt::format("All of the last {} passed", all)
                              : fmt::format("{} of the last {} did not pass", bad, all);
  if (runs.size() == 1) text = bad == 0 ? "The only run passed" : "The only run did not pass";
  const std::string since = broken_since(runs);
  return text + (since.empty() ? "." : "; " + since + ".");
}

/// Runs of the same drill in the same environment, in the order in which each was last run.
std::vector<Runs> series_of(const std::vector<HistoryRun>& newest_first) {
  std::vector<Runs> series;
  for (const HistoryRun& run : newest_first) {
    const auto found = std::ranges::find_if(series, [&](const Runs& runs) {
      return runs.front()->drill == run.drill && runs.front()->environment == run.environment;
    });
    if (found == series.end()) {
      series.push_back({&run});
    } else {
      found->push_back(&run);
    }
  }
  return series;
}

std::string part_of(const Runs& runs, bool only_one, const Link& link) {
  const HistoryRun& newest = *runs.front();
  const std::string name =
      newest.drill + (newest.environment.empty() ? "" : ", " + newest.environment);
  const std::string title = escape(headline(runs));
  std::string out =
      only_one ? "<h1>" + title + "</h1>\n"
               : fmt::format("<h2>{}</h2>\n<p class=\"lead\">{}</p>\n", escape(name), title);
  return "<section class=\"series\">" + out + table_of(runs, link) + "</section>\n";
}

}  // namespace

std::string render_history_page(const std::vector<HistoryRun>& newest_first, const Link& link) {
  const std::vector<Runs> series = series_of(newest_first);
  const bool one = series.size() == 1;
  const std::string of = one ? newest_first.front().drill : "all drills";
  std::string page = page_head("history of " + of, "");
  page += "<body>\n<header class=\"top\"><p><b>muster</b> history: " + escape(of);
  if (one && !newest_first.front().environment.empty())
    page += ", " + escape(newest_first.front().environment);
  page += "</p></header>\n<main>\n";
  if (series.empty()) page += "<h1>No runs yet.</h1>\n";
  if (series.size() > 1) page += fmt::format("<h1>{}.</h1>\n", count_of(series.size(), "series"));
  for (const Runs& runs : series) page += part_of(runs, one, link);
  page +=
      "<p class=\"note\">Red: share of all users’ requests that failed, aligned at the injection; "
      "upright: failed over; dotted: its budget. Two runs side by side: <code>muster compare "
      "BEFORE "
      "AFTER</code>.</p>\n";
  return page + "</main></body></html>\n";
}

}  // namespace muster
