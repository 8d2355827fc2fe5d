#include "reports/measure/timeline.h"

#include <algorithm>
#include <set>

#include "base/huge_pages.h"

namespace muster {

namespace {

bool applied_in(const ActionRecord& action, const std::string& step) {
  return action.applied && action.step == step;
}

std::optional<Instant> injection_of(const RunRecord& record) {
  const auto first = std::find_if(record.actions.begin(),
                                  record.actions.end(),
                                  [](const auto& action) { return action.applied.has_value(); });
  if (first == record.actions.end()) return std::nullopt;
  std::optional<Instant> last;
  for (const ActionRecord& action : record.actions) {
    if (!applied_in(action, first->step)) continue;
    const Applied& applied = *action.applied;
    if (!last || applied.ended > last->hi)
      last = Instant{applied.began, applied.ended, applied.ended};
  }
  return last;
}

std::optional<Instant> undo_of(const RunRecord& record) {
  std::optional<Instant> last;
  for (const ActionRecord& action : record.actions) {
    if (!action.applied || !action.undone || !record.covers(action.undone->began)) continue;
    const Undone& undone = *action.undone;
    if (!last || undone.ended > last->hi) last = Instant{undone.began, undone.ended, undone.ended};
  }
  return last;
}

/// When the change that `injection_of` found was seen in force.
std::optional<Time> injection_seen(const RunRecord& record,
                                   const std::optional<Instant>& injection) {
  for (const ActionRecord& action : record.actions) {
    const bool same = action.applied && injection && action.applied->ended == injection->hi;
    if (same && action.applied->observed != Time{}) return action.applied->observed;
  }
  return std::nullopt;
}

void sort_by_due(std::vector<const Sample*>& samples) {
  const auto due = [](const Sample* sample) {
    return sample->due;
  };
  // Where no request overtook another they are in order already.
  if (!std::ranges::is_sorted(samples, {}, due)) std::ranges::stable_sort(samples, {}, due);
}

/// An object is written once and read at each place; other probes send one request a round.
double requests_per_period(const ProbeSpec* spec) {
  if (spec == nullptr || spec->kind != "object_store") return 1;
  return 1 + static_cast<double>(spec->params.object("get").values().size());
}

Stream stream_of(const RunRecord& record, const SampleSeries& series) {
  Stream stream;
  stream.probe = series.probe;
  stream.vantage = series.vantage;
  stream.spec = record.playbook.probe(series.probe);
  const double rate = stream.spec != nullptr ? stream.spec->rate : 1;
  stream.period = from_seconds(1 / std::max(rate, 1e-6));
  stream.requests_per_period = requests_per_period(stream.spec);
  stream.settle = stream.spec != nullptr ? stream.spec->settle : std::chrono::seconds(5);
  stream.clock_bound = clock_bound_of(record, series.vantage);
  reserve_much(stream.requests, series.samples.size());
  for (const Sample& sample : series.samples) {
    if (is_request(sample)) stream.requests.push_back(&sample);
    if (sample.kind == SampleKind::Closed) stream.closed.push_back(&sample);
    if (sample.kind == SampleKind::Watching) stream.watched.push_back(&sample);
  }
  if (!stream.watched.empty())
    stream.watched.insert(stream.watched.end(), stream.requests.begin(), stream.requests.end());
  sort_by_due(stream.requests);
  sort_by_due(stream.watched);
  if (!stream.requests.empty()) stream.observed_until = stream.requests.back()->due + stream.period;
  return stream;
}

/// The leading probe, then the playbook's order; what the playbook does not name comes last.
std::vector<Stream> streams_of(const RunRecord& record) {
  const std::string leading = leading_probe(record.playbook);
  const auto rank = [&](const Stream& stream) -> std::size_t {
    if (stream.probe == leading) return 0;
    if (stream.spec == nullptr) return record.playbook.probes.size() + 1;
    return 1 + static_cast<std::size_t>(stream.spec - record.playbook.probes.data());
  };
  std::vector<Stream> streams;
  for (const SampleSeries& series : record.series) {
    Stream stream = stream_of(record, series);
    if (!stream.requests.empty()) streams.push_back(std::move(stream));
  }
  std::stable_sort(streams.begin(), streams.end(), [&](const Stream& a, const Stream& b) {
    return rank(a) < rank(b);
  });
  return streams;
}

std::vector<bool> texts_out(const RunRecord& record) {
  const std::set<std::string> out(record.regions_out.begin(), record.regions_out.end());
  std::vector<bool> named;
  for (const std::string& text : record.texts) named.push_back(out.contains(text));
  return named;
}

}  // namespace

Duration clock_bound_of(const RunRecord& record, const std::string& vantage) {
  for (const AgentHealth& agent : record.agents) {
    if (agent.vantage == vantage) return agent.clock_bound;
  }
  return {};
}

double Timeline::seconds(Time at) const {
  return rounded_seconds(at - zero);
}

bool Timeline::from_region_out(const Sample& sample) const {
  return sample.text < text_is_out.size() && text_is_out[sample.text];
}

Timeline timeline_of(const RunRecord& record) {
  Timeline line{record,
                record.injected().value_or(record.started),
                record.baseline_began.value_or(record.started),
                record.ended,
                injection_of(record),
                undo_of(record),
                record.injection_began(),
                injection_seen(record, injection_of(record)),
                record.undo_began(),
                streams_of(record),
                texts_out(record)};
  std::optional<Time> first;
  for (const Stream& stream : line.streams) {
    const Time due = stream.requests.front()->due;
    first = std::min(first.value_or(due), due);
  }
  if (!record.baseline_began && first) line.began = *first;
  return line;
}

std::string leading_probe(const Playbook& playbook) {
  for (const Condition& objective : playbook.objectives) {
    if (objective.metric == "time_to_failover" && !objective.probe.empty()) return objective.probe;
  }
  for (const Step& step : playbook.steps) {
    const auto* await = std::get_if<AwaitStep>(&step.action);
    if (await != nullptr && await->kind == AwaitStep::Kind::Failover) return await->probe;
  }
  return playbook.probes.empty() ? std::string() : playbook.probes.front().name;
}

}  // namespace muster
