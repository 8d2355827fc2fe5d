#include "reports/formats.h"

#include "reports/kinds.h"

namespace muster {

const std::vector<ReportFormat>& report_formats() {
  static const std::vector<ReportFormat> formats = {
#define MUSTER_REPORT_FORMAT(name) name##_format(),
#include "reports/kinds.inc"
#undef MUSTER_REPORT_FORMAT
  };
  return formats;
}

const ReportFormat* report_format(std::string_view name) {
  for (const ReportFormat& format : report_formats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace muster
