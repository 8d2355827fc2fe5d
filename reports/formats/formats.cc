#include "reports/formats/formats.h"

#include "reports/formats/kinds.h"

namespace muster {

const std::vector<ReportFormat>& report_formats() {
  static const std::vector<ReportFormat> formats = {
#define MUSTER_REPORT_FORMAT(name) name##_format(),
#include "reports/formats/kinds.inc"
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
