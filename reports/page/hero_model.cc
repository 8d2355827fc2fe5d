#include "reports/page/hero_model.h"

#include <algorithm>
#include <cmath>

#include "reports/values.h"

namespace muster {

namespace {

struct Bin {
  std::size_t index;
  double from_s, to_s;
};

/// Calls `use` for every bin of the series, in order of time.
template <class Use>
void each_bin(const Result::Series& series, Use use) {
  std::size_t index = 0;
  for (const Result::Segment& segment : series.segments) {
    if (segment.bin_s <= 0) continue;
    const auto count =
        static_cast<std::size_t>(std::llround((segment.to_s - segment.from_s) / segment.bin_s));
    for (std::size_t i = 0; i < count; ++i, ++index) {
      const double from = segment.from_s + static_cast<double>(i) * segment.bin_s;
      use(Bin{index, from, from + segment.bin_s});
    }
  }
}

/// A member of a row for a bin; nullptr where the row has none there.
template <class T>
const T* in(const std::vector<T>& values, std::size_t index) {
  return index < values.size() ? &values[index] : nullptr;
}

void add_share(
    const Result::SeriesRow& row, std::size_t bin, double share, std::size_t bins, HeroColumn& to) {
  if (const double* due = in(row.due, bin)) to.due += *due * share;
  if (const auto* reasons = in(row.fail, bin)) {
    for (const auto& [reason, count] : *reasons) to.failed += count * share;
  }
  if (const int* unknown = in(row.unknown, bin)) to.unknown += *unknown * share;
  if (const auto* answers = in(row.ok, bin)) {
    to.answers.resize(bins);
    for (const auto& [latency, count] : *answers) {
      if (bins == 0) break;
      to.answers[static_cast<std::size_t>(std::clamp(latency, 0, static_cast<int>(bins) - 1))] +=
          count * share;
    }
  }
  if (const auto* regions = in(row.served_by, bin)) {
    for (const auto& [region, count] : *regions) to.served_by[region] += count * share;
  }
  if (const auto* gauge = in(row.gauge, bin); gauge != nullptr && *gauge) {
    to.gauge = std::max(**gauge, to.gauge.value_or(**gauge));
  }
}

HeroRow make_row(const Result::Series& series,
                 const Result::SeriesRow& source,
                 const TimeWindow& window) {
  HeroRow row{source.vantage, source.probe, std::vector<HeroColumn>(window.columns()), 0, 0, 0, 0};
  const auto bins = static_cast<std::size_t>(std::max(0, series.latency_count));
  HeroColumn total;
  each_bin(series, [&](const Bin& bin) {
    add_share(source, bin.index, 1, bins, total);
    const double last = static_cast<double>(row.columns.size());
    const double first_column =
        std::max(0.0, std::floor((bin.from_s - window.from_s) / window.column_s + 1e-6));
    const double end_column =
        std::min(last, std::ceil((bin.to_s - window.from_s) / window.column_s - 1e-6));
    for (double column = first_column; column < end_column; ++column) {
      const double begin = window.from_s + column * window.column_s;
      const double overlap =
          std::min(bin.to_s, begin + window.column_s) - std::max(bin.from_s, begin);
      if (overlap <= 0) continue;
      add_share(source,
                bin.index,
                overlap / (bin.to_s - bin.from_s),
                bins,
                row.columns[static_cast<std::size_t>(column)]);
    }
  });
  row.due = total.due;
  row.failed = total.failed;
  row.unknown = total.unknown;
  for (const auto& [region, count] : total.served_by)
    row.regions += count > 0 && !region.empty() ? 1 : 0;
  return row;
}

bool has_gauge(const Result::SeriesRow& row) {
  return std::any_of(
      row.gauge.begin(), row.gauge.end(), [](const auto& value) { return value.has_value(); });
}

/// Whether users' requests are in it, beside whatever gauge.
bool was_asked(const Result::SeriesRow& row) {
  const auto some = [](const auto& bin) {
    return !bin.empty();
  };
  return std::any_of(row.ok.begin(), row.ok.end(), some) ||
         std::any_of(row.fail.begin(), row.fail.end(), some);
}

/// Columns at least as wide as the finest bin, and so wide that the picture has at most 480 of
/// them.
TimeWindow with_columns(const Result& result, double from, double to) {
  double finest = 3600;
  for (const Result::Segment& segment : result.series.segments) {
    if (segment.to_s > from && segment.from_s < to && segment.bin_s > 0)
      finest = std::min(finest, segment.bin_s);
  }
  const double bins = std::max(1.0, (to - from) / finest);
  return {from, to, finest * std::ceil(bins / 480)};
}

/// The metric of a milestone: of the same probe, or of the run.
const Result::Metric* metric_of(const Result& result,
                                std::string_view metric,
                                const Result::Milestone& milestone) {
  const Result::Metric* own = scoped_metric(result, metric, milestone.probe, "", "");
  return own != nullptr ? own : scoped_metric(result, metric, "", "", "");
}

struct Choice {
  const Result::Milestone* milestone = nullptr;
  const Result::Metric* metric = nullptr;
  bool several = false;  ///< other probes have one as well
};

/// Of the probes' milestones the one that missed its budget, else the latest; of the impacts the
/// first.
Choice choose(const Result& result, std::string_view id, std::string_view metric_id) {
  Choice chosen;
  double highest = 0;
  for (const Result::Milestone& milestone : result.milestones) {
    if (milestone.id != id || !milestone.vantage.empty() ||
        (!milestone.value && !milestone.censored))
      continue;
    const Result::Metric* metric = metric_of(result, metric_id, milestone);
    const bool missed = metric != nullptr && metric->verdict == "fail";
    const double when = milestone.censored ? 1e9 : milestone.value.value_or(0);
    const double weight = (missed                                ? 1e12
                           : metric != nullptr && metric->budget ? 1e11
                                                                 : 0) +
                          (id == "impact" ? 1e10 - when : when);
    chosen.several = chosen.milestone != nullptr;
    if (chosen.milestone != nullptr && weight <= highest) continue;
    highest = weight;
    chosen.milestone = &milestone;
    chosen.metric = metric;
  }
  return chosen;
}

struct DimensionKind {
  std::string_view milestone, metric, label, censored_label;
};
constexpr DimensionKind kDimensions[] = {
    {"impact", "time_to_impact", "users hit", "users hit"},
    {"detect", "time_to_detect", "detected", "not detected"},
    {"failover", "time_to_failover", "failed over", "not failed over"},
    {"recover", "time_to_recover", "recovered", "not recovered"},
    {"restored", "time_to_restore", "restored", "not restored"},
};

}  // namespace

std::size_t TimeWindow::columns() const {
  return static_cast<std::size_t>(std::max(1.0, std::ceil((to_s - from_s) / column_s - 1e-6)));
}

TimeWindow whole_run(const Result& result) {
  if (result.series.segments.empty()) return {0, 1, 1};
  return with_columns(
      result, result.series.segments.front().from_s, result.series.segments.back().to_s);
}

TimeWindow first_look(const Result& result) {
  const TimeWindow whole = whole_run(result);
  if (whole.to_s - whole.from_s <= 240) return whole;
  double had_it_back = 60;
  for (const Dimension& line : dimensions(result)) {
    const double end = line.to_s.value_or(line.looked_until_s);
    if (end < 600) had_it_back = std::max(had_it_back, std::max(end, line.budget_s.value_or(0)));
  }
  const double from = std::max(whole.from_s, -30.0);
  const double to = std::min(whole.to_s, std::ceil(had_it_back * 1.6 / 10) * 10);
  return with_columns(result, from, to);
}

double HeroColumn::failing() const {
  return due > 0 ? std::min(1.0, (failed + unknown) / due) : 0;
}

std::vector<HeroRow> request_rows(const Result& result, const TimeWindow& window) {
  std::vector<HeroRow> rows;
  for (const Result::SeriesRow& row : result.series.rows) {
    if (is_signal(result, row.probe) || (has_gauge(row) && !was_asked(row))) continue;
    HeroRow made = make_row(result.series, row, window);
    if (made.due > 0) rows.push_back(std::move(made));
  }
  return rows;
}

std::vector<HeroRow> signal_rows(const Result& result, const TimeWindow& window) {
  std::vector<HeroRow> rows;
  for (const Result::SeriesRow& row : result.series.rows) {
    if (is_signal(result, row.probe) && !has_gauge(row))
      rows.push_back(make_row(result.series, row, window));
  }
  return rows;
}

std::vector<HeroRow> gauge_rows(const Result& result, const TimeWindow& window) {
  std::vector<HeroRow> rows;
  for (const Result::SeriesRow& row : result.series.rows) {
    if (has_gauge(row)) rows.push_back(make_row(result.series, row, window));
  }
  return rows;
}

double bin_edge_ms(const Result::Series& series, double bin) {
  return series.latency_lo_ms * std::exp2(bin / std::max(1, series.latency_per_octave));
}

std::pair<std::size_t, std::size_t> latency_range(const Result::Series& series,
                                                  const std::vector<HeroRow>& rows) {
  const auto count = static_cast<std::size_t>(std::max(1, series.latency_count));
  std::size_t first = count;
  std::size_t end = 0;
  for (const HeroRow& row : rows) {
    for (const HeroColumn& column : row.columns) {
      for (std::size_t bin = 0; bin < column.answers.size(); ++bin) {
        if (column.answers[bin] <= 0) continue;
        first = std::min(first, bin);
        end = std::max(end, bin + 1);
      }
    }
  }
  if (end == 0) return {0, std::min<std::size_t>(count, 28)};
  first -= std::min<std::size_t>(first, 2);
  end = std::min(count, end + 2);
  // Three octaves at least: a narrow band must look narrow.
  while (end - first < 16 && (first > 0 || end < count)) {
    if (first > 0) --first;
    if (end < count) ++end;
  }
  return {first, end};
}

std::optional<double> undo_instant(const Result& result) {
  std::optional<double> instant;
  for (const Result::Phase& phase : result.phases) {
    if (phase.id == "rolling-back") return phase.from_s;
  }
  for (const Result::Action& action : result.actions) {
    if (action.undone_s && (!instant || *action.undone_s < *instant)) instant = action.undone_s;
  }
  return instant;
}

std::vector<Dimension> dimensions(const Result& result) {
  std::vector<Dimension> lines;
  const double end = result.series.segments.empty() ? 0 : result.series.segments.back().to_s;
  for (const DimensionKind& kind : kDimensions) {
    const auto [milestone, metric, several] = choose(result, kind.milestone, kind.metric);
    if (milestone == nullptr) continue;
    Dimension line;
    // Recovery counts from the undo; everything else from the injection.
    const bool after_undo = kind.milestone == "recover" || kind.milestone == "restored";
    line.from_s = after_undo ? undo_instant(result).value_or(0) : 0;
    if (!milestone->censored && milestone->value < line.from_s) line.from_s = 0;
    line.looked_until_s = milestone->value.value_or(end);
    line.label = milestone->censored ? kind.censored_label : kind.label;
    if (milestone->censored) {
      line.value = "within " + show_seconds(line.looked_until_s - line.from_s);
    } else {
      line.to_s = milestone->value;
      line.value = metric != nullptr && metric->value ? show_seconds(*metric->value)
                                                      : show_seconds(*line.to_s - line.from_s);
    }
    if (metric != nullptr && metric->budget && metric->budget_op == "<=") {
      line.budget_s = line.from_s + *metric->budget;
      line.budget = show_seconds(*metric->budget);
      line.over = metric->verdict == "fail";
    }
    if (several) line.probe = milestone->probe;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace muster
