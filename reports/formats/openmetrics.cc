// openmetrics: the same numbers for readers of OpenMetrics, such as GitLab's metrics reports.
#include "reports/formats/kinds.h"
#include "reports/formats/last_run.h"

namespace muster {

namespace {

std::string render_openmetrics(const Result& result) {
  return exposition(result, true) + "# EOF\n";
}

}  // namespace

ReportFormat openmetrics_format() {
  return {"openmetrics",
          "the same as OpenMetrics, e.g. for GitLab's metrics reports",
          "metrics.txt",
          &render_openmetrics};
}

}  // namespace muster
