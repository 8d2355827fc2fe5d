// What ten million samples of a run cost: writing them as they come, reading them back, judging
// them.
//
//   cmake --build --preset release --target samples_bench && build/release/samples_bench [COUNT]
//
// Prints CPU seconds of this process, the size on disk and the largest memory. Measured, not
// judged: a machine is busy or it is not.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <sys/resource.h>

#include "base/random.h"
#include "probes/sample_columns.h"
#include "probes/vantage.h"
#include "test/reports/record_builder.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

constexpr double kRate = 1000;

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

long peak_megabytes() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss / 1024;
}

/// Kept connections over a local network; one second in a hundred is dark.
std::vector<Sample> requests(std::size_t count) {
  Random random(5);
  std::vector<Sample> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    Sample& sample = samples[i];
    sample.due = synthetic::kStart + from_seconds(static_cast<double>(i) / kRate);
    sample.sent = sample.due + Duration(20us) + from_seconds(random.exponential(15e-6));
    sample.first_byte_us = static_cast<std::uint32_t>(150 + random.exponential(60));
    sample.done = sample.sent + std::chrono::microseconds(sample.first_byte_us) + 9us;
    sample.status = 200;
    sample.client = static_cast<std::uint32_t>(i % 20);
    sample.text = 1;
    if (i / static_cast<std::size_t>(kRate) % 100 == 50) {
      sample.outcome = Outcome::Refused;
      sample.status = 0;
      sample.text = 0;
    }
    round_to_microseconds(sample);
  }
  return samples;
}

void report(const char* what, double began, std::size_t count) {
  const double took = cpu_seconds() - began;
  std::printf("%-28s %6.2f s CPU  %6.0f ns a sample\n",
              what,
              took,
              took / static_cast<double>(count) * 1e9);
}

void measure(std::size_t count, const std::filesystem::path& file) {
  const std::vector<Sample> samples = requests(count);
  double began = cpu_seconds();
  {
    const auto written = create_sample_file(file);
    for (const Sample& sample : samples) written->add("readers", "client-us", sample);
    written->flush();
  }
  report("written as they come", began, count);
  const auto bytes = static_cast<double>(std::filesystem::file_size(file));
  std::printf("%-28s %6.2f bytes a sample\n", "on disk", bytes / static_cast<double>(count));

  began = cpu_seconds();
  SampleFileContent content = read_sample_file(file);
  report("read back", began, count);

  synthetic::RecordBuilder run;
  const Duration length = from_seconds(static_cast<double>(count) / kRate);
  run.probe("readers", kRate).fault(length / 4).undo(length / 2).agent("client-us");
  run.record().series = std::move(content.series);
  run.record().ended = synthetic::kStart + length;
  began = cpu_seconds();
  const Result result = run.judged();
  report("all metrics", began, count);
  std::printf("%-28s %6zu metrics, largest memory %ld MB (of that %zu MB the samples, twice)\n",
              "",
              result.metrics.size(),
              peak_megabytes(),
              2 * count * sizeof(Sample) >> 20U);
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const auto file = std::filesystem::temp_directory_path() / "muster-samples-bench";
  std::filesystem::remove(file);
  muster::measure(count, file);
  std::filesystem::remove(file);
}
