#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "reports/measure/samples_export.h"
#include "runner/commands/commands.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

SampleRows rows_named(const std::string& name) {
  if (name == "csv") return SampleRows::Csv;
  if (name == "ndjson") return SampleRows::Ndjson;
  throw UsageError("there is no format '" + printable(name, 40) + "'; there are csv, ndjson");
}

Time earliest_due(const SampleFileContent& content) {
  Time earliest = Time::max();
  for (const SampleSeries& series : content.series)
    for (const Sample& sample : series.samples) earliest = std::min(earliest, sample.due);
  return earliest;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

int write_samples(const std::string& run,
                  SampleRows rows,
                  const SampleSelection& selection,
                  const std::string& output) {
  const SampleFileContent content = read_sample_file(run_directory(run) / "samples");
  std::unique_ptr<std::FILE, CloseFile> file;
  std::FILE* out = stdout;
  const std::string shown = output.empty() ? "the output" : output;
  // Made only once there is something to write: a wrong name must not empty a file of before.
  export_samples(content, selection, earliest_due(content), rows, [&](std::string_view bytes) {
    if (!output.empty() && !file) {
      file.reset(std::fopen(output.c_str(), "we"));
      if (file == nullptr) fail_errno("cannot create " + output);
      out = file.get();
    }
    if (std::fwrite(bytes.data(), 1, bytes.size(), out) != bytes.size())
      fail_errno("cannot write to " + shown);
  });
  if (std::fflush(out) != 0) fail_errno("cannot write to " + shown);
  if (!content.complete)
    std::fputs("the run was cut off within a block of samples; all before it is here\n", stderr);
  return 0;
}

}  // namespace

Action define_export(Arguments& arguments) {
  arguments.example("muster export last --format csv --probe readers --output readers.csv");
  auto& run = arguments.operand("RUN", "a run id, or `last`");
  auto& format = arguments.option("--format", "FORMAT", "csv, ndjson", "csv");
  auto& probes = arguments.options("--probe", "NAME", "only this probe; may be said again");
  auto& vantages = arguments.options("--vantage", "NAME", "only from this vantage");
  auto& output = arguments.option("--output,-o", "FILE", "write there instead of to the screen");
  return [&] {
    return write_samples(run, rows_named(format), {probes, vantages}, output);
  };
}

}  // namespace muster
