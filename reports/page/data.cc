#include "reports/page/data.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/hero_parts.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr std::size_t kLongestText = 20'000;  // as in markup.cc
constexpr std::size_t kWidestSkip = 2;        // further commas would be longer than "7:"

json::string text(std::string_view raw) {
  const std::string inert = printable(raw, kLongestText);
  return json::string(inert.data(), inert.size());
}

json::value number(const std::optional<double>& value) {
  return value ? json::value(*value) : json::value();
}

/// Writes the bins of one series; see data.h.
class Bins {
 public:
  /// Indices that do not fall behind the one before cost least.
  void value(std::size_t index, double value) {
    if (index >= next_ && index - next_ <= kWidestSkip) {
      bin_ += std::string(index - next_ + (begun_ ? 1 : 0), ',');
    } else {
      bin_ += fmt::format("{}{}:", begun_ ? "," : "", index);
    }
    bin_ += fmt::format("{}", value);
    next_ = index + 1;
    begun_ = true;
  }

  void end() {
    if (repeated_ > 0 && bin_ != last_) write_last();
    last_ = std::exchange(bin_, "");
    ++repeated_;
    next_ = 0;
    begun_ = false;
  }

  std::string finish() {
    if (repeated_ > 0 && !last_.empty()) write_last();
    while (out_.ends_with(';')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void write_last() {
    out_ += last_;
    if (repeated_ > 1) out_ += fmt::format("*{}", repeated_);
    out_ += ';';
    repeated_ = 0;
  }

  std::string out_, bin_, last_;
  std::size_t next_ = 0, repeated_ = 0;
  bool begun_ = false;
};

/// The bins of one member of a row; `write` puts what one of them holds.
template <class T, class Write>
std::string bins_of(const std::vector<T>& members, Write write) {
  Bins bins;
  for (const T& member : members) {
    write(member, bins);
    bins.end();
  }
  return bins.finish();
}

/// Names that many bins repeat; sorted, so that both renderers add in the same order.
class Names {
 public:
  using Counts = std::vector<std::map<std::string, int>>;

  void add(const Counts& bins) {
    for (const auto& bin : bins) {
      for (const auto& [name, count] : bin) places_.emplace(name, 0);
    }
  }
  void number() {
    std::size_t place = 0;
    for (auto& [name, index] : places_) index = place++;
  }
  std::string write(const Counts& bins) const {
    return bins_of(bins, [&](const auto& bin, Bins& out) {
      for (const auto& [name, count] : bin) out.value(places_.at(name), count);
    });
  }
  json::array list() const {
    json::array names;
    for (const auto& [name, index] : places_) names.emplace_back(text(name));
    return names;
  }

 private:
  std::map<std::string, std::size_t> places_;
};

void write_number(double value, Bins& out) {
  if (value != 0) out.value(0, value);
}

json::object row_json(const Result& result,
                      const Result::SeriesRow& row,
                      const Names& reasons,
                      const Names& regions) {
  const Result::ProbeInfo* probe = probe_info(result, row.probe);
  const Result::VantageInfo* vantage = vantage_info(result, row.vantage);
  const int last = std::max(0, result.series.latency_count - 1);
  json::object out;
  out["name"] = text(vantage_name(result, row.vantage));
  out["probe"] = text(row.probe);
  out["note"] = text(vantage == nullptr ? "" : vantage->note);
  out["gone"] = text(unavailable_text(result, row.vantage, row.probe));
  out["op"] = text(probe == nullptr ? "" : probe->op);
  out["signal"] = is_signal(result, row.probe);
  out["slo"] = probe == nullptr ? json::value() : number(probe->slo_ms);
  const GaugeWords words = gauge_words(result, row.probe);
  out["gauge"] = {text(words.name), text(words.unit)};
  out["due"] = text(bins_of(row.due, &write_number));
  out["ok"] = bins_of(row.ok, [&](const auto& bin, Bins& to) {
    for (const auto& [latency, count] : bin)
      to.value(static_cast<std::size_t>(std::clamp(latency, 0, last)), count);
  });
  out["fail"] = reasons.write(row.fail);
  out["unknown"] = bins_of(row.unknown, &write_number);
  out["by"] = regions.write(row.served_by);
  out["read"] = bins_of(row.gauge, [](const auto& value, Bins& to) {
    if (value) to.value(0, *value);
  });
  return out;
}

json::array phases_json(const Result& result) {
  json::array phases;
  for (const Result::Phase& phase : result.phases) {
    phases.push_back({text(phase.id),
                      text(phase.name.empty() ? phase.id : phase.name),
                      phase.from_s,
                      number(phase.to_s)});
  }
  return phases;
}

json::array dimensions_json(const Result& result) {
  json::array lines;
  for (const Dimension& line : dimensions(result)) {
    lines.push_back({{"label", text(line.label)},
                     {"from", line.from_s},
                     {"to", number(line.to_s)},
                     {"until", line.looked_until_s},
                     {"value", text(line.value)},
                     {"budgetAt", number(line.budget_s)},
                     {"budget", text(line.budget)},
                     {"over", line.over},
                     {"probe", text(line.probe)}});
  }
  return lines;
}

json::array instants(const std::vector<Result::WriteFate>& fates) {
  json::array times;
  for (const auto& fate : fates) times.emplace_back(fate.t_s);
  return times;
}

json::object ledger_json(const Result::Integrity& integrity) {
  return {{"checked", integrity.checked > 0},
          {"lost", instants(integrity.lost)},
          {"lostTotal", integrity.lost_total},
          {"stale", instants(integrity.stale)},
          {"staleTotal", integrity.stale_total},
          {"worstStale", number(integrity.worst_stale_s)}};
}

json::object series_json(const Result& result) {
  const Result::Series& series = result.series;
  Names reasons, regions;
  for (const Result::SeriesRow& row : series.rows) {
    reasons.add(row.fail);
    regions.add(row.served_by);
  }
  reasons.number();
  regions.number();
  json::array segments, rows;
  for (const Result::Segment& segment : series.segments)
    segments.push_back({segment.from_s, segment.to_s, segment.bin_s});
  for (const Result::SeriesRow& row : series.rows)
    rows.push_back(row_json(result, row, reasons, regions));
  return {{"segments", std::move(segments)},
          {"latency", {series.latency_lo_ms, series.latency_per_octave, series.latency_count}},
          {"reasons", reasons.list()},
          {"regions", regions.list()},
          {"rows", std::move(rows)}};
}

std::string inert(const std::string& json_text) {
  std::string out = replaced(json_text, "<", "\\u003c");
  out = replaced(std::move(out), "\u2028", "\\u2028");
  return replaced(std::move(out), "\u2029", "\\u2029");
}

}  // namespace

std::string page_data(const Result& result) {
  if (result.series.rows.empty() || result.series.segments.empty()) return "";
  const TimeWindow look = first_look(result);
  json::object data = series_json(result);
  data["look"] = {look.from_s, look.to_s};
  data["injected"] = result.run.injected_at.has_value();
  data["when"] = text(zero_text(result));
  data["undo"] = number(undo_instant(result));
  data["stop"] = number(stop_instant(result));
  data["phases"] = phases_json(result);
  data["dimensions"] = dimensions_json(result);
  data["ledger"] = ledger_json(result.integrity);
  return inert(compact_json(data));
}

}  // namespace muster
