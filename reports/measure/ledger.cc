#include "reports/measure/ledger.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace muster {

namespace {

constexpr std::size_t kMostShown = 200;

/// What one vantage was told of one number.
struct Reader {
  Time last_asked{};
  bool there = false;           ///< in the last read-back that was answered
  bool unsure = false;          ///< the last look at the end was not answered
  std::optional<Time> missing;  ///< sent of the last one that did not have it, once acknowledged

  bool known() const { return !unsure && last_asked != Time{}; }
};

struct Write {
  const Sample* sample = nullptr;
  bool twice = false;
  std::map<std::string, Reader> readers;
};

using Key = std::pair<std::string, std::int64_t>;  ///< who wrote it, and its number

struct Ledger {
  std::string probe;
  std::map<Key, Write> writes;
};

Key key_of(const Timeline& timeline, const std::string& vantage, const Sample& sample) {
  const bool by_another = sample.kind == SampleKind::ReadBack && sample.text != 0;
  return {by_another ? timeline.record.texts.at(sample.text) : vantage,
          static_cast<std::int64_t>(sample.value)};
}

void note_read(const Sample& sample, const std::string& vantage, Write& write) {
  Reader& reader = write.readers[vantage];
  if (sample.outcome == Outcome::NotSent) reader.unsure = true;
  const bool there = !failed(sample);
  if (!there && sample.outcome != Outcome::WrongBody) return;
  if (sample.status > 1) write.twice = true;
  if (sample.done >= reader.last_asked) {
    reader.last_asked = sample.done;
    reader.there = there;
  }
  const Time asked = sent_or_due(sample);
  if (!there && asked >= write.sample->done)
    reader.missing = std::max(reader.missing.value_or(asked), asked);
}

Ledger read_ledger(const Timeline& timeline, const std::string& probe) {
  Ledger ledger{probe, {}};
  const auto each = [&](SampleKind kind, auto use) {
    for (const SampleSeries& series : timeline.record.series) {
      if (series.probe != probe) continue;
      for (const Sample& sample : series.samples) {
        if (sample.kind == kind) use(series.vantage, sample);
      }
    }
  };
  each(SampleKind::Write, [&](const std::string& vantage, const Sample& sample) {
    ledger.writes[key_of(timeline, vantage, sample)].sample = &sample;
  });
  each(SampleKind::ReadBack, [&](const std::string& vantage, const Sample& sample) {
    const auto write = ledger.writes.find(key_of(timeline, vantage, sample));
    if (write != ledger.writes.end()) note_read(sample, vantage, write->second);
  });
  return ledger;
}

enum class Fate { Unknown, Kept, Lost };

Fate fate_of(const Write& write) {
  bool all_known = !write.readers.empty();
  for (const auto& [vantage, reader] : write.readers) {
    if (reader.known() && reader.there) return Fate::Kept;
    all_known = all_known && reader.known();
  }
  return all_known ? Fate::Lost : Fate::Unknown;
}

/// Stale: missing once, there at the end. Seconds behind, the worst reader's; nothing where it was
/// fresh.
std::optional<std::pair<std::string, Duration>> staleness(const Write& write) {
  std::optional<std::pair<std::string, Duration>> worst;
  for (const auto& [vantage, reader] : write.readers) {
    if (!reader.there || !reader.missing) continue;
    const Duration behind = *reader.missing - write.sample->done;
    if (!worst || behind > worst->second) worst = {vantage, behind};
  }
  return worst;
}

Result::WriteFate shown(const Timeline& timeline,
                        const std::string& probe,
                        const Key& key,
                        const Write& write) {
  return {timeline.seconds(write.sample->due),
          fmt::format("{}/{}/{}", probe, key.first, key.second),
          key.first,
          {}};
}

void judge_acknowledged(const Timeline& timeline,
                        const std::string& probe,
                        const Key& key,
                        const Write& write,
                        Result::Integrity& sum) {
  ++sum.acked;
  const Fate fate = fate_of(write);
  if (fate != Fate::Unknown) ++sum.checked;
  if (fate == Fate::Lost) {
    ++sum.lost_total;
    sum.lost.push_back(shown(timeline, probe, key, write));
  }
  if (const auto behind = staleness(write)) {
    ++sum.stale_total;
    Result::WriteFate stale = shown(timeline, probe, key, write);
    stale.vantage = behind->first;
    stale.seconds = rounded_seconds(behind->second);
    sum.worst_stale_s = std::max(sum.worst_stale_s.value_or(0), *stale.seconds);
    sum.stale.push_back(std::move(stale));
  }
}

/// Nobody was told whether it happened; whoever reads finds out.
void judge_unknown(const Write& write, Result::Integrity& sum) {
  ++sum.unknown;
  const Fate fate = fate_of(write);
  if (fate == Fate::Kept) ++sum.unknown_found;
  if (fate == Fate::Lost) ++sum.unknown_missing;
}

void keep_first(std::vector<Result::WriteFate>& fates) {
  std::stable_sort(fates.begin(), fates.end(), [](const auto& a, const auto& b) {
    return std::tie(a.t_s, a.key) < std::tie(b.t_s, b.key);
  });
  if (fates.size() > kMostShown) fates.resize(kMostShown);
}

void sum_up(const Timeline& timeline, const Ledger& ledger, Result::Integrity& sum) {
  for (const auto& [key, write] : ledger.writes) {
    if (write.twice) ++sum.duplicate_total;
    if (!failed(*write.sample)) {
      judge_acknowledged(timeline, ledger.probe, key, write, sum);
    } else if (write.sample->outcome == Outcome::Unknown) {
      judge_unknown(write, sum);
    } else {
      ++sum.refused;
    }
  }
  keep_first(sum.lost);
  keep_first(sum.stale);
}

std::set<std::string> ledger_probes(const Timeline& timeline) {
  std::set<std::string> probes;
  for (const Stream& stream : timeline.streams) {
    const bool writes =
        std::any_of(stream.requests.begin(), stream.requests.end(), [](const Sample* request) {
          return request->kind == SampleKind::Write;
        });
    if (writes) probes.insert(stream.probe);
  }
  return probes;
}

std::vector<Result::Metric> metrics_of(const std::string& probe, const Result::Integrity& sum) {
  const MetricScope scope{probe, "", ""};
  const auto counted = [&](std::string id, std::string name, std::int64_t count, bool known) {
    Result::Metric metric =
        make_metric(std::move(id), std::move(name), "count", scope, std::nullopt);
    if (known) {
      metric.value = metric.lo = metric.hi = static_cast<double>(count);
      metric.interval_method = "exact";
    } else {
      metric.reason = "no acknowledged write was read back";
    }
    return metric;
  };
  const bool read = sum.checked > 0;
  std::vector<Result::Metric> metrics = {
      counted("lost_writes", "Lost writes", sum.lost_total, read),
      counted("duplicate_writes", "Duplicate writes", sum.duplicate_total, read),
      counted("unknown_writes", "Writes of unknown fate", sum.unknown, true),
      counted("stale_reads", "Stale reads", sum.stale_total, read)};
  // What nobody could read back may be lost as well.
  Result::Metric& lost = metrics.front();
  if (read) *lost.hi += static_cast<double>(sum.acked - sum.checked);
  metrics.push_back(
      make_metric("staleness_max",
                  "Longest staleness",
                  "s",
                  scope,
                  read ? std::optional(sum.worst_stale_s.value_or(0)) : std::nullopt));
  return metrics;
}

}  // namespace

Result::Integrity ledger_of(const Timeline& timeline) {
  Result::Integrity sum;
  for (const std::string& probe : ledger_probes(timeline))
    sum_up(timeline, read_ledger(timeline, probe), sum);
  sum.rule = sum.acked + sum.refused + sum.unknown == 0
                 ? "no probe wrote"
                 : "every acknowledged number is read back from every vantage at the end; lost is "
                   "what none of them has";
  return sum;
}

std::vector<Result::Metric> ledger_metrics(const Timeline& timeline) {
  std::vector<Result::Metric> metrics;
  for (const std::string& probe : ledger_probes(timeline)) {
    Result::Integrity sum;
    sum_up(timeline, read_ledger(timeline, probe), sum);
    for (Result::Metric& metric : metrics_of(probe, sum)) metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace muster
