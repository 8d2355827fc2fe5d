#include <algorithm>

#include "reports/measure/milestones.h"

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

/// By when the system was surely dark, as the first request that failed tells. A time-out tells
/// late: the request would have been answered within the longest that any took which was answered
/// before.
Time dark_by(Requests::const_iterator begin, Requests::const_iterator first) {
  const Time sent = sent_or_due(**first);
  Time by = (*first)->done;
  if ((*first)->outcome != Outcome::Timeout) return by;
  std::optional<Duration> longest;
  for (auto each = begin; each != first; ++each) {
    if (!failed(**each) && (*each)->done <= sent)
      longest = std::max(longest.value_or(Duration::zero()), (*each)->done - sent_or_due(**each));
  }
  return longest ? std::min(by, sent + *longest) : by;
}

/// A server that ends closes every connection it has at once, also those on which nothing is asked:
/// of the instants at which kept connections were closed within the bracket, or just after it since
/// a request under way may be told first, the beginning of the largest burst. It is no bound, since
/// a server may close one for other reasons.
std::optional<Time> burst_of_closings(const Stream& stream, Time from, Time to) {
  const auto done = [](const Sample* each) {
    return each->done;
  };
  auto first = std::ranges::lower_bound(stream.closed, from, {}, done);
  const auto end = std::ranges::upper_bound(stream.closed, to + kBurst, {}, done);
  auto last = first;
  std::optional<Time> at;
  std::ptrdiff_t most = 0;
  for (; first < end; ++first) {
    while (last < end && (*last)->done <= (*first)->done + kBurst) ++last;
    if (last - first <= most) continue;
    most = last - first;
    at = std::min((*first)->done, to);
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
  const Time dark = dark_by(requests.begin(), hit);
  Time well_at = *timeline.fault_from;
  for (auto each = requests.begin(); each != hit; ++each) {
    if (!failed(**each) && (*each)->done <= dark) well_at = std::max(well_at, sent_or_due(**each));
  }
  const Time by_request = std::max((*hit)->due, well_at);
  const Time until = std::max(by_request, dark);
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
