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
  /// The same of a run that is too old to rely on; only formats that would hide its age have it.
  std::string (*render_expired)(const Result& result) = nullptr;
};

const std::vector<ReportFormat>& report_formats();
const ReportFormat* report_format(std::string_view name);

/// The text report for a terminal; `colour` adds ANSI colours.
std::string render_text(const Result& result, bool colour);

}  // namespace muster
