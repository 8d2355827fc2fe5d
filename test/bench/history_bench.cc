// What it costs to look at a history of ten thousand runs of ten drills: opening it, reading the
// newest, the tables. Goal for `muster history`, with its start: 0.5 s.
//
//   cmake --build --preset release --target history_bench && build/release/history_bench [COUNT]
//   [HOME]
//
// Where HOME is given the history stays there, for `MUSTER_HOME=HOME muster history`.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "reports/history/history_text.h"
#include "store/history_store.h"

namespace muster {

namespace {

namespace fs = std::filesystem;
using Stopwatch = std::chrono::steady_clock;

constexpr std::size_t kDrills = 10;
constexpr std::size_t kMetrics = 40;
constexpr std::size_t kLookedBack = 200;

HistoryRun run_number(std::size_t number, Random& random) {
  HistoryRun run;
  run.started = UtcTime(std::chrono::seconds(1'700'000'000 + 600 * number));
  run.ended = run.started + std::chrono::minutes(3);
  run.id = make_run_id(run.started, random);
  run.number = static_cast<std::int64_t>(number / kDrills + 1);
  run.drill = "drill-" + std::to_string(number % kDrills);
  run.environment = "lab";
  run.series_key = run.environment_digest = "sha256:0123";
  run.status = random.unit() < 0.9 ? "pass" : "fail";
  run.exit_code = run.status == "pass" ? 0 : 1;
  run.headline = "Failover took 8.4 s against a budget of 30 s; no acknowledged write was lost.";
  run.trial_group = run.id;
  run.profile = {-30, 1, std::vector<double>(90, 0.25)};
  run.settings = {{"stack", "novvista-lab", "config"}, {"muster", "0.1.0", "build"}};
  for (std::size_t i = 0; i < kMetrics; ++i) {
    HistoryMetric metric;
    metric.id = i == 0 ? "time_to_failover" : "metric_" + std::to_string(i);
    metric.probe = "readers";
    metric.value = 8 + random.unit();
    metric.resolution = 0.02;
    metric.judged = i < 3;
    if (metric.judged) metric.budget = 30;
    run.metrics.push_back(std::move(metric));
  }
  return run;
}

void timed(const char* what, const std::function<std::size_t()>& work) {
  const auto began = Stopwatch::now();
  const std::size_t bytes = work();
  const std::chrono::duration<double> took = Stopwatch::now() - began;
  std::printf("%-44s %7.3f s, %zu bytes of text\n", what, took.count(), bytes);
}

void measure(std::size_t count, const fs::path& home) {
  const fs::path file = home / "history.db";
  {
    Random random(7);
    const auto history = open_history(file);
    for (std::size_t i = 0; i < count; ++i) history->add(run_number(i, random));
  }
  std::printf("%zu runs, %zu KB\n", count, static_cast<std::size_t>(fs::file_size(file)) >> 10U);
  timed("the newest 20 of all drills", [&] {
    auto runs = open_history(file)->runs("", kLookedBack);
    runs.resize(std::min<std::size_t>(runs.size(), 20));
    return render_history(runs).size();
  });
  timed("one drill, and how its newest run stands", [&] {
    const auto runs = open_history(file)->runs("drill-3", kLookedBack);
    return render_history(runs).size() + render_standing(runs).size();
  });
  timed("all runs of all drills",
        [&] { return render_history(open_history(file)->runs("", count)).size(); });
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const auto home = argc > 2 ? std::filesystem::path(argv[2])
                             : std::filesystem::temp_directory_path() /
                                   fmt::format("muster-history-bench-{:x}", muster::entropy());
  muster::make_private_directories(home);
  muster::measure(count, home);
  if (argc <= 2) std::filesystem::remove_all(home);
}
