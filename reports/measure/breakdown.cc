#include "reports/measure/breakdown.h"

#include <algorithm>
#include <span>

#include "reports/measure/percentile.h"

namespace muster {

namespace {

constexpr Duration kWarmFor = std::chrono::seconds(1);
constexpr std::size_t kWarmRequests = 20;

/// A stage and the instant at which its evidence says that it was over.
struct Mark {
  std::string name;
  std::string evidence;
  Instant over;
};

const Stream* worst_stream(const Timeline& timeline, const Milestones& milestones) {
  const MilestoneSpan* overall = milestones.leading("failover");
  if (overall == nullptr || !overall->since_zero.value || overall->since_zero.censored ||
      *overall->since_zero.value <= 0)
    return nullptr;
  for (const Stream& stream : timeline.streams) {
    const MilestoneSpan* own = milestones.find("failover", overall->probe, stream.vantage);
    if (stream.probe == overall->probe && own != nullptr &&
        own->since_zero.value == overall->since_zero.value)
      return &stream;
  }
  return nullptr;
}

bool asks_own_resolver(const Timeline& timeline, const SampleSeries& series) {
  const ProbeSpec* probe = timeline.record.playbook.probe(series.probe);
  return probe != nullptr && probe->kind == "dns" && !probe->params.has("server");
}

void add_signs(const Timeline& timeline, const Stream& stream, std::vector<Mark>& marks) {
  std::optional<Mark> first;
  std::optional<Mark> resolver;
  for (const SampleSeries& series : timeline.record.series) {
    const Edge edge = sign_edge(timeline, series);
    if (edge.state != Edge::State::Seen) continue;
    const std::string seen = fmt::format("{} at {}", series.probe, series.vantage);
    if (!first || edge.instant.at < first->over.at)
      first = Mark{"detect, decide", "the first new answer: " + seen, edge.instant};
    if (series.vantage == stream.vantage && asks_own_resolver(timeline, series) &&
        (!resolver || edge.instant.at > resolver->over.at))
      resolver = Mark{"propagate to the resolver", "its first new answer: " + seen, edge.instant};
  }
  if (first) marks.push_back(*first);
  if (resolver) marks.push_back(*resolver);
}

bool bad(const Timeline& timeline, const Sample& request) {
  return failed(request) || timeline.from_region_out(request);
}

std::span<const Sample* const> due_within(const Stream& stream, Time from, Time to) {
  const auto due = [](const Sample* request) {
    return request->due;
  };
  const auto begin = std::ranges::lower_bound(stream.requests, from, {}, due);
  return {begin, std::ranges::lower_bound(begin, stream.requests.end(), to, {}, due)};
}

/// What the user who was bad last before `until` did next.
const Sample* first_good_of_the_last(const Timeline& timeline, const Stream& stream, Time until) {
  const auto under_fault = due_within(stream, *timeline.fault_from, until);
  const auto last =
      std::ranges::find_if(under_fault.rbegin(), under_fault.rend(), [&](const Sample* request) {
        return bad(timeline, *request);
      });
  if (last == under_fault.rend()) return nullptr;
  for (const Sample* request : due_within(stream, (*last)->due + Duration(1), Time::max())) {
    if (request->client == (*last)->client && !failed(*request)) return request;
  }
  return nullptr;
}

std::optional<Duration> usual_slow_answer(const Timeline& timeline, const Stream& stream) {
  std::vector<Duration> took;
  for (const Sample* request : stream.requests) {
    if (request->done < *timeline.fault_from && !failed(*request))
      took.push_back(latency(*request));
  }
  if (took.size() < kWarmRequests) return std::nullopt;
  const auto slow = took.begin() + static_cast<std::ptrdiff_t>(rank_of(0.9, took.size()) - 1);
  std::ranges::nth_element(took, slow);
  return *slow;
}

std::optional<Time> warm_from(const Timeline& timeline, const Stream& stream, Time from) {
  const std::optional<Duration> usual = usual_slow_answer(timeline, stream);
  if (!usual) return std::nullopt;
  const auto& requests = stream.requests;
  const auto begin = std::ranges::lower_bound(
      requests, from, {}, [](const Sample* request) { return request->due; });
  std::size_t quick = 0;
  auto head = begin;
  for (auto tail = begin; tail != requests.end(); ++tail) {
    const auto is_quick = [&](const Sample& request) {
      return !failed(request) && latency(request) <= *usual;
    };
    const auto wide = [&] {
      return static_cast<std::size_t>(head - tail) >= kWarmRequests &&
             (*(head - 1))->due - (*tail)->due >= kWarmFor - stream.period;
    };
    while (head != requests.end() && !wide()) quick += is_quick(**head++) ? 1 : 0;
    if (!wide()) return std::nullopt;
    if (quick * 2 >= static_cast<std::size_t>(head - tail)) return (*tail)->due;
    quick -= is_quick(**tail) ? 1 : 0;
  }
  return std::nullopt;
}

Instant exactly(Time at) {
  return {at, at, at};
}

void add_afterwards(const Timeline& timeline,
                    const Stream& stream,
                    Time served,
                    std::vector<Mark>& marks) {
  const Sample* next = first_good_of_the_last(timeline, stream, served);
  if (next != nullptr) {
    const auto took =
        std::chrono::microseconds(std::uint64_t{next->dns_us} + next->connect_us + next->tls_us);
    if (took > std::chrono::microseconds(0)) {
      marks.push_back({"reconnect",
                       "DNS, connection and TLS of the user who failed last",
                       exactly(served + took)});
    }
  }
  if (const auto warm = warm_from(timeline, stream, served)) {
    marks.push_back({"warm up", "half of a second's answers as quick as usual", exactly(*warm)});
  }
}

std::vector<Result::BreakdownStage> in_a_row(const Timeline& timeline,
                                             const std::vector<Mark>& marks) {
  std::vector<Result::BreakdownStage> stages;
  Instant before = *timeline.injection;
  for (const Mark& mark : marks) {
    if (mark.over.at <= before.at) continue;
    stages.push_back(
        {mark.name,
         mark.evidence,
         timeline.seconds(before.at),
         timeline.seconds(mark.over.at),
         std::max(0.0, rounded_seconds(mark.over.lo - before.hi)),
         rounded_seconds(std::max(mark.over.hi - before.lo, mark.over.at - before.at))});
    before = mark.over;
  }
  return stages;
}

}  // namespace

std::vector<Result::BreakdownStage> breakdown_of(const Timeline& timeline,
                                                 const Milestones& milestones) {
  if (!timeline.injection) return {};
  const Stream* stream = worst_stream(timeline, milestones);
  if (stream == nullptr) return {};
  const Edge served = good_again_edge(timeline, *stream, false);
  if (served.state != Edge::State::Seen) return {};

  std::vector<Mark> marks;
  const Edge hit = impact_edge(timeline, *stream);
  if (hit.state == Edge::State::Seen)
    marks.push_back({"impact", "the first failed request", hit.instant});
  add_signs(timeline, *stream, marks);
  // Seen a moment after the first user was served, a turn may well have come before.
  std::erase_if(marks, [&](const Mark& mark) { return mark.over.lo > served.instant.at; });
  for (Mark& mark : marks) mark.over.at = std::min(mark.over.at, served.instant.at);
  const bool signs =
      std::ranges::any_of(marks, [](const Mark& mark) { return mark.name != "impact"; });
  marks.push_back({signs ? "propagate to the users" : "detect, decide, propagate",
                   "every user is served well again at " + stream->vantage,
                   served.instant});
  add_afterwards(timeline, *stream, served.instant.at, marks);
  return in_a_row(timeline, marks);
}

}  // namespace muster
