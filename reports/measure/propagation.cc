#include "reports/measure/propagation.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "reports/measure/percentile.h"

namespace muster {

namespace {

constexpr int kNotFound = 404;

struct DelayName {
  std::string_view kind, metric, name;
};
constexpr DelayName kDelays[] = {
    {"denylist", "revocation_delay", "Time until a revoked token is refused"},
    {"object_store", "replicated_read_delay", "Time until an object can be read everywhere"},
    {"cdn", "purge_delay", "Time until a purge shows"}};

const DelayName* delay_of(const Timeline& timeline, const std::string& probe) {
  const ProbeSpec* spec = timeline.record.playbook.probe(probe);
  if (spec == nullptr) return nullptr;
  const auto found = std::ranges::find(kDelays, spec->kind, &DelayName::kind);
  return found == std::end(kDelays) ? nullptr : found;
}

const std::string& text_of(const Timeline& timeline, const Sample& sample) {
  return timeline.record.texts.at(sample.text);
}

/// One place of one round; gauges without a text are no places.
bool is_sighting(const Timeline& timeline, const Sample& sample) {
  return sample.kind == SampleKind::Gauge && sample.text != 0 &&
         sample.done >= timeline.judged_from();
}

/// Nothing where the place told nothing.
Span span_of(const Sample& sighting) {
  const bool censored = sighting.outcome == Outcome::Timeout;
  if (failed(sighting) && !censored) return {};
  const double value = rounded_seconds(from_seconds(sighting.value));
  if (censored) return {value, value, std::nullopt, true};
  const Duration lo = from_seconds(sighting.value) - (sighting.done - sighting.sent);
  return {value, rounded_seconds(std::max(Duration::zero(), lo)), value, false};
}

/// What the rounds came to at one place.
struct Tell {
  std::vector<double> shown;  ///< seconds
  std::size_t rounds = 0;
  std::size_t never = 0;
  Span worst;

  void add(const Sample& sighting) {
    const Span span = span_of(sighting);
    ++rounds;
    if (!span.value) return;
    if (span.censored) ++never;
    if (!span.censored) shown.push_back(*span.value);
    worst = longest(worst, span);
  }
  std::size_t untold() const { return rounds - never - shown.size(); }
};

using ByPlace = std::map<std::string, Tell>;

ByPlace by_place(const Timeline& timeline, const SampleSeries& series) {
  ByPlace places;
  for (const Sample& sample : series.samples)
    if (is_sighting(timeline, sample)) places[text_of(timeline, sample)].add(sample);
  return places;
}

/// The place where it took longest, and what nobody could tell.
std::string reason_of(const ByPlace& places) {
  std::size_t rounds = 0;
  std::size_t untold = 0;
  for (const auto& [place, tell] : places) {
    rounds += tell.rounds;
    untold += tell.untold();
  }
  if (rounds == 0) return "nothing was done that could show";
  if (untold == 0) return "";
  return fmt::format("of {} nothing could be told in {}", untold, count_of(rounds, "look"));
}

Result::Metric delay_metric(const DelayName& delay,
                            const MetricScope& scope,
                            const ByPlace& places) {
  Span worst;
  for (const auto& [place, tell] : places) worst = longest(worst, tell.worst);
  Result::Metric metric =
      span_metric(std::string(delay.metric), std::string(delay.name), scope, worst);
  metric.reason = reason_of(places);
  return metric;
}

/// The read-backs of one probe that left once the fault had come.
template <class Use>
void each_read_back(const Timeline& timeline, const std::string& probe, Use use) {
  for (const SampleSeries& series : timeline.record.series) {
    if (series.probe != probe) continue;
    for (const Sample& sample : series.samples) {
      if (sample.kind == SampleKind::ReadBack && sent_or_due(sample) >= timeline.judged_from())
        use(series.vantage, sample);
    }
  }
}

Result::Metric counted(std::string id, std::string name, const std::string& probe, std::size_t n) {
  Result::Metric metric =
      make_metric(std::move(id), std::move(name), "count", {probe, "", ""}, static_cast<double>(n));
  metric.lo = metric.hi = metric.value;
  metric.interval_method = "exact";
  return metric;
}

void nothing_known(Result::Metric& metric, std::string reason) {
  metric.value = metric.lo = metric.hi = std::nullopt;
  metric.interval_method.clear();
  metric.reason = std::move(reason);
}

Result::Metric revoked_accepted(const Timeline& timeline, const std::string& probe) {
  std::size_t answered = 0;
  std::size_t accepted = 0;
  each_read_back(timeline, probe, [&](const std::string&, const Sample& look) {
    answered += !failed(look) || look.outcome == Outcome::WrongBody ? 1 : 0;
    accepted += look.outcome == Outcome::WrongBody ? 1 : 0;
  });
  Result::Metric metric =
      counted("revoked_accepted", "Looks that let a refused token in again", probe, accepted);
  if (answered == 0) nothing_known(metric, "no refused token could be asked again");
  return metric;
}

/// What each place said last of an object.
using LastLooks = std::map<std::string, const Sample*>;

bool is_absent(const Sample& look) {
  return look.outcome == Outcome::WrongBody && look.status == kNotFound;
}

/// An object is lost where every place answered at last that it does not have it.
void add_object_metrics(const Timeline& timeline,
                        const std::string& probe,
                        std::vector<Result::Metric>& metrics) {
  std::size_t corrupt = 0;
  std::map<std::pair<std::string, std::int64_t>, LastLooks> objects;
  each_read_back(timeline, probe, [&](const std::string& vantage, const Sample& look) {
    corrupt += look.outcome == Outcome::WrongBody && !is_absent(look) ? 1 : 0;
    const auto number = static_cast<std::int64_t>(look.value);
    objects[{vantage, number}][text_of(timeline, look)] = &look;
  });
  metrics.push_back(counted("corrupt_reads", "Corrupt reads", probe, corrupt));
  std::size_t lost = 0;
  std::size_t unsure = 0;
  for (const auto& [key, looks] : objects) {
    const auto kept = [](const auto& each) {
      return !failed(*each.second);
    };
    const auto absent = [](const auto& each) {
      return is_absent(*each.second);
    };
    if (std::ranges::any_of(looks, kept)) continue;
    std::ranges::all_of(looks, absent) ? ++lost : ++unsure;
  }
  Result::Metric metric = counted("lost_objects", "Lost objects", probe, lost);
  *metric.hi += static_cast<double>(unsure);
  if (objects.empty()) nothing_known(metric, "no object was looked for at the end");
  metrics.push_back(std::move(metric));
}

bool publishes(const Timeline& timeline, const std::string& probe) {
  return timeline.record.playbook.probe(probe)->params.has("publish");
}

/// Nobody looks for what could not be published.
std::size_t failed_publications(const Timeline& timeline, const std::string& probe) {
  std::size_t count = 0;
  for (const SampleSeries& series : timeline.record.series) {
    if (series.probe != probe) continue;
    count +=
        static_cast<std::size_t>(std::ranges::count_if(series.samples, [&](const Sample& each) {
          return each.kind == SampleKind::Gauge && each.text == 0 && failed(each) &&
                 each.done >= timeline.judged_from();
        }));
  }
  return count;
}

}  // namespace

bool tells_places(const Timeline& timeline, const std::string& probe) {
  return delay_of(timeline, probe) != nullptr;
}

std::vector<Result::PlaceDelay> place_delays(const Timeline& timeline) {
  std::vector<Result::PlaceDelay> delays;
  for (const SampleSeries& series : timeline.record.series) {
    const DelayName* delay = delay_of(timeline, series.probe);
    if (delay == nullptr) continue;
    for (auto& [place, tell] : by_place(timeline, series)) {
      std::vector<double> shown = tell.shown;
      std::sort(shown.begin(), shown.end());
      const std::size_t told = shown.size() + tell.never;
      const std::size_t rank = told == 0 ? 0 : rank_of(0.5, told);
      Result::PlaceDelay row;
      row.metric = delay->metric;
      row.probe = series.probe;
      row.vantage = series.vantage;
      row.place = place;
      row.rounds = tell.rounds;
      row.never = tell.never;
      row.untold = tell.untold();
      if (rank > 0 && rank <= shown.size()) row.p50 = shown[rank - 1];
      if (!shown.empty()) row.longest = shown.back();
      delays.push_back(std::move(row));
    }
  }
  return delays;
}

std::vector<Result::Metric> propagation_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  std::set<std::string> told;
  for (const SampleSeries& series : timeline.record.series) {
    const DelayName* delay = delay_of(timeline, series.probe);
    if (delay == nullptr || !told.insert(series.probe).second) continue;
    ByPlace all;
    std::vector<Result::Metric> own;
    for (const SampleSeries& each : timeline.record.series) {
      if (each.probe != series.probe) continue;
      const ByPlace places = by_place(timeline, each);
      own.push_back(delay_metric(*delay, {each.probe, each.vantage, ""}, places));
      for (const auto& [place, tell] : places) all.emplace(each.vantage + " " + place, tell);
    }
    if (delay->kind == "cdn" && !publishes(timeline, series.probe)) continue;
    metrics.push_back(delay_metric(*delay, {series.probe, "", ""}, all));
    if (const std::size_t failures = failed_publications(timeline, series.probe); failures > 0) {
      std::string& reason = metrics.back().reason;
      reason += (reason.empty() ? "" : "; ") + count_of(failures, "publication") + " failed";
    }
    metrics.insert(metrics.end(), own.begin(), own.end());
    if (delay->kind == "denylist") metrics.push_back(revoked_accepted(timeline, series.probe));
    if (delay->kind == "object_store") add_object_metrics(timeline, series.probe, metrics);
  }
  return metrics;
}

}  // namespace muster
