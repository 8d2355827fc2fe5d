#include <algorithm>

#include "reports/milestones.h"
#include "reports/percentile.h"

// Finds the edges of one stream; what brackets them is derived in spans.h.
namespace muster {

namespace {

constexpr Duration kBurst = std::chrono::milliseconds(1);

using Requests = std::vector<const Sample*>;

Requests::const_iterator first_due(const Requests& requests, Time from) {
  return std::lower_bound(
      requests.begin(), requests.end(), from, [](const Sample* request, Time at) {
        return request->due < at;
      });
}

/// How long an answer usually took before `until`, from when the request left.
Duration usual_latency(Requests::const_iterator begin, Requests::const_iterator until) {
  std::vector<Duration> took;
  for (auto each = begin; each != until; ++each) {
    if (!failed(**each)) took.push_back((*each)->done - sent_or_due(**each));
  }
  std::sort(took.begin(), took.end());
  return took.empty() ? Duration::max() : took[rank_of(0.99, took.size()) - 1];
}

/// A server that ends closes every connection it has at once, also those on which nothing is asked:
/// of the instants at which kept connections were closed within the bracket, the beginning of the
/// largest burst. It is no bound, since a server may close one for other reasons.
std::optional<Time> burst_of_closings(const Stream& stream, Time from, Time to) {
  std::optional<Time> at;
  std::size_t most = 0;
  const auto& closed = stream.closed;
  for (auto first = closed.begin(); first != closed.end(); ++first) {
    if ((*first)->done < from || (*first)->done > to) continue;
    const auto last = std::find_if(first, closed.end(), [&](const Sample* each) {
      return each->done > (*first)->done + kBurst;
    });
    const auto size = static_cast<std::size_t>(last - first);
    if (size <= most) continue;
    most = size;
    at = (*first)->done;
  }
  return at;
}

/// Walks requests in the order due and looks for the first window without a bad one.
class WindowSearch {
 public:
  WindowSearch(Duration settle, Time from) : settle_(settle), last_bad_(from) {}

  bool over(Time seen_until) const { return hit_ && start_ && *start_ + settle_ <= seen_until; }
  void good(const Sample& request) {
    if (!start_) {
      start_ = request.due;
      good_seen_ = request.done;
    }
    good_seen_ = std::min(good_seen_, request.done);
  }
  void bad(const Sample& request) {
    hit_ = true;
    start_.reset();
    last_bad_ = std::max(last_bad_, sent_or_due(request));
  }
  /// Where the observation ended at `end`.
  Edge edge(Time end) const {
    if (!hit_)
      return {Edge::State::Absent, {last_bad_, last_bad_, start_ ? good_seen_ : last_bad_}};
    if (!over(end)) return {Edge::State::NotSeen, {last_bad_, end, end}};
    const Time at = std::max(*start_, last_bad_);
    return {Edge::State::Seen, {last_bad_, at, std::max(at, good_seen_)}};
  }

 private:
  Duration settle_;
  Time last_bad_;
  bool hit_ = false;
  std::optional<Time> start_;
  Time good_seen_{};
};

}  // namespace

Edge impact_edge(const Timeline& timeline, const Stream& stream) {
  if (!timeline.fault_from) return {};
  const Requests& requests = stream.requests;
  const auto begin = first_due(requests, *timeline.fault_from);
  const auto end = first_due(requests, timeline.fault_end());
  const auto hit = std::find_if(begin, end, [](const Sample* request) { return failed(*request); });
  if (hit == end) return {};
  Time well_at = *timeline.fault_from;
  for (auto each = requests.begin(); each != hit; ++each) {
    if (!failed(**each)) well_at = std::max(well_at, sent_or_due(**each));
  }
  const Sample& first = **hit;
  const Duration usual = usual_latency(requests.begin(), hit);
  Time dark_at = first.done;
  if (usual < first.done - sent_or_due(first)) dark_at = sent_or_due(first) + usual;
  const Time by_request = std::max(first.due, well_at);
  const Time until = std::max(by_request, dark_at);
  const Time at = burst_of_closings(stream, well_at, until).value_or(by_request);
  return {Edge::State::Seen, {well_at, at, until}};
}

Edge good_again_edge(const Timeline& timeline, const Stream& stream, bool after_undo) {
  const Time from = after_undo ? timeline.undo->lo : *timeline.fault_from;
  const Time end =
      after_undo ? stream.observed_until : std::min(timeline.fault_end(), stream.observed_until);
  WindowSearch search(stream.settle, from);
  const Requests& requests = stream.seen();
  for (auto each = first_due(requests, from); each != requests.end() && (*each)->due < end;
       ++each) {
    const Sample& request = **each;
    const bool bad = failed(request) || (!after_undo && timeline.from_region_out(request));
    if (bad && search.over(request.due)) break;
    if (bad) {
      search.bad(request);
    } else {
      search.good(request);
    }
  }
  return search.edge(end);
}

}  // namespace muster
