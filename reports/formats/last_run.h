#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/result.h"

namespace muster {

/// One metric of the last run of a drill, as Prometheus knows metrics: all of them are gauges.
struct LastRunFamily {
  using Labels = std::vector<std::pair<std::string_view, std::string>>;
  struct Value {
    Labels labels;  ///< besides drill, service and environment
    double number = 0;
  };
  std::string name;  ///< with its unit as its end where it has one
  std::string_view unit;
  std::string_view help;
  std::vector<Value> values;
};

/// muster_last_run_*: what was measured and what was promised. Base units; each value rounded to
/// what its measurement can tell apart, since some readers compare texts; what was not reached is
/// +Inf, so that it is above every limit; what was not measured is not there.
std::vector<LastRunFamily> last_run(const Result& result);

/// The families as lines of the exposition format; `with_units` adds the `# UNIT` of OpenMetrics.
std::string exposition(const Result& result, bool with_units);

/// The value on the grid of one significant digit of half the interval; where there is no interval,
/// with three significant digits. Counts are exact.
double at_resolution(const Result::Metric& metric);

}  // namespace muster
