#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/formats/formats.h"
#include "runner/commands/commands.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "runner/view/terminal.h"

namespace muster {

namespace {

Result read_result(const std::string& run) {
  return result_of_run(run_directory(run));
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const ReportFormat& format : report_formats()) names.emplace_back(format.name);
  return names;
}

std::string rendered(const ReportFormat& format, const Result& result, Duration max_age) {
  const bool old = SystemClock().utc_now() - result.run.ended_at > max_age;
  return old && format.render_expired != nullptr ? format.render_expired(result)
                                                 : format.render(result);
}

int write_report(const std::string& run,
                 const std::string& name,
                 const std::string& output,
                 const std::string& max_age) {
  const ReportFormat* format = report_format(name);
  if (format == nullptr) {
    throw UsageError("there is no format '" + printable(name, 40) + "'; there are " +
                     join(format_names(), ", "));
  }
  const auto age = parse_duration(max_age);
  if (!age)
    throw UsageError("--max-age wants a duration such as 14d or 12h, not '" +
                     printable(max_age, 40) + "'");
  const Result result = read_result(run);
  const bool to_screen = output.empty() && name == "text";
  const std::string text =
      to_screen ? render_text(result, colours_are_wanted()) : rendered(*format, result, *age);
  if (output.empty()) {
    print(text);
  } else {
    write_file_atomically(output, text, 0644);
  }
  return 0;
}

}  // namespace

Action define_report(Arguments& arguments) {
  arguments.example("muster report last --format html --output report.html");
  auto& run = arguments.operand("RUN", "a run id, or `last`");
  auto& format = arguments.option("--format", "FORMAT", join(format_names(), ", "), "text");
  auto& output = arguments.option("--output,-o", "FILE", "write there instead of to the screen");
  auto& max_age = arguments.option(
      "--max-age", "DURATION", "a badge of an older run says that it has expired", "14d");
  return [&] {
    return write_report(run, format, output, max_age);
  };
}

}  // namespace muster
