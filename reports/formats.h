#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/result.h"

namespace muster {

/// A way to write a result: one file, one line in kinds.inc.
struct ReportFormat {
  std::string_view name;  ///< as in `muster report --format`
  std::string_view summary;
  std::string_view file_name;  ///< "report.html"
  std::string (*render)(const Result& result);
};

const std::vector<ReportFormat>& report_formats();
const ReportFormat* report_format(std::string_view name);

/// The text report for a terminal; `colour` adds ANSI colours.
std::string render_text(const Result& result, bool colour);

}  // namespace muster
