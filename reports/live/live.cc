#include "reports/live/live.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <tuple>

#include "reports/measure/replication.h"
#include "reports/measure/tally.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr Duration kDefaultWindow = 5s;
constexpr Duration kShortest = 60s;
constexpr Duration kBin = 200ms;
constexpr std::size_t kMostBins = 1'000'000;  ///< two days and a half; a picture needs no more
// Answers come up to a time-out after they were due; that much is kept beyond the longest window.
constexpr Duration kLatest = 60s;

/// What is kept of one probe at one vantage: by due for requests, by done for gauges.
struct LiveSeries {
  const ProbeSpec* spec = nullptr;
  Duration period = 1s;
  std::deque<Sample> requests;      ///< in the order due
  std::deque<Position> primary;     ///< positions in the role of the primary
  std::optional<Position> replica;  ///< the newest in the role of a replica
  std::optional<double> plain;      ///< the newest gauge without a role
  std::optional<Time> bins_from;    ///< the first request's due
  std::vector<LiveBin> bins;        ///< of the whole run
  /// When each answer of a signal probe was first seen.
  std::map<std::pair<std::uint16_t, Outcome>, Time> signs;
};

using Place = std::pair<std::string, std::string>;  ///< probe, vantage

void insert_by_due(std::deque<Sample>& requests, const Sample& sample) {
  const auto place = std::upper_bound(
      requests.begin(), requests.end(), sample.due, [](Time due, const Sample& each) {
        return due < each.due;
      });
  requests.insert(place, sample);
}

std::deque<Sample>::const_iterator first_due(const std::deque<Sample>& requests, Time from) {
  return std::lower_bound(
      requests.begin(), requests.end(), from, [](const Sample& request, Time at) {
        return request.due < at;
      });
}

Tally tally_of(const LiveSeries& series, Time from, Time to) {
  Tally tally;
  for (auto each = first_due(series.requests, from);
       each != series.requests.end() && each->due <= to;
       ++each) {
    tally.add(*each);
  }
  tally.sort();
  return tally;
}

Duration longest_window(const Playbook& playbook) {
  Duration longest = kShortest;
  for (const std::vector<Condition>* list : {&playbook.steady, &playbook.stop_if}) {
    for (const Condition& condition : *list)
      longest = std::max(longest, condition.over.value_or(0s));
  }
  for (const ProbeSpec& probe : playbook.probes) longest = std::max(longest, probe.settle * 2);
  // The baseline is judged over its whole length.
  for (const Step& step : playbook.steps) {
    if (const auto* baseline = std::get_if<BaselineStep>(&step.action))
      longest = std::max(longest, baseline->length);
    if (const auto* await = std::get_if<AwaitStep>(&step.action)) {
      longest = std::max(longest, await->condition.over.value_or(0s));
    }
    if (const auto* expect = std::get_if<ExpectStep>(&step.action)) {
      longest = std::max(longest, expect->condition.over.value_or(0s));
    }
  }
  return longest;
}

/// Longest time without a good answer in the window.
double live_gap(const LiveSeries& series, Time from, Time to) {
  std::vector<Time> answers;
  for (const Sample& request : series.requests) {
    if (!failed(request) && request.done > from && request.done <= to)
      answers.push_back(request.done);
  }
  std::sort(answers.begin(), answers.end());
  answers.push_back(to);
  Duration longest{};
  Time before = from;
  for (const Time answer : answers) {
    longest = std::max(longest, answer - before);
    before = answer;
  }
  return to_seconds(longest);
}

std::optional<double> quantile_of(std::string_view metric) {
  if (metric == "latency_p50") return 0.5;
  if (metric == "latency_p90") return 0.9;
  if (metric == "latency_p99") return 0.99;
  if (metric == "latency_p999") return 0.999;
  if (metric == "latency_max") return 1.0;
  return std::nullopt;
}

class LiveBook final : public LiveMetrics {
 public:
  LiveBook(const Playbook& playbook, const std::vector<std::string>& texts)
      : playbook_(playbook), texts_(texts), keep_(longest_window(playbook) + kLatest) {}

  void add(std::string_view probe, std::string_view vantage, const Sample& sample) override {
    LiveSeries& series = series_of(probe, vantage);
    newest_ = std::max(newest_, sample.done);
    if (is_request(sample)) {
      insert_by_due(series.requests, sample);
      count_in_bin(sample, series);
      count_promise(sample);
    } else if (sample.kind == SampleKind::Signal) {
      note_sign(sample, series);
    } else if (sample.kind == SampleKind::Gauge && !failed(sample)) {
      add_gauge(sample, series);
    }
    forget_old(series);
  }

  std::optional<double> value(const Condition& condition, Time now) const override {
    std::optional<double> worst;
    const MetricSpec* spec = metric_spec(condition.metric);
    const bool low_is_good = spec == nullptr || spec->lower_is_better;
    for (const auto& [place, series] : series_) {
      if (!condition.probe.empty() && place.first != condition.probe) continue;
      if (!condition.vantage.empty() && place.second != condition.vantage) continue;
      const auto one = value_of(condition, place.first, series, now);
      if (!one) continue;
      worst = !worst ? *one : low_is_good ? std::max(*worst, *one) : std::min(*worst, *one);
    }
    return worst;
  }

  std::optional<Time> settled_since(std::string_view probe,
                                    Time since,
                                    Time now,
                                    const std::vector<std::string>& regions_out) const override {
    std::optional<Time> last;
    for (const auto& [place, series] : series_) {
      if (place.first != probe || series.requests.empty()) continue;
      const auto start = settled(series, since, now, regions_out);
      if (!start) return std::nullopt;
      last = std::max(last.value_or(*start), *start);
    }
    return last;
  }

  std::optional<Time> first_failure(std::string_view probe, Time since) const override {
    std::optional<Time> first;
    for (const auto& [place, series] : series_) {
      if (place.first != probe) continue;
      const auto bad = std::find_if(first_due(series.requests, since),
                                    series.requests.end(),
                                    [](const Sample& request) { return failed(request); });
      if (bad != series.requests.end()) first = std::min(first.value_or(bad->due), bad->due);
    }
    return first;
  }

  std::optional<std::pair<Time, std::string>> first_sign(Time since) const override {
    std::optional<std::pair<Time, std::string>> first;
    for (const auto& [place, series] : series_) {
      // Of a probe that was not heard from before nobody can say what is new.
      const bool heard = std::any_of(series.signs.begin(),
                                     series.signs.end(),
                                     [&](const auto& sign) { return sign.second < since; });
      for (const auto& [look, seen] : series.signs) {
        if (heard && seen >= since && (!first || seen < first->first))
          first = std::pair(seen, place.first);
      }
    }
    return first;
  }

  LiveWrites writes() const override { return writes_; }

  LiveLag lag(Time now) const override {
    LiveLag worst{{}, not_sent_, false};
    for (const auto& [place, series] : series_) {
      std::vector<Duration> lags;
      for (auto each = first_due(series.requests, now - kDefaultWindow);
           each != series.requests.end();
           ++each) {
        if (each->outcome != Outcome::NotSent) lags.push_back(each->sent - each->due);
      }
      if (lags.empty()) continue;
      const auto rank = lags.begin() + static_cast<std::ptrdiff_t>(rank_of(0.99, lags.size()) - 1);
      std::nth_element(lags.begin(), rank, lags.end());
      worst.p99 = std::max(worst.p99, *rank);
      worst.late = worst.late || *rank * 2 >= series.period;
    }
    return worst;
  }

  std::vector<LiveRow> rows(Time now) const override {
    std::vector<LiveRow> rows;
    for (const ProbeSpec& probe : playbook_.probes) {
      for (const auto& [place, series] : series_) {
        if (place.first == probe.name && !series.requests.empty())
          rows.push_back(row_of(place, series, now));
      }
    }
    return rows;
  }

 private:
  LiveSeries& series_of(std::string_view probe, std::string_view vantage) {
    const auto [place, is_new] = series_.try_emplace(Place(probe, vantage));
    LiveSeries& series = place->second;
    if (!is_new) return series;
    series.spec = playbook_.probe(probe);
    if (series.spec != nullptr) series.period = from_seconds(1 / std::max(series.spec->rate, 1e-6));
    return series;
  }

  static void count_in_bin(const Sample& request, LiveSeries& series) {
    if (!series.bins_from) series.bins_from = request.due;
    // Of agents on several hosts one may be heard a little before another.
    const auto place = static_cast<std::size_t>(
        std::max<std::int64_t>(0, (request.due - *series.bins_from) / kBin));
    if (place >= kMostBins) return;
    if (place >= series.bins.size()) series.bins.resize(place + 1);
    ++series.bins[place].answered;
    if (failed(request)) ++series.bins[place].failed;
  }

  /// As the judgement has it: that a resolver fails is a sign; that a Prometheus cannot be asked
  /// says nothing of its alerts.
  static void note_sign(const Sample& sample, LiveSeries& series) {
    const bool tells_by_failing = series.spec == nullptr || series.spec->kind != "prometheus_query";
    if (failed(sample) && !tells_by_failing) return;
    series.signs.try_emplace(std::pair(sample.text, sample.outcome), sample.done);
  }

  void count_promise(const Sample& request) {
    if (request.outcome == Outcome::NotSent) ++not_sent_;
    if (request.kind != SampleKind::Write) return;
    if (!failed(request)) {
      ++writes_.acknowledged;
    } else if (request.outcome == Outcome::Unknown) {
      ++writes_.unknown;
    } else {
      ++writes_.refused;
    }
  }

  void add_gauge(const Sample& sample, LiveSeries& series) const {
    const Position position{sample.done, sample.value};
    const Role role = role_of(sample, texts_);
    if (role == Role::None) series.plain = sample.value;
    if (role == Role::Replica) series.replica = position;
    if (role == Role::Primary) series.primary.push_back(position);
  }

  void forget_old(LiveSeries& series) const {
    const Time oldest = newest_ - keep_;
    while (!series.requests.empty() && series.requests.front().due < oldest)
      series.requests.pop_front();
    // The oldest position may be the one that tells how long a stuck replica has been behind.
    while (series.primary.size() > 100'000) series.primary.pop_front();
  }

  std::optional<double> value_of(const Condition& condition,
                                 const std::string& probe,
                                 const LiveSeries& series,
                                 Time now) const {
    if (condition.metric == "replication_lag") return lag_of(probe, series, now);
    if (series.requests.empty()) return std::nullopt;
    const Duration window = condition.over.value_or(kDefaultWindow);
    const Time from = now - window;
    if (condition.metric == "longest_gap") return live_gap(series, from, now);
    const Tally tally = tally_of(series, from, now);
    if (condition.metric == "request_rate") {
      return static_cast<double>(tally.due - tally.failed) / to_seconds(window);
    }
    if (tally.due == 0) return std::nullopt;
    if (condition.metric == "error_ratio") return tally.error_ratio();
    if (condition.metric == "failed_requests") return static_cast<double>(tally.failed);
    const auto quantile = quantile_of(condition.metric);
    if (!quantile) return std::nullopt;
    const TallyQuantile latency = tally.latency(*quantile);
    return latency.failed ? std::optional(HUGE_VAL) : latency.seconds;
  }

  /// A replica that can no longer be asked does not get fresher: its lag grows from its last
  /// position.
  std::optional<double> lag_of(const std::string& probe, const LiveSeries& series, Time now) const {
    if (series.plain) return series.plain;
    if (!series.replica) return std::nullopt;
    std::vector<Position> primary;
    for (const auto& [place, other] : series_) {
      if (place.first == probe)
        primary.insert(primary.end(), other.primary.begin(), other.primary.end());
    }
    const Position newest{std::max(now, series.replica->at), series.replica->bytes};
    const bool just_asked = now - series.replica->at < series.period * 3;
    return lag_at(just_asked ? *series.replica : newest, primary).seconds;
  }

  bool good(const Sample& request, const std::vector<std::string>& regions_out) const {
    if (failed(request)) return false;
    if (request.text >= texts_.size()) return true;
    return std::find(regions_out.begin(), regions_out.end(), texts_[request.text]) ==
           regions_out.end();
  }

  /// The start of the newest unbroken run of good requests since `since`, if it is long enough and
  /// every request due in it has been answered: a missing one may still fail.
  std::optional<Time> settled(const LiveSeries& series,
                              Time since,
                              Time now,
                              const std::vector<std::string>& regions_out) const {
    const Duration settle = series.spec != nullptr ? series.spec->settle : kDefaultWindow;
    std::optional<Time> start;
    // Older ones may have been forgotten already.
    Time next = std::max(since, series.requests.front().due);
    for (auto each = first_due(series.requests, since); each != series.requests.end(); ++each) {
      if (each->due > next + gap_allowed(series))
        return std::nullopt;  // one before it is in flight
      next = each->due;
      if (!good(*each, regions_out)) {
        start.reset();
      } else if (!start) {
        start = each->due;
      }
      if (start && each->due >= *start + settle - series.period && now >= *start + settle)
        return start;
    }
    return std::nullopt;
  }

  /// With even arrivals requests are one period apart; with random ones a longer wait is no sign.
  static Duration gap_allowed(const LiveSeries& series) {
    if (series.spec != nullptr && series.spec->poisson) return series.period * 20;
    return series.period + series.period / 2;
  }

  LiveRow row_of(const Place& place, const LiveSeries& series, Time now) const {
    const Tally tally = tally_of(series, now - kDefaultWindow, now);
    LiveRow row;
    std::tie(row.probe, row.vantage) = place;
    row.requests = tally.due;
    row.failed = tally.failed;
    row.p50 = answered_within(tally, 0.5);
    row.p99 = answered_within(tally, 0.99);
    row.strip = {series.bins_from.value_or(now), kBin, series.bins};
    row.served_by = server_of(series, now);
    return row;
  }

  /// As in the report: a failed request is slower than every answer.
  static Duration answered_within(const Tally& tally, double q) {
    if (tally.due == 0) return Duration::zero();
    const std::size_t rank = rank_of(q, tally.latencies.size() + tally.failed);
    return rank > tally.latencies.size() ? Duration::max() : tally.latencies[rank - 1];
  }

  std::string server_of(const LiveSeries& series, Time now) const {
    std::map<std::uint16_t, int> counts;
    for (auto each = first_due(series.requests, now - kDefaultWindow);
         each != series.requests.end();
         ++each) {
      if (each->text != 0) ++counts[each->text];
    }
    const auto most =
        std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
          return a.second < b.second;
        });
    return most == counts.end() || most->first >= texts_.size() ? std::string()
                                                                : texts_[most->first];
  }

  const Playbook& playbook_;
  const std::vector<std::string>& texts_;
  const Duration keep_;
  Time newest_{};
  LiveWrites writes_;
  std::uint64_t not_sent_ = 0;
  std::map<Place, LiveSeries, std::less<>> series_;
};

}  // namespace

std::unique_ptr<LiveMetrics> make_live_metrics(const Playbook& playbook,
                                               const std::vector<std::string>& texts) {
  return std::make_unique<LiveBook>(playbook, texts);
}

bool holds(const Condition& condition, double value) {
  if (condition.above || condition.below) {
    return (condition.above && value > *condition.above) ||
           (condition.below && value < *condition.below);
  }
  return (!condition.max || value <= *condition.max) && (!condition.min || value >= *condition.min);
}

}  // namespace muster
