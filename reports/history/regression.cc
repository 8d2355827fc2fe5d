#include "reports/history/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "reports/history/statistics.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr std::size_t kLeastForOne = 5;
constexpr std::size_t kLeastForSeveral = 3;
/// Nobody's drills repeat better than this, whatever few of them seem to say.
constexpr double kLeastSpread = 0.03;
/// Without a test only what is far beyond the worst so far is worth a word.
constexpr double kFarBeyond = 1.5;

/// As the statistics want it: logarithms, of which more is worse.
class Scale {
 public:
  explicit Scale(const StandingRule& rule) : rule_(rule) {}

  std::vector<double> of(const std::vector<double>& values) const {
    std::vector<double> scaled;
    scaled.reserve(values.size());
    for (const double value : values) scaled.push_back(of(value));
    return scaled;
  }
  /// What is below the resolution cannot be told from it, and 0 has no logarithm.
  double of(double value) const {
    if (std::isinf(value)) return value;  // not reached is bad, whichever way is better
    const double y = std::log(std::max(value, std::max(rule_.resolution, kNextToNothing)));
    return rule_.higher_is_better ? -y : y;
  }
  double back(double y) const { return std::exp(rule_.higher_is_better ? -y : y); }
  /// A difference of two, as a ratio of what they stand for; nothing where one of them never got
  /// there.
  std::optional<double> ratio(double shift) const {
    return std::isfinite(shift) ? std::optional(back(shift)) : std::nullopt;
  }
  bool is_turned() const { return rule_.higher_is_better; }

 private:
  static constexpr double kNextToNothing = 1e-9;
  const StandingRule& rule_;
};

bool all_reached(const std::vector<double>& values) {
  return std::ranges::none_of(values, [](double value) { return std::isinf(value); });
}

/// Then they are one value, as far as anybody can tell.
bool all_below(const std::vector<double>& values, double resolution) {
  return std::ranges::all_of(values, [&](double value) { return value <= resolution; });
}

void put_ratio(Standing& standing, const Scale& scale, double shift, double lo, double hi) {
  standing.ratio = scale.ratio(shift);
  standing.lo = scale.ratio(lo);
  standing.hi = scale.ratio(hi);
  if (scale.is_turned()) std::swap(standing.lo, standing.hi);
}

/// Beyond what usually varies, by more than what matters, and by more than what can be told apart.
bool is_beyond(double p, double shift, double difference, const StandingRule& rule) {
  return p < rule.alpha && shift > std::log1p(rule.least_change) &&
         (std::isinf(difference) || difference > 2 * rule.resolution);
}

Standing::Result result_of(bool worse, bool better, double hi, const StandingRule& rule) {
  if (worse) return Standing::Result::Worse;
  if (better) return Standing::Result::Better;
  return hi < std::log1p(rule.least_change) ? Standing::Result::Same : Standing::Result::Unclear;
}

Standing against_few(const std::vector<double>& before,
                     const std::vector<double>& now,
                     const StandingRule& rule) {
  Standing standing;
  const std::size_t wanted = now.size() == 1 ? kLeastForOne : kLeastForSeveral;
  standing.reason =
      fmt::format("too few runs to compare with: {} before, {} are needed", before.size(), wanted);
  if (before.empty()) return standing;
  const Scale scale(rule);
  const double worst = std::ranges::max(scale.of(before));
  const double shift = scale.of(median(now)) - scale.of(median(before));
  standing.ratio = scale.ratio(shift);
  if (scale.of(median(now)) - worst > std::log(kFarBeyond))
    standing.reason += "; it is far beyond the worst of them";
  return standing;
}

Standing one_against_many(const std::vector<double>& before, double now, const StandingRule& rule) {
  Standing standing;
  standing.test = "prediction-interval";
  const Scale scale(rule);
  if (!all_reached(before)) {
    standing.result = Standing::Result::Unclear;
    standing.reason =
        fmt::format("{} of the {} runs before never got there, so none can be called usual",
                    std::ranges::count_if(before, [](double value) { return std::isinf(value); }),
                    before.size());
    return standing;
  }
  const std::vector<double> y = scale.of(before);
  const double usual = median(before);
  const double known_to = rule.resolution / std::max({usual, rule.resolution, 1e-9});
  const double least_spread = std::max(kLeastSpread, known_to / std::sqrt(12.0));
  const PredictionBound bound = prediction_bound(y, scale.of(now), least_spread, rule.alpha);
  const double shift = scale.of(now) - bound.mean;
  const double reach = bound.upper - bound.mean;
  const double difference = std::abs(now - scale.back(bound.mean));
  standing.p = bound.p;
  standing.usual_up_to = scale.back(bound.upper);
  put_ratio(standing, scale, shift, shift - reach, shift + reach);
  standing.result = result_of(is_beyond(bound.p, shift, difference, rule),
                              is_beyond(1 - bound.p, -shift, difference, rule),
                              shift + reach,
                              rule);
  return standing;
}

Standing many_against_many(const std::vector<double>& before,
                           const std::vector<double>& now,
                           const StandingRule& rule) {
  Standing standing;
  standing.test = "mann-whitney-exact";
  const Scale scale(rule);
  const std::vector<double> old_y = scale.of(before);
  const std::vector<double> new_y = scale.of(now);
  const RankTest higher = rank_test(old_y, new_y);
  const RankTest lower = rank_test(new_y, old_y);
  const Shift shift = shift_between(old_y, new_y, rule.alpha);
  standing.p = higher.p;
  standing.least_p = higher.least_p;
  put_ratio(standing, scale, shift.estimate, shift.lo, shift.hi);
  if (higher.least_p >= rule.alpha) {
    standing.result = Standing::Result::TooFewRuns;
    standing.reason = fmt::format(
        "too few runs: {} now and {} before cannot tell a change from chance (least p {:.3f})",
        now.size(),
        before.size(),
        higher.least_p);
    return standing;
  }
  const double difference = std::abs(median(now) - median(before));
  const bool worse = is_beyond(higher.p, shift.estimate, difference, rule);
  const bool better = is_beyond(lower.p, -shift.estimate, difference, rule);
  standing.result = result_of(worse, better, shift.hi, rule);
  return standing;
}

/// `now` as a multiple of what is shown as usual; the ratio of the test is of means of logarithms,
/// and few runs may have another median.
std::string numbers_of(const Standing& standing, double now) {
  std::string text = fmt::format("{} now, {} before", standing.runs_now, standing.runs_before);
  if (standing.usual && *standing.usual > 0 && std::isfinite(now))
    text = fmt::format("{} times the usual; {}", show_times(now / *standing.usual), text);
  if (standing.p) text += fmt::format("; p {:.2g}", *standing.p);
  return text;
}

std::string_view opening(Standing::Result result) {
  switch (result) {
    case Standing::Result::Worse:
      return "worse";
    case Standing::Result::Better:
      return "better";
    case Standing::Result::Same:
      return "no change that matters";
    case Standing::Result::TooFewRuns:
      return "too few runs to say";
    default:
      return "it cannot be told whether it changed";
  }
}

}  // namespace

std::string_view name_of(Standing::Result result) {
  switch (result) {
    case Standing::Result::Worse:
      return "worse";
    case Standing::Result::Better:
      return "better";
    case Standing::Result::Same:
      return "same";
    case Standing::Result::Unclear:
      return "unclear";
    case Standing::Result::TooFewRuns:
      return "too-few-runs";
  }
  return "unclear";
}

Standing standing_of(const std::vector<double>& before,
                     const std::vector<double>& now,
                     const StandingRule& rule) {
  const bool enough = before.size() >= (now.size() == 1 ? kLeastForOne : kLeastForSeveral);
  Standing standing = !enough           ? against_few(before, now, rule)
                      : now.size() == 1 ? one_against_many(before, now.front(), rule)
                                        : many_against_many(before, now, rule);
  if (standing.result == Standing::Result::Unclear && all_below(before, rule.resolution) &&
      all_below(now, rule.resolution))
    standing.result = Standing::Result::Same;
  standing.runs_now = now.size();
  standing.runs_before = before.size();
  if (!before.empty()) standing.usual = finite(median(before));
  standing.numbers = numbers_of(standing, median(now));
  if (standing.reason.empty())
    standing.reason = fmt::format("{}: {}", opening(standing.result), standing.numbers);
  return standing;
}

void judge_together(std::vector<Standing>& standings, double alpha) {
  std::vector<double> p;
  for (const Standing& standing : standings)
    if (standing.p) p.push_back(*standing.p);
  const std::vector<double> adjusted = holm(p);
  std::size_t next = 0;
  for (Standing& standing : standings) {
    if (!standing.p) continue;
    const double counts = adjusted[next++];
    if (standing.result != Standing::Result::Worse || counts < alpha) continue;
    const bool too_few = standing.least_p * static_cast<double>(p.size()) >= alpha;
    standing.result = too_few ? Standing::Result::TooFewRuns : Standing::Result::Unclear;
    standing.reason =
        fmt::format("{}: {}; among {} checks together it may be chance (p {:.2g} then)",
                    opening(standing.result),
                    standing.numbers,
                    p.size(),
                    counts);
  }
}

}  // namespace muster
