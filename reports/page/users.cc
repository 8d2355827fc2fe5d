#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "reports/page/hero_model.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

/// What happened to one row's requests within one phase.
struct PhaseTally {
  double due = 0;
  double bad = 0;
  std::map<std::string, double> reasons;
  std::vector<double> answers;
};

std::string row_name(const Result& result, const Result::SeriesRow& row) {
  return escape(vantage_name(result, row.vantage)) + " <span class=\"mut\">" + escape(row.probe) +
         "</span>";
}

std::string phase_name(const Result::Phase& phase) {
  return escape(phase.name.empty() ? phase.id : phase.name);
}

void tally_bin(const Result::SeriesRow& row, std::size_t bin, PhaseTally& tally) {
  if (bin < row.due.size()) tally.due += row.due[bin];
  if (bin < row.fail.size()) {
    for (const auto& [reason, count] : row.fail[bin]) {
      tally.reasons[reason] += count;
      tally.bad += count;
    }
  }
  if (bin < row.unknown.size() && row.unknown[bin] > 0) {
    tally.reasons["no answer, fate unknown"] += row.unknown[bin];
    tally.bad += row.unknown[bin];
  }
  if (bin < row.ok.size()) {
    for (const auto& [latency, count] : row.ok[bin]) {
      if (latency < 0 || static_cast<std::size_t>(latency) >= tally.answers.size()) continue;
      tally.answers[static_cast<std::size_t>(latency)] += count;
    }
  }
}

/// One tally a phase; a bin belongs to the phase its middle lies in.
std::vector<PhaseTally> tallies(const Result& result, const Result::SeriesRow& row) {
  PhaseTally none;
  none.answers.resize(static_cast<std::size_t>(std::max(0, result.series.latency_count)));
  std::vector<PhaseTally> out(result.phases.size(), none);
  std::size_t bin = 0;
  for (const Result::Segment& segment : result.series.segments) {
    if (segment.bin_s <= 0) continue;
    for (double from = segment.from_s; from < segment.to_s - segment.bin_s / 2;
         from += segment.bin_s, ++bin) {
      const double middle = from + segment.bin_s / 2;
      for (std::size_t i = 0; i < result.phases.size(); ++i) {
        const Result::Phase& phase = result.phases[i];
        if (middle >= phase.from_s && middle < phase.to_s.value_or(1e18))
          tally_bin(row, bin, out[i]);
      }
    }
  }
  return out;
}

/// The q-quantile of all requests, a failed one slower than every answer: the upper edge of its
/// bin in milliseconds, or nothing where it falls among the failed.
std::optional<double> quantile_ms(const Result& result, const PhaseTally& tally, double q) {
  const double rank =
      std::ceil(q * std::accumulate(tally.answers.begin(), tally.answers.end(), tally.bad));
  double seen = 0;
  for (std::size_t bin = 0; bin < tally.answers.size(); ++bin) {
    seen += tally.answers[bin];
    if (seen >= rank && seen > 0) return bin_edge_ms(result.series, static_cast<double>(bin) + 1);
  }
  return std::nullopt;
}

std::string latency_text(const Result& result,
                         const Result::SeriesRow& row,
                         const Result::Phase& phase,
                         const PhaseTally& tally,
                         std::string_view id,
                         double q) {
  const auto* metric = scoped_metric(result, id, row.probe, row.vantage, phase.id);
  if (metric != nullptr) return metric->censored ? "failed" : show_metric(*metric);
  // A high percentile of a handful of requests is a coincidence.
  if (tally.due * (1 - q) < 0.5) return "—";
  const std::optional<double> value = quantile_ms(result, tally, q);
  return value ? "≤ " + show_value(*value, "ms") : "failed";
}

bool answered(const Result::SeriesRow& row) {
  return std::any_of(row.ok.begin(), row.ok.end(), [](const auto& bin) { return !bin.empty(); }) ||
         std::any_of(
             row.fail.begin(), row.fail.end(), [](const auto& bin) { return !bin.empty(); });
}

/// The share of clients not yet served well, from all at the fault on, as a falling stair on one
/// scale of time for all rows.
std::string tail_picture(const Result::ClientSpread& spread, double end) {
  constexpr double kWidth = 160;
  constexpr double kHeight = 20;
  if (spread.tail.empty() || end <= 0) return "";
  const auto x = [&](double at) {
    return coordinate(2 + kWidth * std::clamp(at / end, 0.0, 1.0));
  };
  const auto y = [&](double share) {
    return coordinate(3 + kHeight * (1 - share));
  };
  std::string out =
      R"(<svg class="range" viewBox="0 0 164 26" width="164" height="26" aria-hidden="true">)";
  Svg svg(out);
  std::string stair = "M" + x(0) + " " + y(1);
  for (const auto& [at, left] : spread.tail) stair += "H" + x(at) + "V" + y(left);
  svg.line("M2 23H162", paint::kRule);
  svg.line(stair + "H" + x(end), paint::kData, 1.5);
  return out + "</svg>";
}

}  // namespace

std::string hit_section(const Result& result) {
  std::vector<HtmlTable::Column> columns = {{"Who"}, {"How it failed"}};
  std::vector<std::string> heads;
  for (const auto& phase : result.phases) heads.push_back(phase_name(phase));
  for (const auto& head : heads) columns.push_back({head, true});
  columns.push_back({"All", true});
  HtmlTable table("plain", columns);
  for (const Result::SeriesRow& row : result.series.rows) {
    if (is_signal(result, row.probe)) continue;
    const std::vector<PhaseTally> phases = tallies(result, row);
    std::map<std::string, double> reasons;
    for (const auto& phase : phases) {
      for (const auto& [reason, count] : phase.reasons) reasons[reason] += count;
    }
    for (const auto& [reason, total] : reasons) {
      std::vector<std::string> cells = {row_name(result, row), escape(reason)};
      for (const auto& phase : phases) {
        const auto found = phase.reasons.find(reason);
        cells.push_back(found == phase.reasons.end()
                            ? "<span class=\"mut\">0</span>"
                            : fmt::format("{} <span class=\"mut\">{}</span>",
                                          show_count(found->second),
                                          show_percent(found->second / std::max(1.0, phase.due))));
      }
      cells.push_back("<b>" + show_count(total) + "</b>");
      table.row(cells);
    }
  }
  if (table.empty()) {
    return result.series.rows.empty()
               ? ""
               : section("hit",
                         "Who was hit",
                         "<p class=\"lead\">No request failed at any vantage.</p>\n");
  }
  return section("hit",
                 "Who was hit",
                 "<p class=\"lead\">Failed requests by phase, with their share of the requests due "
                 "in it.</p>\n" +
                     table.text());
}

std::string clients_section(const Result& result) {
  double end = 0;
  for (const auto& spread : result.client_spread)
    if (!spread.tail.empty()) end = std::max(end, spread.tail.back().first * 1.1);
  HtmlTable table("plain",
                  {{"Who"},
                   {"Not yet served well"},
                   {"Clients", true},
                   {"Half of them", true},
                   {"95 %", true},
                   {"The last", true},
                   {"Never", true}});
  const auto time = [](const std::optional<double>& value) {
    return value ? show_seconds(*value) : std::string("—");
  };
  for (const auto& spread : result.client_spread) {
    table.row({escape(vantage_name(result, spread.vantage)) + " <span class=\"mut\">" +
                   escape(spread.probe) + "</span>",
               tail_picture(spread, end),
               show_count(static_cast<double>(spread.clients)),
               time(spread.p50),
               time(spread.p95),
               time(spread.last),
               spread.never > 0 ? fmt::format("<b class=\"w-fail\">{}</b>", spread.never) : "0"});
  }
  if (table.empty()) return "";
  return section("clients",
                 "Failover over clients",
                 "<p class=\"lead\">Each client has its own DNS cache and connections; a failover "
                 "is over when the last "
                 "one is.</p>\n" +
                     table.text());
}

std::string places_section(const Result& result) {
  HtmlTable table("plain",
                  {{"What, seen from"},
                   {"Place"},
                   {"Rounds", true},
                   {"Half of them", true},
                   {"The longest", true},
                   {"Never shown", true},
                   {"Not told", true}});
  const auto time = [](const std::optional<double>& value) {
    return value ? show_seconds(*value) : std::string("—");
  };
  for (const auto& delay : result.place_delays) {
    table.row({escape(vantage_name(result, delay.vantage)) + " <span class=\"mut\">" +
                   escape(delay.probe) + "</span>",
               escape(delay.place),
               show_count(static_cast<double>(delay.rounds)),
               time(delay.p50),
               time(delay.longest),
               delay.never > 0 ? fmt::format("<b class=\"w-fail\">{}</b>", delay.never) : "0",
               show_count(static_cast<double>(delay.untold))});
  }
  if (table.empty()) return "";
  return section("places",
                 "Until it shows at each place",
                 "<p class=\"lead\">From the acknowledgement of what was done (a revocation, an "
                 "object, a purge) until the place shows it.</p>\n" +
                     table.text());
}

std::string latency_section(const Result& result) {
  std::vector<HtmlTable::Column> columns = {{"Who"}, {"Percentile"}};
  std::vector<std::string> heads;
  for (const auto& phase : result.phases) heads.push_back(phase_name(phase));
  for (const auto& head : heads) columns.push_back({head, true});
  HtmlTable table("plain", columns);
  static constexpr std::pair<std::string_view, double> kQuantiles[] = {
      {"latency_p50", 0.5}, {"latency_p90", 0.9}, {"latency_p99", 0.99}};
  for (const Result::SeriesRow& row : result.series.rows) {
    if (!answered(row) || is_signal(result, row.probe)) continue;
    const std::vector<PhaseTally> phases = tallies(result, row);
    for (const auto& [id, q] : kQuantiles) {
      std::vector<std::string> cells = {row_name(result, row), std::string(id.substr(8))};
      for (std::size_t i = 0; i < phases.size(); ++i) {
        cells.push_back(phases[i].due > 0
                            ? latency_text(result, row, result.phases[i], phases[i], id, q)
                            : "—");
      }
      table.row(cells);
    }
  }
  if (table.empty()) return "";
  return section("latency",
                 "Latency by phase",
                 "<p class=\"lead\">From the time a request was due. A failed request is slower "
                 "than every answer: where "
                 "the percentile falls among those it says so.</p>\n" +
                     table.text());
}

}  // namespace muster
