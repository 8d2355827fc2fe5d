#pragma once

#include <string>
#include <vector>

#include "reports/result.h"

namespace muster {

/// One run as a <testsuite>, and what it adds to the totals.
struct JunitSuite {
  std::string markup;
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;
};
JunitSuite junit_suite(const Result& result);

/// The document: a suite for each trial of a drill. Valid against test/outputs_junit.xsd.
std::string render_junit(const std::vector<JunitSuite>& suites);

}  // namespace muster
