#include "drills/playbook_tables.h"

#include <algorithm>

namespace muster {

namespace {

constexpr double kDay = 86400;

Field length(std::string_view name, std::string_view help) {
  return {.name = name,
          .type = Type::Duration,
          .help = help,
          .required = true,
          .least = 0.001,
          .most = kDay};
}

Field within(std::string_view fallback, std::string_view help) {
  return {.name = "within",
          .type = Type::Duration,
          .help = help,
          .fallback = fallback,
          .least = 0.001,
          .most = kDay};
}

Schema run_fields() {
  return {{.name = "host",
           .type = Type::Name,
           .help = "where it runs",
           .required = true,
           .refers = Refers::Host},
          {.name = "argv",
           .type = Type::Argv,
           .help = "the program and its arguments",
           .required = true},
          {.name = "timeout",
           .type = Type::Duration,
           .help = "longer than this is a failure",
           .fallback = "30s",
           .least = 0.001,
           .most = kDay}};
}

}  // namespace

const Schema& playbook_fields() {
  static const Schema fields = {
      {.name = "muster",
       .type = Type::Integer,
       .help = "version of this format; comes first",
       .required = true,
       .least = 1,
       .most = 1},
      {.name = "drill",
       .type = Type::Text,
       .help = "name of the drill: small letters, digits, '-'; at most 64",
       .required = true},
      {.name = "title", .type = Type::Text, .help = "one line for people"},
      {.name = "owner", .type = Type::Text, .help = "who to ask"},
      {.name = "tags", .type = Type::TextList, .help = "words to find it by"},
      {.name = "stack",
       .type = Type::Text,
       .help = "the stack file, relative to this one; --stack overrides"},
      {.name = "include", .type = Type::TextList, .help = "fragments, relative to this file"},
      {.name = "trials",
       .type = Type::Integer,
       .help = "how often the drill is repeated",
       .fallback = "1",
       .least = 1,
       .most = 1000}};
  return fields;
}

const std::vector<PlaybookSection>& playbook_sections() {
  static const std::vector<PlaybookSection> sections = {
      {"vars", "values that --set may change"},
      {"probes", "what users do, and what is measured"},
      {"steady", "what must hold in the baseline, else nothing is touched"},
      {"stop_if", "what undoes everything at once"},
      {"objectives", "what the drill is judged by"},
      {"steps", "what happens, in order", false}};
  return sections;
}

const Schema& probe_fields() {
  static const Schema fields = {
      {.name = "from",
       .type = Type::NameList,
       .help = "vantages; default: all, or the hosts that the kind looks at",
       .refers = Refers::Vantage},
      {.name = "rate",
       .type = Type::Rate,
       .help = "requests due, per vantage",
       .fallback = "1/s",
       .least = 0.001,
       .most = 20000},
      {.name = "arrivals",
       .type = Type::Choice,
       .help = "evenly spaced, or at random (Poisson)",
       .fallback = "even",
       .choices = {"even", "poisson"}},
      {.name = "clients",
       .type = Type::Integer,
       .help = "independent users, per vantage",
       .fallback = "1",
       .least = 1,
       .most = 10000},
      {.name = "settle",
       .type = Type::Duration,
       .help = "how long it must stay good to count as failed over",
       .fallback = "5s",
       .least = 0.1,
       .most = 3600},
      {.name = "slo",
       .type = Type::Object,
       .help = "what its users were promised; the drill then says how much of the error budget it "
               "spent",
       .fields = {{.name = "availability",
                   .type = Type::Ratio,
                   .help = "of the requests, 99.9%",
                   .required = true,
                   .most = 0.9999999},
                  {.name = "over",
                   .type = Type::Duration,
                   .help = "the time it counts for",
                   .fallback = "30d",
                   .least = 3600,
                   .most = 366 * kDay}}}};
  return fields;
}

const std::vector<StepKind>& step_kinds() {
  static const std::vector<StepKind> kinds = {
      {"baseline",
       "measures before anything is touched; `steady` must hold",
       "baseline: 10s",
       {length("baseline", "how long")}},
      {"inject",
       "breaks something; undone at the end, if no step does",
       "inject: drain\n"
       "fault: {drain_region: {region: us-east}}",
       {{.name = "inject",
         .type = Type::Name,
         .help = "name of this step; what `undo` names",
         .required = true},
        {.name = "deadline",
         .type = Type::Duration,
         .help = "the guard undoes it then, whatever happens",
         .least = 1,
         .most = 7 * kDay},
        {.name = "irreversible",
         .type = Type::Choice,
         .help = "needed by kinds that have no undo",
         .choices = {"accepted"}},
        {.name = "all_regions",
         .type = Type::Choice,
         .help = "needed where every region may then be out at the same time",
         .choices = {"accepted"}}},
       {"fault"}},
      {"undo",
       "puts back what an earlier step broke",
       "undo: drain",
       {{.name = "undo", .type = Type::Name, .help = "name of the inject step", .required = true}}},
      {"hold", "waits", "hold: 20s", {length("hold", "how long")}},
      {"await",
       "waits until something is so, and no longer than `within`",
       "await: {failover: readers}\nwithin: 60s",
       {within("60s", "later than this is a failure")},
       {"await"}},
      {"expect",
       "looks once; a failure if it is not so",
       "expect: {metric: error_ratio, probe: readers, max: 1%}",
       {},
       {"expect"}},
      {"run",
       "runs a program on a host; a failure if it does not exit with 0",
       "run: {host: db-us, argv: [pg_lsclusters]}",
       {{.name = "run",
         .type = Type::Object,
         .help = "what to run",
         .required = true,
         .fields = run_fields()}}},
      {"ask",
       "asks a person, and goes on when they confirm",
       "ask: Has the pager rung?\nwithin: 5m",
       {{.name = "ask", .type = Type::Text, .help = "the question", .required = true},
        within("10m", "no answer by then is a failure")}},
      {"parallel",
       "does several steps at once, and goes on when all are done",
       "parallel:\n  - hold: 20s\n  - undo: drain",
       {},
       {"parallel"}}};
  return kinds;
}

const StepKind* step_kind(std::string_view name) {
  const std::vector<StepKind>& all = step_kinds();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const StepKind& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace muster
