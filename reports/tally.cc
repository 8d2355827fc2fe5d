#include "reports/tally.h"

#include <algorithm>

#include <boost/sort/spreadsort/integer_sort.hpp>

namespace muster {

void Tally::add(const Sample& request) {
  ++due;
  const bool bad = muster::failed(request);
  if (bad) {
    ++failed;
    if (!broken_) ++outages;
  } else {
    latencies.push_back(muster::latency(request));
  }
  broken_ = bad;
}

void Tally::sort() {
  boost::sort::spreadsort::integer_sort(
      latencies.begin(), latencies.end(), [](Duration latency, unsigned offset) {
        return latency.count() >> offset;
      });
}

std::optional<double> Tally::error_ratio() const {
  if (due == 0) return std::nullopt;
  return static_cast<double>(failed) / static_cast<double>(due);
}

TallyQuantile Tally::latency(double q) const {
  if (!enough_for(q, due)) return {std::nullopt, false, true};
  const std::size_t rank = rank_of(q, due);
  if (rank > latencies.size()) return {std::nullopt, true, false};
  return {rounded_seconds(latencies[rank - 1]), false, false};
}

Duration longest_gap(const Stream& stream, Time from) {
  std::vector<Time> answers;
  Time before = from;
  for (const Sample* request : stream.requests) {
    if (failed(*request)) continue;
    if (request->done >= from) answers.push_back(request->done);
  }
  std::sort(answers.begin(), answers.end());
  Duration longest{};
  for (const Time answer : answers) {
    longest = std::max(longest, answer - before);
    before = answer;
  }
  return std::max(longest,
                  std::max(Duration::zero(), stream.observed_until - stream.period - before));
}

}  // namespace muster
