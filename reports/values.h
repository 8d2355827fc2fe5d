#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/result.h"

namespace muster {

/// How numbers read on the page: three significant digits, one unit, a real minus sign, thin gaps
/// in long counts. Units are those of Result::Metric, and "bytes".
std::string show_value(double value, std::string_view unit);
std::string show_seconds(double seconds);
std::string show_count(double count);
std::string show_bytes(double bytes);
std::string show_percent(double ratio);
/// "+12.4 s", "−3 s": an instant from the injection.
std::string show_instant(double t_s);

/// The value of a metric; "not within 60 s" where it was not reached; "—" where there is none.
std::string show_metric(const Result::Metric& metric);
/// "± 0.2 s", "37.2 to 39.2 s" where it is not even, or "".
std::string show_interval(const Result::Metric& metric);
/// "≤ 30 s", or "".
std::string show_budget(const Result::Metric& metric);
/// The name given, or the id in words: "latency p99".
std::string show_name(const Result::Metric& metric);
/// "readers at Client US" : what of the run the metric is about, or "".
std::string show_scope(const Result& result, const Result::Metric& metric);

/// The metric with this id over the whole run, at the worst vantage; of several probes the one that
/// missed its budget, else one that has a budget, else the worst. nullptr where there is none.
const Result::Metric* overall_metric(const Result& result, std::string_view id);
const Result::Metric* scoped_metric(const Result& result,
                                    std::string_view id,
                                    std::string_view probe,
                                    std::string_view vantage,
                                    std::string_view phase);

/// "dns.ttl 10 s → 30 s, app nothing → 2026.46"; at most `most` of them, then "and 3 more".
std::string show_changes(const std::vector<Result::SettingChange>& changes, std::size_t most);
/// "1.5", "2.3", "25": how many times as much.
std::string show_times(double ratio);

/// The name of a vantage or phase for people; the id where it has none.
std::string vantage_name(const Result& result, std::string_view id);
const Result::VantageInfo* vantage_info(const Result& result, std::string_view id);
const Result::ProbeInfo* probe_info(const Result& result, std::string_view id);

/// Whether a probe looks at the control plane (DNS answers, alerts) and not at what users get.
bool is_signal(const Result& result, std::string_view probe);

/// "2026-11-14 14:12 UTC".
std::string show_minute(UtcTime at);
/// "14:12:00.318 UTC".
std::string show_clock(UtcTime at);

}  // namespace muster
