#include "reports/measure/series.h"

#include <algorithm>
#include <cmath>

#include "reports/measure/propagation.h"
#include "reports/measure/replication.h"

namespace muster {

namespace {

constexpr int kPerOctave = 4;
constexpr int kLatencyBins = 53;
constexpr double kMostBins = 3600;

/// Even bins that cover the run.
struct Grid {
  double from = 0;
  double bin = 1;
  std::size_t count = 0;

  std::size_t index(double seconds) const {
    const double place = std::floor((seconds - from) / bin);
    return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(count - 1)));
  }
};

Grid grid_of(const Timeline& timeline) {
  Time earliest = std::min(timeline.began, timeline.zero);
  Time latest = std::max(timeline.end, timeline.zero);
  for (const SampleSeries& series : timeline.record.series) {
    for (const Sample& sample : series.samples) {
      earliest = std::min(earliest, sample.due);
      latest = std::max(latest, sample.due);
    }
  }
  const double first = timeline.seconds(earliest);
  const double last = timeline.seconds(latest);
  Grid grid;
  grid.bin = std::max(1.0, std::ceil((last - first) / kMostBins));
  grid.from = std::floor(first / grid.bin) * grid.bin;
  grid.count = static_cast<std::size_t>(std::floor((last - grid.from) / grid.bin)) + 1;
  return grid;
}

Result::SeriesRow empty_row(const SampleSeries& series, const Grid& grid) {
  Result::SeriesRow row;
  row.vantage = series.vantage;
  row.probe = series.probe;
  row.due.resize(grid.count);
  row.ok.resize(grid.count);
  row.fail.resize(grid.count);
  row.unknown.resize(grid.count);
  row.served_by.resize(grid.count);
  return row;
}

void count_latency(std::vector<std::pair<int, int>>& bins, int bin) {
  const auto place = std::lower_bound(bins.begin(), bins.end(), std::pair(bin, 0));
  if (place != bins.end() && place->first == bin) {
    ++place->second;
  } else {
    bins.insert(place, {bin, 1});
  }
}

void count(const Timeline& timeline,
           const Sample& sample,
           std::size_t bin,
           Result::SeriesRow& row) {
  row.due[bin] += 1;
  if (sample.outcome == Outcome::Unknown) {
    ++row.unknown[bin];
  } else if (failed(sample)) {
    ++row.fail[bin][std::string(name_of(sample.outcome))];
  } else {
    count_latency(row.ok[bin], latency_bin(latency(sample)));
  }
  if (sample.text != 0 && sample.text < timeline.record.texts.size()) {
    ++row.served_by[bin][timeline.record.texts[sample.text]];
  }
}

/// A place that never showed what was done is drawn as far as that is known.
bool shows_gauge(const Sample& sample, bool by_place) {
  if (sample.kind != SampleKind::Gauge) return false;
  if (!by_place) return !failed(sample);
  return sample.text != 0 && (!failed(sample) || sample.outcome == Outcome::Timeout);
}

Result::SeriesRow row_of(const Timeline& timeline, const SampleSeries& series, const Grid& grid) {
  Result::SeriesRow row = empty_row(series, grid);
  const bool by_place = tells_places(timeline, series.probe);
  for (const Sample& sample : series.samples) {
    const std::size_t bin = grid.index(timeline.seconds(sample.due));
    if (is_request(sample) || sample.kind == SampleKind::Signal) count(timeline, sample, bin, row);
    if (!shows_gauge(sample, by_place)) continue;
    if (row.gauge.empty()) row.gauge.resize(grid.count);
    // Of several places the slowest.
    row.gauge[bin] = by_place ? std::max(row.gauge[bin].value_or(0), sample.value) : sample.value;
  }
  return row;
}

/// A replica's row shows what it lacks (bytes, or seconds where that is all there is), instead of a
/// position that means nothing to people.
void show_lag(const Timeline& timeline,
              const Replica& replica,
              const Grid& grid,
              Result::SeriesRow& row) {
  row.gauge.assign(grid.count, std::nullopt);
  for (const LagPoint& point : replica.points) {
    auto& bin = row.gauge[grid.index(timeline.seconds(point.at))];
    bin = std::max(bin.value_or(0), replica.by_position ? point.bytes : point.seconds);
  }
}

/// Positions of a primary are only there to be compared with.
bool only_a_primary(const Timeline& timeline, const SampleSeries& series) {
  return !series.samples.empty() &&
         std::all_of(series.samples.begin(), series.samples.end(), [&](const Sample& sample) {
           return sample.kind == SampleKind::Gauge &&
                  (failed(sample) || role_of(sample, timeline.record.texts) == Role::Primary);
         });
}

}  // namespace

int latency_bin(Duration latency) {
  const double ms = to_seconds(latency) * 1e3;
  if (ms <= 1) return 0;
  return std::min(kLatencyBins - 1,
                  static_cast<int>(std::floor(std::log2(ms) * kPerOctave + 1e-9)));
}

Result::Series series_of(const Timeline& timeline) {
  const Grid grid = grid_of(timeline);
  Result::Series out;
  out.latency_per_octave = kPerOctave;
  out.latency_count = kLatencyBins;
  out.segments = {{grid.from, grid.from + grid.bin * static_cast<double>(grid.count), grid.bin}};
  const std::vector<Replica> replicas = replicas_of(timeline);
  for (const SampleSeries& series : timeline.record.series) {
    if (only_a_primary(timeline, series)) continue;
    Result::SeriesRow row = row_of(timeline, series, grid);
    for (const Replica& replica : replicas) {
      if (replica.probe == series.probe && replica.vantage == series.vantage) {
        show_lag(timeline, replica, grid, row);
      }
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace muster
