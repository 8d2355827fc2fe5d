// prometheus: a file for node_exporter's textfile collector, which keeps what a run as short as a
// drill measured until the next one.
#include "reports/formats/kinds.h"
#include "reports/formats/last_run.h"

namespace muster {

namespace {

std::string render_prometheus(const Result& result) {
  return exposition(result, false);
}

}  // namespace

ReportFormat prometheus_format() {
  return {"prometheus",
          "muster_last_run_*, for node_exporter's textfile collector",
          "muster.prom",
          &render_prometheus};
}

}  // namespace muster
