#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace muster::app {

/// Counts of answers by route and status, and the time they took; for all workers together.
class Metrics {
 public:
  void count(std::string_view route, int status, std::chrono::duration<double> took);
  /// Prometheus text format, version 0.0.4.
  std::string text(const std::string& region, const std::string& name) const;

 private:
  struct Cell {
    std::uint64_t answers = 0;
    double seconds = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, Cell> cells_;
};

}  // namespace muster::app
