#include "drills/lab/programs/app/metrics.h"

#include "drills/lab/programs/app/http.h"

namespace muster::app {

void Metrics::count(std::string_view route, int status, std::chrono::duration<double> took) {
  const std::lock_guard lock(mutex_);
  Cell& cell = cells_[{std::string(route), status}];
  ++cell.answers;
  cell.seconds += took.count();
}

std::string Metrics::text(const std::string& region, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::string answers = "# TYPE novvista_answers_total counter\n";
  std::string seconds = "# TYPE novvista_answer_seconds_total counter\n";
  for (const auto& [key, cell] : cells_) {
    const std::string labels = "{region=" + json_text(region) + ",name=" + json_text(name) +
                               ",route=" + json_text(key.first) + ",status=\"" +
                               std::to_string(key.second) + "\"} ";
    answers += "novvista_answers_total" + labels + std::to_string(cell.answers) + "\n";
    seconds += "novvista_answer_seconds_total" + labels + std::to_string(cell.seconds) + "\n";
  }
  return answers + seconds;
}

}  // namespace muster::app
