#pragma once

#include "reports/formats/formats.h"

namespace muster {

// `ReportFormat html_format();` and so on, each in the file of its format.
#define MUSTER_REPORT_FORMAT(name) ReportFormat name##_format();
#include "reports/formats/kinds.inc"
#undef MUSTER_REPORT_FORMAT

}  // namespace muster
