// junit: what GitLab, Jenkins and GitHub's actions read as test results.
#include "reports/formats/junit.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/formats/junit_cases.h"
#include "reports/formats/kinds.h"
#include "reports/formats/xml.h"
#include "reports/page/markup.h"

namespace muster {

namespace {

using Outcome = JunitCase::Outcome;

std::string seconds_text(double seconds) {
  return fmt::format("{:.3f}", seconds);
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("<property name=\"{}\" value=\"{}\"/>\n", escape(name), escape(value));
}

std::string properties(const Result& result) {
  std::string out = "<properties>\n";
  out += property("run", result.run.id);
  out += property("number", std::to_string(result.run.number));
  out += property("service", result.run.service);
  out += property("environment", result.run.environment);
  out += property("playbook", result.playbook.path);
  out += property("playbook digest", result.playbook.digest);
  for (const auto& [name, value] : result.run.labels) out += property("label " + name, value);
  out += property("verdict", result.verdict.status);
  return out + "</properties>\n";
}

std::string outcome_markup(const JunitCase& one) {
  const std::string message = escape(one.message);
  switch (one.outcome) {
    case Outcome::Passed:
      return "";
    case Outcome::Skipped:
      return fmt::format("<skipped message=\"{}\"/>\n", message);
    case Outcome::Failed:
      return fmt::format(
          "<failure type=\"{}\" message=\"{}\">{}</failure>\n", escape(one.type), message, message);
    case Outcome::Error:
      return fmt::format(
          "<error type=\"{}\" message=\"{}\">{}</error>\n", escape(one.type), message, message);
  }
  return "";
}

/// Readers tell cases apart by class and name, also those of two trials.
std::string suite_name(const Result& result) {
  if (result.run.trial_of < 2) return result.run.drill;
  return fmt::format("{}.trial-{}", result.run.drill, result.run.trial_index);
}

std::string case_markup(const std::string& suite, const JunitCase& one) {
  const std::string group = one.group.empty() ? "" : "." + one.group;
  std::string out = fmt::format("<testcase classname=\"muster.{}{}\" name=\"{}\" time=\"{}\">\n",
                                escape(suite),
                                group,
                                escape(one.name),
                                seconds_text(one.seconds));
  out += outcome_markup(one);
  if (!one.output.empty())
    out += "<system-out>" + escape_lines(join(one.output, "\n")) + "</system-out>\n";
  return out + "</testcase>\n";
}

void count(const JunitCase& one, JunitSuite& suite) {
  ++suite.tests;
  suite.failures += one.outcome == Outcome::Failed;
  suite.errors += one.outcome == Outcome::Error;
  suite.skipped += one.outcome == Outcome::Skipped;
}

std::string totals(const JunitSuite& suite) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{}")",
                     suite.tests,
                     suite.failures,
                     suite.errors,
                     suite.skipped,
                     seconds_text(suite.seconds));
}

std::string render_one(const Result& result) {
  return render_junit({junit_suite(result)});
}

}  // namespace

JunitSuite junit_suite(const Result& result) {
  const std::vector<JunitCase> cases = junit_cases(result);
  const std::string name = suite_name(result);
  JunitSuite suite;
  suite.seconds = cases.front().seconds;
  std::string markup;
  for (const JunitCase& one : cases) {
    count(one, suite);
    markup += case_markup(name, one);
  }
  // Readers of the format know no time zone: UTC, as everywhere in muster.
  suite.markup = fmt::format("<testsuite name=\"{}\" {} timestamp=\"{}\">\n",
                             escape(name),
                             totals(suite),
                             format_utc(result.run.started_at).substr(0, 19)) +
                 properties(result) + markup + "</testsuite>\n";
  return suite;
}

std::string render_junit(const std::vector<JunitSuite>& suites) {
  JunitSuite all;
  for (const JunitSuite& suite : suites) {
    all.tests += suite.tests;
    all.failures += suite.failures;
    all.errors += suite.errors;
    all.skipped += suite.skipped;
    all.seconds += suite.seconds;
    all.markup += suite.markup;
  }
  return xml_document("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
                      fmt::format("<testsuites name=\"muster\" {}>\n", totals(all)) + all.markup +
                      "</testsuites>\n");
}

ReportFormat junit_format() {
  return {"junit",
          "test results for CI: a case for each objective, condition, clause and undo",
          "junit.xml",
          &render_one};
}

}  // namespace muster
