#include "reports/measure/tally.h"

#include <algorithm>
#include <iterator>
#include <ranges>

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
  const auto longest_between = [&](auto&& answers) {
    Time before = from;
    Duration longest{};
    for (const Time answer : answers) {
      longest = std::max(longest, answer - before);
      before = answer;
    }
    return std::max(longest, stream.observed_until - stream.period - before);
  };
  auto answers = stream.requests | std::views::filter([&](const Sample* request) {
                   return !failed(*request) && request->done >= from;
                 }) |
                 std::views::transform([](const Sample* request) { return request->done; });
  // Where no answer overtook another they are in order already.
  if (std::ranges::is_sorted(answers)) return longest_between(answers);
  std::vector<Time> sorted;
  std::ranges::copy(answers, std::back_inserter(sorted));
  std::ranges::sort(sorted);
  return longest_between(sorted);
}

}  // namespace muster
