// What ten million samples of a run cost: writing them as they come, reading them back, judging
// them, and the page. Goal for the last three together: 3 s and 800 MB.
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
#include "reports/formats/formats.h"
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

/// A kept connection over a local network; one second in a hundred is dark.
Sample request(std::size_t number, Random& random) {
  Sample sample;
  sample.due = synthetic::kStart + from_seconds(static_cast<double>(number) / kRate);
  sample.sent = sample.due + Duration(20us) + from_seconds(random.exponential(15e-6));
  sample.first_byte_us = static_cast<std::uint32_t>(150 + random.exponential(60));
  sample.done = sample.sent + std::chrono::microseconds(sample.first_byte_us) + 9us;
  sample.status = 200;
  sample.client = static_cast<std::uint32_t>(number % 20);
  sample.text = 1;
  if (number / static_cast<std::size_t>(kRate) % 100 == 50) {
    sample.outcome = Outcome::Refused;
    sample.status = 0;
    sample.text = 0;
  }
  round_to_microseconds(sample);
  return sample;
}

/// Made as they are written, so that the memory of the rest is its own. CPU seconds of the writing.
double write_samples(std::size_t count, const std::filesystem::path& file) {
  constexpr std::size_t kAtOnce = 10'000;
  Random random(5);
  std::vector<Sample> samples;
  double writing = 0;
  const auto written = create_sample_file(file);
  for (std::size_t i = 0; i < count;) {
    samples.clear();
    for (; i < count && samples.size() < kAtOnce; ++i) samples.push_back(request(i, random));
    const double began = cpu_seconds();
    for (const Sample& sample : samples) written->add("readers", "client-us", sample);
    writing += cpu_seconds() - began;
  }
  const double began = cpu_seconds();
  written->flush();
  return writing + cpu_seconds() - began;
}

void report(const char* what, double took, std::size_t count) {
  std::printf("%-28s %6.2f s CPU  %6.0f ns a sample\n",
              what,
              took,
              took / static_cast<double>(count) * 1e9);
}

/// The run that these samples are of.
RunRecord record_of(SampleFileContent content, std::size_t count) {
  synthetic::RecordBuilder run;
  const Duration length = from_seconds(static_cast<double>(count) / kRate);
  run.probe("readers", kRate).fault(length / 4).undo(length / 2).agent("client-us");
  run.record().series = std::move(content.series);
  run.record().ended = synthetic::kStart + length;
  return std::move(run.record());
}

void measure(std::size_t count, const std::filesystem::path& file) {
  report("written as they come", write_samples(count, file), count);
  const auto bytes = static_cast<double>(std::filesystem::file_size(file));
  std::printf("%-28s %6.2f bytes a sample\n", "on disk", bytes / static_cast<double>(count));

  const double began = cpu_seconds();
  const RunRecord record = record_of(read_sample_file(file), count);
  const double read = cpu_seconds();
  report("read back", read - began, count);
  const Result result = judge(record);
  const double judged = cpu_seconds();
  report("all metrics", judged - read, count);
  const std::string page = report_format("html")->render(result);
  report("the page", cpu_seconds() - judged, count);
  report("the last three", cpu_seconds() - began, count);
  std::printf(
      "%-28s %6zu metrics, a page of %zu KB, largest memory %ld MB (of that %zu MB the "
      "samples)\n",
      "",
      result.metrics.size(),
      page.size() >> 10U,
      peak_megabytes(),
      count * sizeof(Sample) >> 20U);
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const auto file = std::filesystem::temp_directory_path() /
                    fmt::format("muster-samples-bench-{:x}", muster::entropy());
  muster::measure(count, file);
  std::filesystem::remove(file);
}
