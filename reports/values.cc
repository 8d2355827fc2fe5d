#include "reports/values.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

constexpr std::string_view kMinus = "−";

/// Three significant digits, never an exponent.
std::string digits(double value) {
  const double size = std::abs(value);
  const bool whole = std::abs(value - std::round(value)) < 1e-6 * std::max(1.0, size);
  const int decimals = size >= 99.95 || whole ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}", size, decimals);
}

std::string with_sign(double value, std::string text) {
  return value < 0 && text.find_first_of("123456789") != std::string::npos
             ? std::string(kMinus) + text
             : text;
}

}  // namespace

std::string show_count(double count) {
  std::string text = fmt::format("{:.0f}", std::abs(count));
  if (text.size() > 4) {
    for (std::size_t at = text.size() - 3; at > 0 && at<text.size(); at = at> 3 ? at - 3 : 0) {
      text.insert(at, "\u202f");
    }
  }
  return with_sign(count, text);
}

std::string show_seconds(double seconds) {
  const double size = std::abs(seconds);
  if (size == 0) return "0 s";
  if (size < 0.9995) return with_sign(seconds, digits(size * 1e3) + " ms");
  if (size >= 600) {
    const auto whole = std::llround(size);
    return with_sign(seconds, fmt::format("{} min {} s", whole / 60, whole % 60));
  }
  // Milestones are compared at a glance: one decimal below ten minutes, two only below ten seconds.
  const int decimals = size >= 9.995 ? 1 : 2;
  std::string text = fmt::format("{:.{}f}", size, decimals);
  if (size == std::trunc(size)) text = fmt::format("{:.0f}", size);
  return with_sign(seconds, text + " s");
}

std::string show_percent(double ratio) {
  const double percent = ratio * 100;
  if (percent != 0 && std::abs(percent) < 0.01) return "< 0.01 %";
  return with_sign(percent, digits(percent) + " %");
}

std::string show_bytes(double bytes) {
  static constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double size = std::abs(bytes);
  std::size_t unit = 0;
  while (size >= 1024 && unit + 1 < std::size(kUnits)) {
    size /= 1024;
    ++unit;
  }
  return with_sign(bytes, fmt::format("{} {}", digits(size), kUnits[unit]));
}

std::string show_value(double value, std::string_view unit) {
  if (unit == "s") return show_seconds(value);
  if (unit == "ms") return show_seconds(value / 1e3);
  if (unit == "ratio") return show_percent(value);
  if (unit == "count") return show_count(value);
  if (unit == "per_s") return with_sign(value, digits(value) + "/s");
  if (unit == "bytes") return show_bytes(value);
  return with_sign(value, digits(value));
}

std::string show_instant(double t_s) {
  if (std::abs(t_s) < 0.005) return "0";
  const int decimals = std::abs(t_s) < 9.995 ? 2 : 1;
  return fmt::format("{}{:.{}f} s", t_s < 0 ? kMinus : "+", std::abs(t_s), decimals);
}

std::string show_metric(const Result::Metric& metric) {
  if (metric.censored) {
    return metric.value ? "not within " + show_value(*metric.value, metric.unit) : "never";
  }
  return metric.value ? show_value(*metric.value, metric.unit) : "—";
}

std::string show_interval(const Result::Metric& metric) {
  if (!metric.lo || !metric.hi || !metric.value || metric.censored || *metric.hi <= *metric.lo)
    return "";
  const double above = *metric.hi - *metric.value;
  const double below = *metric.value - *metric.lo;
  if (above >= 0 && below >= 0 && std::abs(above - below) < 0.05 * (above + below)) {
    return "± " + show_value((above + below) / 2, metric.unit);
  }
  return show_value(*metric.lo, metric.unit) + " to " + show_value(*metric.hi, metric.unit);
}

std::string show_budget(const Result::Metric& metric) {
  if (metric.budget_op.empty() || !metric.budget) return "";
  const std::string_view sign = metric.budget_op == "<="   ? "≤ "
                                : metric.budget_op == ">=" ? "≥ "
                                                           : "";
  return std::string(sign) + show_value(*metric.budget, metric.unit);
}

std::string show_name(const Result::Metric& metric) {
  if (!metric.name.empty()) return metric.name;
  std::string words = metric.id;
  std::replace(words.begin(), words.end(), '_', ' ');
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z')
    words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string show_scope(const Result& result, const Result::Metric& metric) {
  std::string text = metric.scope_probe;
  if (!metric.scope_vantage.empty()) {
    text += (text.empty() ? "at " : " at ") + vantage_name(result, metric.scope_vantage);
  }
  if (!metric.scope_phase.empty()) {
    for (const Result::Phase& phase : result.phases) {
      if (phase.id != metric.scope_phase) continue;
      return text + (text.empty() ? "" : ", ") + (phase.name.empty() ? phase.id : phase.name);
    }
    text += (text.empty() ? "" : ", ") + metric.scope_phase;
  }
  return text;
}

const Result::Metric* overall_metric(const Result& result, std::string_view id) {
  const Result::Metric* worst = nullptr;
  // What an objective judges speaks for the run before what was only recorded.
  const auto badness = [](const Result::Metric& metric) {
    return (metric.verdict == "fail" ? 8 : 0) + (metric.verdict == "inconclusive" ? 4 : 0) +
           (metric.budget ? 2 : 0) + (metric.censored ? 1 : 0);
  };
  for (const Result::Metric& metric : result.metrics) {
    if (metric.id != id || !metric.scope_vantage.empty() || !metric.scope_phase.empty()) continue;
    if (worst == nullptr || badness(metric) > badness(*worst) ||
        (badness(metric) == badness(*worst) &&
         metric.value.value_or(-1) > worst->value.value_or(-1))) {
      worst = &metric;
    }
  }
  return worst;
}

const Result::Metric* scoped_metric(const Result& result,
                                    std::string_view id,
                                    std::string_view probe,
                                    std::string_view vantage,
                                    std::string_view phase) {
  for (const Result::Metric& metric : result.metrics) {
    if (metric.id == id && metric.scope_probe == probe && metric.scope_vantage == vantage &&
        metric.scope_phase == phase) {
      return &metric;
    }
  }
  return nullptr;
}

const Result::VantageInfo* vantage_info(const Result& result, std::string_view id) {
  for (const auto& vantage : result.vantages) {
    if (vantage.id == id) return &vantage;
  }
  return nullptr;
}

const Result::ProbeInfo* probe_info(const Result& result, std::string_view id) {
  for (const auto& probe : result.probes) {
    if (probe.id == id) return &probe;
  }
  return nullptr;
}

bool is_signal(const Result& result, std::string_view probe) {
  const Result::ProbeInfo* info = probe_info(result, probe);
  return info != nullptr && (info->kind == "dns" || info->kind == "prometheus_query");
}

std::string show_changes(const std::vector<Result::SettingChange>& changes, std::size_t most) {
  const auto or_nothing = [](const std::string& value) {
    return value.empty() ? "nothing" : value;
  };
  std::vector<std::string> texts;
  for (const Result::SettingChange& change : changes) {
    if (texts.size() == most) break;
    texts.push_back(
        fmt::format("{} {} → {}", change.key, or_nothing(change.before), or_nothing(change.now)));
  }
  std::string text = join(texts, ", ");
  if (changes.size() > most) text += fmt::format(" and {} more", changes.size() - most);
  return text;
}

std::string show_times(double ratio) {
  return fmt::format("{:.{}f}", ratio, ratio < 9.95 ? (ratio < 0.995 ? 2 : 1) : 0);
}

std::string vantage_name(const Result& result, std::string_view id) {
  const Result::VantageInfo* info = vantage_info(result, id);
  return std::string(info == nullptr || info->name.empty() ? id : std::string_view(info->name));
}

std::string show_minute(UtcTime at) {
  std::string text = format_utc(at).substr(0, 16);
  text[10] = ' ';
  return text + " UTC";
}

std::string show_clock(UtcTime at) {
  return format_utc(at).substr(11, 12) + " UTC";
}

}  // namespace muster
