#pragma once

#include <optional>
#include <string>
#include <vector>

namespace muster {

/// What counts as a change of a metric. Defaults as in docs/regression.md.
struct StandingRule {
  double alpha = 0.05;         ///< how often a system that did not change may be said to be worse
  double least_change = 0.10;  ///< the smallest change that matters, as a share
  double resolution = 0;       ///< of one measurement, in the metric's unit; 0: not known
  bool higher_is_better = false;
};

/// Where a metric stands against the drills before, each of which is one observation.
struct Standing {
  enum class Result { Worse, Better, Same, Unclear, TooFewRuns };
  std::string test = "none";  ///< prediction-interval | mann-whitney-exact | none
  std::size_t runs_now = 0;
  std::size_t runs_before = 0;
  std::optional<double> usual;   ///< median of those before; nothing where half never got there
  std::optional<double> ratio;   ///< of now to before; nothing where one of them never got there
  std::optional<double> lo, hi;  ///< of the ratio, alpha on either side
  std::optional<double> p;       ///< that a system that did not change would be as bad
  std::optional<double>
      usual_up_to;     ///< one run only: what it would usually stay on the good side of
  double least_p = 0;  ///< the smallest p that so few runs can give
  Result result = Result::TooFewRuns;
  std::string numbers;  ///< what the result rests on: "1.5 times the usual; 1 now, 8 before; ..."
  std::string reason;   ///< one sentence with the numbers that the result rests on
};
std::string_view name_of(Standing::Result result);

/// `before` and `now` in the metric's unit, at least one of `now`; infinity: it was not reached.
/// One run now needs five before it, several need three; with fewer nothing is tested, and that is
/// said. Source: docs/regression.md.
Standing standing_of(const std::vector<double>& before,
                     const std::vector<double>& now,
                     const StandingRule& rule);

/// What is worse once all the checks of a run are looked at together (Holm): a result of Worse that
/// does not stand becomes Unclear. The p that are shown stay what they are.
void judge_together(std::vector<Standing>& standings, double alpha);

}  // namespace muster
