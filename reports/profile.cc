#include "reports/profile.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr std::size_t kMostBins = 90;
constexpr double kLeastSpan = 20;
constexpr double kNoticed = 0.01;  ///< one request in a hundred

struct UserBin {
  double at = 0, width = 0;
  double due = 0, failed = 0;
};

/// What users saw, all vantages and probes together, in the bins of the series.
std::vector<UserBin> users_of(const Result& result) {
  std::vector<UserBin> bins;
  for (const Result::Segment& segment : result.series.segments) {
    for (double at = segment.from_s; at < segment.to_s - 1e-9; at += segment.bin_s)
      bins.push_back({at, segment.bin_s, 0, 0});
  }
  for (const Result::SeriesRow& row : result.series.rows) {
    if (is_signal(result, row.probe)) continue;
    for (std::size_t i = 0; i < std::min(bins.size(), row.due.size()); ++i) {
      bins[i].due += row.due[i];
      if (i >= row.fail.size()) continue;
      for (const auto& [reason, count] : row.fail[i]) bins[i].failed += count;
    }
  }
  return bins;
}

double last_noticed(const std::vector<UserBin>& bins) {
  double last = 0;
  for (const UserBin& bin : bins)
    if (bin.due > 0 && bin.failed / bin.due >= kNoticed) last = bin.at + bin.width;
  return last;
}

double number_in(std::string_view word) {
  double number = std::numeric_limits<double>::quiet_NaN();
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size()
             ? number
             : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Result::Profile profile_of(const Result& result) {
  Result::Profile profile;
  const std::vector<UserBin> bins = users_of(result);
  if (!result.run.injected_at || bins.empty()) return profile;
  const double until =
      std::min(std::max(kLeastSpan, 1.25 * last_noticed(bins)), bins.back().at + bins.back().width);
  profile.from_s = std::max(std::floor(-until / 8), bins.front().at);
  profile.bin_s = std::max({1.0,
                            bins.front().width,
                            std::ceil((until - profile.from_s) / static_cast<double>(kMostBins))});
  if (until <= profile.from_s) return {};
  const auto count =
      static_cast<std::size_t>(std::ceil((until - profile.from_s) / profile.bin_s - 1e-9));
  std::vector<UserBin> sums(std::min(count, kMostBins));
  for (const UserBin& bin : bins) {
    const double place = std::floor((bin.at - profile.from_s) / profile.bin_s + 1e-9);
    if (place < 0 || place >= static_cast<double>(sums.size())) continue;
    sums[static_cast<std::size_t>(place)].due += bin.due;
    sums[static_cast<std::size_t>(place)].failed += bin.failed;
  }
  profile.failed.reserve(sums.size());
  for (const UserBin& sum : sums)
    profile.failed.push_back(sum.due > 0 ? sum.failed / sum.due
                                         : std::numeric_limits<double>::quiet_NaN());
  return profile;
}

std::string to_text(const Result::Profile& profile) {
  if (profile.failed.empty()) return "";
  std::string text = fmt::format("{} {}", profile.from_s, profile.bin_s);
  for (const double share : profile.failed)
    text += std::isnan(share) ? " -" : fmt::format(" {:.3g}", std::round(share * 1000) / 1000);
  return text;
}

Result::Profile profile_from(std::string_view text) {
  const std::vector<std::string> words = split(text, ' ');
  if (words.size() < 3) return {};
  Result::Profile profile{number_in(words[0]), number_in(words[1]), {}};
  if (!std::isfinite(profile.from_s) || !(profile.bin_s > 0)) return {};
  for (std::size_t i = 2; i < words.size(); ++i) profile.failed.push_back(number_in(words[i]));
  return profile;
}

}  // namespace muster
