#include "reports/gate/policy_tables.h"

namespace muster {

namespace {

Field must_match(std::string_view name, std::string_view help) {
  return {.name = name,
          .type = Type::Choice,
          .help = help,
          .fallback = "any",
          .choices = {"any", "must_match"}};
}

Field max_age(std::string_view help) {
  return {.name = "max_age", .type = Type::Duration, .help = help, .least = 1};
}

}  // namespace

const Schema& policy_fields() {
  static const Schema kFields = {
      {.name = "muster_gate",
       .type = Type::Integer,
       .help = "always 1",
       .required = true,
       .least = 1,
       .most = 1},
      max_age("how old the last run of a drill may be, where its line says no other; 7d"),
      {.name = "trusted_keys",
       .type = Type::TextList,
       .help = "PEM files of public keys whose results count, beside this home's own"}};
  return kFields;
}

const Schema& policy_drill_fields() {
  static const Schema kFields = {
      {.name = "drill", .type = Type::Name, .help = "its name", .required = true},
      max_age("how old its last run may be"),
      must_match("version", "whether the run's label `version` must be the one asked about"),
      must_match("configuration", "whether the run's settings must be those asked about"),
      {.name = "no_regression",
       .type = Type::Flag,
       .help = "deny where trials confirm that it is worse than usual, within its budgets",
       .fallback = "false"},
      {.name = "environment",
       .type = Type::Name,
       .help = "where the run must have been; the one that is asked about where left out"},
      {.name = "playbook",
       .type = Type::Text,
       .help = "file; the run must have been of it as it is now"},
      {.name = "stack",
       .type = Type::Text,
       .help = "file; the run must have been on the stack of that name"},
      {.name = "set", .type = Type::TextMap, .help = "variables of the playbook"},
      {.name = "least_changes",
       .type = Type::Integer,
       .help = "changes that must have been seen in force",
       .fallback = "1",
       .least = 1,
       .most = 1000}};
  return kFields;
}

const Schema& waiver_fields() {
  static const Schema kFields = {
      {.name = "drill", .type = Type::Name, .help = "the drill that is waived", .required = true},
      {.name = "service", .type = Type::Name, .help = "for which service", .required = true},
      {.name = "environment",
       .type = Type::Name,
       .help = "on its way to which environment",
       .required = true},
      {.name = "owner", .type = Type::Text, .help = "who answers for it", .required = true},
      {.name = "reason", .type = Type::Text, .help = "why it may be lacking", .required = true},
      {.name = "expires",
       .type = Type::Text,
       .help = "a day, which is not waived any more, or an instant in UTC",
       .required = true}};
  return kFields;
}

}  // namespace muster
