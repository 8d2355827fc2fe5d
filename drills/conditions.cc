#include "drills/conditions.h"

#include <algorithm>

#include <fmt/format.h>

#include "drills/values.h"

namespace muster {

namespace {

const Field kMetric{.name = "metric",
                    .type = Type::Name,
                    .help = "what is looked at; see the list of metrics",
                    .required = true};
const Field kProbe{.name = "probe",
                   .type = Type::Name,
                   .help = "the probe that measures it",
                   .refers = Refers::Probe};
const Field kVantage{.name = "vantage",
                     .type = Type::Name,
                     .help = "only there; default: the worst of all",
                     .refers = Refers::Vantage};
const Field kOver{.name = "over",
                  .type = Type::Duration,
                  .help = "the window it is computed on; default 5s",
                  .least = 0.1,
                  .most = 86400};
const Field kFor{.name = "for",
                 .type = Type::Duration,
                 .help = "must be true so long without a break",
                 .most = 86400};
const Field kMax{
    .name = "max", .type = Type::Limit, .help = "holds while the metric is at most this"};
const Field kMin{
    .name = "min", .type = Type::Limit, .help = "holds while the metric is at least this"};
const Field kAbove{
    .name = "above", .type = Type::Limit, .help = "true while the metric is more than this"};
const Field kBelow{
    .name = "below", .type = Type::Limit, .help = "true while the metric is less than this"};

bool may_stand(const MetricSpec& metric, const ConditionPlace& place) {
  return place.live ? metric.live : metric.objective;
}

std::optional<Duration> duration_if(const Params& params, std::string_view key) {
  return params.has(key) ? std::optional(params.duration(key)) : std::nullopt;
}

class ConditionReader {
 public:
  ConditionReader(const ConditionPlace& place,
                  const Where& at,
                  const Names& names,
                  Reading& reading)
      : place_(place),
        owner_{fmt::format("a {}", place.noun), at},
        names_(names),
        reading_(reading) {
    if (place.noun.find_first_of("aeiou") == 0) owner_.text = fmt::format("an {}", place.noun);
  }

  Condition read(const YamlNode& node) {
    Condition condition;
    condition.where = owner_.where;
    if (node.broken || !is_condition(node)) return condition;
    const std::size_t before = reading_.count();
    const Params params =
        read_fields(place_.fields, node, owner_, names_, reading_, other_words(node));
    if (params.has("metric")) {
      condition.metric = params.text("metric");
      condition.where = params.place("metric");
    }
    if (params.has("probe")) condition.probe = params.text("probe");
    if (params.has("vantage")) condition.vantage = params.text("vantage");
    condition.over = duration_if(params, "over");
    condition.for_at_least = duration_if(params, "for");
    if (const MetricSpec* metric = metric_of(condition))
      read_bounds(*metric, params, condition, before);
    return condition;
  }

 private:
  bool is_condition(const YamlNode& node) {
    if (node.is_map()) return true;
    reading_.report(node.where,
                    fmt::format("{} is a map of keys, not {}", owner_.text, node.shown()),
                    place_.stops ? "write {metric: error_ratio, probe: NAME, above: 50%, for: 10s}"
                                 : "write {metric: error_ratio, probe: NAME, max: 1%}");
    return false;
  }

  /// `max` under stop_if and `above` elsewhere are the likeliest slips; they get a message of their
  /// own.
  std::vector<std::string> other_words(const YamlNode& node) {
    const std::vector<std::string> wrong = place_.stops
                                               ? std::vector<std::string>{"max", "min"}
                                               : std::vector<std::string>{"above", "below"};
    for (const YamlEntry& entry : node.entries) {
      if (std::find(wrong.begin(), wrong.end(), entry.key) == wrong.end()) continue;
      slipped_ = true;
      reading_.report(entry.where,
                      fmt::format("'{}' has no meaning in {}", entry.key, owner_.text),
                      place_.stops ? "say what stops the drill: above or below"
                                   : "say what must hold: max or min");
    }
    return wrong;
  }

  const MetricSpec* metric_of(Condition& condition) {
    if (condition.metric.empty()) return nullptr;
    const MetricSpec* metric = metric_spec(condition.metric);
    if (metric == nullptr) {
      reading_.report(condition.where,
                      fmt::format("there is no metric '{}'", condition.metric),
                      suggestion(condition.metric, metrics_of(place_)));
    } else if (!may_stand(*metric, place_)) {
      reading_.report(
          condition.where,
          place_.live ? fmt::format("'{}' is known only when the drill is over", metric->name)
                      : fmt::format("'{}' is only for limits while the drill runs", metric->name),
          place_.live ? "it may stand under 'objectives'"
                      : "it may stand in 'steady', 'stop_if', 'await' and 'expect'");
      condition.metric.clear();  // nothing else need be said of it
      return nullptr;
    }
    return metric;
  }

  void read_bounds(const MetricSpec& metric,
                   const Params& params,
                   Condition& condition,
                   std::size_t before) {
    condition.max = bound(metric, params, "max");
    condition.min = bound(metric, params, "min");
    condition.above = bound(metric, params, "above");
    condition.below = bound(metric, params, "below");
    if (reading_.count() != before || slipped_) return;
    const bool bounded =
        place_.stops ? condition.above || condition.below : condition.max || condition.min;
    if (!bounded) {
      const auto& [first, second] =
          place_.stops ? std::pair("above", "below") : std::pair("max", "min");
      reading_.report(
          condition.where,
          fmt::format("{} on '{}' needs '{}' or '{}'", owner_.text, metric.name, first, second),
          fmt::format("like  {}: {}", first, bound_example(metric.unit)));
    }
    if (condition.max && condition.min && *condition.max < *condition.min) {
      reading_.report(params.place("max"), "'max' is less than 'min': nothing can hold this");
    }
  }

  static std::string_view bound_example(std::string_view unit) {
    if (unit == "s") return "30s";
    if (unit == "ratio") return "1%";
    return unit == "per_s" ? "100/s" : "0";
  }

  std::optional<double> bound(const MetricSpec& metric,
                              const Params& params,
                              std::string_view key) {
    if (!params.has(key)) return std::nullopt;
    const Type type = bound_type(metric.unit);
    const std::string text = params.text(key);
    const auto value = parse_value(type, text);
    const auto number = value ? number_of(type, *value) : std::nullopt;
    if (number && *number >= 0 && (type != Type::Ratio || *number <= 1)) return number;
    reading_.report(
        params.place(key),
        fmt::format("'{}' of '{}' must be {}, not '{}'", key, metric.name, expected(type), text),
        value_hint(type, text));
    return std::nullopt;
  }

  const ConditionPlace& place_;
  Owner owner_;
  const Names& names_;
  Reading& reading_;
  bool slipped_ = false;
};

/// A bound as a person would say it: "500 ms", "1 %", "0".
std::string bound_words(const MetricSpec* metric, double bound) {
  const std::string_view unit = metric == nullptr ? "" : metric->unit;
  if (unit == "s") return human_duration(from_seconds(bound));
  if (unit == "ratio") return fmt::format("{:.4g} %", bound * 100);
  if (unit == "per_s") return fmt::format("{:.4g}/s", bound);
  return fmt::format("{:.6g}", bound);
}

}  // namespace

const ConditionPlace& steady_place() {
  static const ConditionPlace place{
      "steady", "steady limit", true, false, {kMetric, kProbe, kVantage, kOver, kMax, kMin}};
  return place;
}

const ConditionPlace& stop_place() {
  static const ConditionPlace place{"stop_if",
                                    "stop condition",
                                    true,
                                    true,
                                    {kMetric, kProbe, kVantage, kOver, kAbove, kBelow, kFor}};
  return place;
}

const ConditionPlace& await_place() {
  static const ConditionPlace place{"await",
                                    "awaited condition",
                                    true,
                                    false,
                                    {kMetric, kProbe, kVantage, kOver, kMax, kMin, kFor}};
  return place;
}

const ConditionPlace& expect_place() {
  static const ConditionPlace place{
      "expect", "expectation", true, false, {kMetric, kProbe, kVantage, kOver, kMax, kMin}};
  return place;
}

const ConditionPlace& objective_place() {
  static const ConditionPlace place{
      "objectives", "objective", false, false, {kMetric, kProbe, kVantage, kMax, kMin}};
  return place;
}

std::vector<std::string> metrics_of(const ConditionPlace& place) {
  std::vector<std::string> names;
  for (const MetricSpec& metric : metric_catalogue()) {
    if (may_stand(metric, place)) names.emplace_back(metric.name);
  }
  return names;
}

Type bound_type(std::string_view unit) {
  if (unit == "s") return Type::Duration;
  if (unit == "ratio") return Type::Ratio;
  if (unit == "per_s") return Type::Rate;
  if (unit == "bytes") return Type::Size;
  if (unit == "number") return Type::Number;
  return Type::Integer;
}

Condition read_condition(const ConditionPlace& place,
                         const YamlNode& node,
                         const Where& at,
                         const Names& names,
                         Reading& reading) {
  return ConditionReader(place, at, names, reading).read(node);
}

std::vector<Condition> read_conditions(const ConditionPlace& place,
                                       const YamlEntry& entry,
                                       const Names& names,
                                       Reading& reading) {
  std::vector<Condition> conditions;
  if (!expect_list(entry, "begin each item with '- '", reading)) return conditions;
  for (const YamlNode& item : entry.value.items) {
    conditions.push_back(read_condition(place, item, item.where, names, reading));
  }
  return conditions;
}

std::string Condition::text() const {
  const MetricSpec* spec = metric_spec(metric);
  std::string out = metric;
  if (!probe.empty()) out += " of " + probe;
  if (!vantage.empty()) out += " at " + vantage;
  if (over) out += " over " + human_duration(*over);
  std::string joint = " ";
  const auto add = [&](std::string_view sign, const std::optional<double>& bound) {
    if (!bound) return;
    out += fmt::format("{}{} {}", joint, sign, bound_words(spec, *bound));
    joint = " and ";
  };
  add("<=", max);
  add(">=", min);
  add(">", above);
  add("<", below);
  if (for_at_least) out += " for " + human_duration(*for_at_least);
  return out;
}

}  // namespace muster
