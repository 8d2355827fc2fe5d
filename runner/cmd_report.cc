#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/formats.h"
#include "runner/commands.h"
#include "runner/run_store.h"
#include "runner/terminal.h"

namespace muster {

namespace {

Result read_result(const std::string& run) {
  const auto directory = run_directory(run);
  const auto text = read_file_if_exists(directory / "result.json");
  if (!text)
    fail("run {} has no result: it was cut off; see `muster status`",
         directory.filename().string());
  return result_from_json(parse_json(*text, "result.json").as_object());
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const ReportFormat& format : report_formats()) names.emplace_back(format.name);
  return names;
}

int write_report(const std::string& run, const std::string& name, const std::string& output) {
  const ReportFormat* format = report_format(name);
  if (format == nullptr) {
    throw UsageError("there is no format '" + printable(name, 40) + "'; there are " +
                     join(format_names(), ", "));
  }
  const Result result = read_result(run);
  const bool to_screen = output.empty() && name == "text";
  const std::string text =
      to_screen ? render_text(result, stdout_is_for_people()) : format->render(result);
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
  return [&] {
    return write_report(run, format, output);
  };
}

}  // namespace muster
