#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/result.h"

namespace muster {

/// A span of the run on the picture's time axis, in seconds from the injection, cut into columns of
/// equal width.
struct TimeWindow {
  double from_s = 0;
  double to_s = 0;
  double column_s = 1;

  std::size_t columns() const;
};

/// The whole run, from the first bin to the last.
TimeWindow whole_run(const Result& result);
/// What the picture shows first: the whole run where it is short, else from 30 s before the
/// injection to well after the users had it back.
TimeWindow first_look(const Result& result);

/// What happened at one vantage and probe in one column: sums over the bins that lie in it; of a
/// bin wider than the column its share.
struct HeroColumn {
  double due = 0;
  double failed = 0;
  double unknown = 0;
  std::vector<double> answers;  ///< by latency bin
  std::map<std::string, double> served_by;
  std::optional<double> gauge;

  /// Share of the requests due that got no usable answer.
  double failing() const;
};

struct HeroRow {
  std::string vantage, probe;
  std::vector<HeroColumn> columns;
  // Over the whole run, not only the window.
  double due = 0, failed = 0, unknown = 0;
  std::size_t regions = 0;  ///< how many answered

  double failing() const { return due > 0 ? (failed + unknown) / due : 0; }
};

/// The rows that carry requests, in the order of the result.
std::vector<HeroRow> request_rows(const Result& result, const TimeWindow& window);
/// The rows of probes that look at the control plane (DNS answers).
std::vector<HeroRow> signal_rows(const Result& result, const TimeWindow& window);
/// The rows that carry a gauge, such as replication lag.
std::vector<HeroRow> gauge_rows(const Result& result, const TimeWindow& window);

/// The lower edge of a latency bin in milliseconds.
double bin_edge_ms(const Result::Series& series, double bin);
/// Which bins the picture must show so that every answer is on it: {first, one past the last}.
std::pair<std::size_t, std::size_t> latency_range(const Result::Series& series,
                                                  const std::vector<HeroRow>& rows);

/// One dimension line of the picture: how long something took, against its budget.
struct Dimension {
  std::string label;  ///< "failed over"
  double from_s = 0;
  std::optional<double> to_s;  ///< nothing: not reached while the run looked
  double looked_until_s = 0;
  std::string value;               ///< "38.2 s", "not within 60 s"
  std::optional<double> budget_s;  ///< an instant: from_s plus the budget
  std::string budget;              ///< "30 s"
  bool over = false;
  std::string probe;  ///< whose it is, where several probes have one
};
std::vector<Dimension> dimensions(const Result& result);

/// When the first undo was done, or began: where "recovered" counts from.
std::optional<double> undo_instant(const Result& result);

}  // namespace muster
