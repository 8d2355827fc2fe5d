#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "drills/schema.h"
#include "drills/stack.h"

namespace muster {

/// What a condition or objective looks at, with its bound. Ratios are in [0,1], times in seconds,
/// rates per second.
struct Condition {
  std::string metric;   ///< a name of metric_catalogue(): "error_ratio", "latency_p99", ...
  std::string probe;    ///< empty where the metric belongs to the run
  std::string vantage;  ///< empty: the worst of all
  std::optional<Duration> over;          ///< window that a live metric is computed on (default 5 s)
  std::optional<double> max;             ///< holds while value <= max
  std::optional<double> min;             ///< holds while value >= min
  std::optional<double> above;           ///< stop_if: true while value > above
  std::optional<double> below;           ///< stop_if: true while value < below
  std::optional<Duration> for_at_least;  ///< `for:` must be true for so long without a break
  Where where;

  /// "error_ratio of readers over 10 s <= 1 %", as a person would say it.
  std::string text() const;
};

/// The metrics a playbook may name, their unit and where they may stand.
struct MetricSpec {
  std::string_view name;
  std::string_view unit;  ///< "s" | "ratio" | "count" | "per_s" | "bytes" | "number"; bounds in s
                          ///< are written as durations
  std::string_view help;
  bool needs_probe = true;
  bool live = false;      ///< may stand in steady, stop_if, await and expect
  bool objective = true;  ///< may stand in objectives
  bool lower_is_better = true;
  std::vector<std::string_view> kinds{};  ///< probe kinds that can tell it; empty: any
};
const std::vector<MetricSpec>& metric_catalogue();
const MetricSpec* metric_spec(std::string_view name);

/// What its users were promised: of all requests within `over` the share `availability` succeeds.
/// What may fail is the error budget.
struct ServiceLevel {
  double availability = 0;  ///< below 1
  Duration over{};
};

struct ProbeSpec {
  std::string name;
  std::string kind;  ///< "http", "dns", ...
  Params params;     ///< of the kind
  std::vector<std::string>
      from;              ///< vantages; empty: the kind decides (postgres_lag: the database hosts)
  double rate = 1;       ///< per second and vantage
  bool poisson = false;  ///< arrivals: even | poisson
  int clients = 1;       ///< independent users, per vantage
  Duration settle =
      std::chrono::seconds(5);  ///< how long it must stay good to count as failed over
  std::optional<ServiceLevel> slo;
  Where where;
};

/// `${name}` inside a step's parameters is replaced by a variable's value, after parsing.
struct Variable {
  std::string name;
  Type type = Type::Text;
  std::string help;
  json::value value;  ///< the default, or what --set gave; canonical form
  Where where;
};

struct Step;

struct BaselineStep {
  Duration length{};
};
struct InjectStep {
  std::string name;  ///< unique in the playbook; what `undo:` names
  std::string kind;
  Params params;
  std::optional<Duration>
      deadline;  ///< hard; default: the sum of the steps until its undo, doubled, plus 60 s
  bool accept_irreversible = false;  ///< `irreversible: accepted`
  bool accept_all_regions = false;   ///< `all_regions: accepted`
};
struct UndoStep {
  std::string name;
};
struct HoldStep {
  Duration length{};
};
struct AwaitStep {
  enum class Kind { Failover, Recovery, Condition };
  Kind kind = Kind::Condition;
  std::string probe;    ///< for Failover and Recovery
  Condition condition;  ///< for Condition
  Duration within = std::chrono::seconds(60);
};
struct ExpectStep {
  Condition condition;
};
struct RunStep {
  std::string host;
  std::vector<std::string> argv;
  Duration timeout = std::chrono::seconds(30);
};
struct AskStep {
  std::string question;
  Duration within = std::chrono::minutes(10);
};
struct ParallelStep {
  std::vector<Step> branches;
};

struct Step {
  std::variant<BaselineStep,
               InjectStep,
               UndoStep,
               HoldStep,
               AwaitStep,
               ExpectStep,
               RunStep,
               AskStep,
               ParallelStep>
      action;
  Where where;
  std::string title() const;  ///< "inject drain (drain_region)", for people
};

struct Playbook {
  std::string file;
  std::string text;  ///< as written, without included fragments
  std::string drill;
  std::string title;
  std::string owner;
  std::vector<std::string> tags;
  std::string stack_file;  ///< resolved against the playbook's folder; empty if none is named
  std::vector<Variable> variables;
  std::vector<ProbeSpec> probes;
  std::vector<Condition> steady;
  std::vector<Condition> stop_if;
  std::vector<Step> steps;  ///< steps whose `when:` was false are already gone
  std::vector<Condition> objectives;
  int trials = 1;
  std::string digest;  ///< "sha256:..." of the canonical form, variables filled in
  std::string
      series_key;  ///< "sha256:..." of what makes runs comparable: no budgets, titles, comments

  const ProbeSpec* probe(std::string_view name) const;
};

struct LoadOptions {
  std::map<std::string, std::string> set;  ///< --set name=value
  std::optional<std::string> stack_file;   ///< --stack
};

struct Drill {
  Playbook playbook;
  Stack stack;
};

/// Reads a playbook and the stack it names, and checks one against the other: every name resolves,
/// undo names an earlier inject, metrics fit their probe, irreversible kinds are accepted. Throws
/// UsageError holding every diagnostic of both files, rendered with line, caret and suggestion.
/// Reaches no host.
Drill load_drill(const std::string& playbook_file,
                 const Catalogue& catalogue,
                 const LoadOptions& options);

/// JSON Schema (draft 2020-12) of playbook and stack, made from the same tables as the parser.
json::object playbook_json_schema(const Catalogue& catalogue);
json::object stack_json_schema();

}  // namespace muster
