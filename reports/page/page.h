#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/result.h"

namespace muster {

/// The sections of the HTML report in reading order. Each returns finished markup, or "" where the
/// result has nothing for it. All text from the result goes through escape(); every number through
/// values.h.

// top.cc
std::string context_line(const Result& result);
std::string verdict_section(const Result& result);
std::string figures_section(const Result& result);
// checks.cc
std::string checks_section(const Result& result);
std::string validity_section(const Result& result);
std::string breakdown_section(const Result& result);
std::string prediction_section(const Result& result);
// earlier.cc
std::string earlier_section(const Result& result);
/// Only its picture: the failures of this run, called `name` there, and of `result.earlier` over
/// time; "" where either has none. The name is the source's own words.
std::string failures_over_time(const Result& result, std::string_view name = "this run");
// last_runs.cc
std::string last_runs_section(const Result& result);
// users.cc
std::string hit_section(const Result& result);
std::string clients_section(const Result& result);
std::string places_section(const Result& result);
std::string latency_section(const Result& result);
// record.cc
std::string changes_section(const Result& result);
std::string timeline_section(const Result& result);
std::string environment_section(const Result& result);
std::string again_section(const Result& result);

/// A sign and a word for each status of a verdict, so that colour never says it alone.
struct StatusWord {
  std::string_view status;
  std::string_view css;  ///< pass | fail | grey | stop | broken
  std::string_view sign;
  std::string_view word;
};
const StatusWord& status_word(std::string_view status);
/// The same for the verdict of one metric.
const StatusWord& metric_word(std::string_view verdict);
/// `<span aria-hidden="true">✓</span> Passed`
std::string signed_word(const StatusWord& word);

/// The changes that may still be in force.
std::vector<const Result::Action*> still_in_force(const Result& result);

/// A small picture of a value against its budget and the runs before, with the interval of the
/// measurement; "" where it has no value.
std::string strip(const Result::Metric& metric, int width);

/// "usually 25.0 s", "usually not within the run"; "" where nothing is known of earlier runs.
std::string usually(const Result::Metric& metric);

/// `<section aria-labelledby="h-ID"><h2 id="h-ID">TITLE</h2>` + body + `</section>`; "" for an
/// empty body.
std::string section(std::string_view id, std::string_view title, std::string_view body);

/// One table; cells are finished markup.
class HtmlTable {
 public:
  struct Column {
    std::string_view head;
    bool number = false;
  };
  HtmlTable(std::string_view css, std::vector<Column> columns);
  /// The first cell is the head of its row.
  void row(const std::vector<std::string>& cells, std::string_view css = "");
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::string css_;
  std::vector<Column> columns_;
  std::string rows_;
};

}  // namespace muster
