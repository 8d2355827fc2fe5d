#include "base/error.h"
#include "base/text.h"
#include "drills/values.h"
#include "faults/fault.h"
#include "probes/probe.h"
#include "reports/gate/policy.h"
#include "runner/catalogue.h"
#include "runner/commands/commands.h"
#include "runner/settings/settings_schema.h"

namespace muster {

namespace {

void show_fields(const Schema& fields, const std::string& indent) {
  for (const Field& field : fields) {
    std::string note;
    if (field.required) note = " (required)";
    if (!field.fallback.empty()) note = fmt::format(" (default {})", field.fallback);
    for (std::size_t i = 0; i < field.choices.size(); ++i)
      note += fmt::format("{}{}", i == 0 ? "; one of " : ", ", field.choices[i]);
    print(fmt::format(
        "{}{:<16} {:<12} {}{}\n", indent, field.name, type_name(field.type), field.help, note));
    show_fields(field.fields, indent + "  ");
  }
}

void explain(const KindSpec& spec, bool is_fault) {
  print(fmt::format("{}: {}\n", spec.name, spec.summary));
  if (is_fault) print(fmt::format("undo: {}\n", name_of(spec.undo)));
  if (!spec.needs.empty())
    print(
        fmt::format("needs on the host: {}\n", join({spec.needs.begin(), spec.needs.end()}, ", ")));
  if (const FaultKind* fault = is_fault ? fault_kind(spec.name) : nullptr;
      fault != nullptr && !fault->root.empty())
    print(fmt::format("wants root there, but not in the lab: {}\n", fault->root));
  print("\nparameters:\n");
  show_fields(spec.fields, "  ");
  print(fmt::format("\nexample:\n{}\n", spec.example));
}

int show_kinds(const std::vector<const KindSpec*>& specs,
               const std::string& name,
               bool are_faults) {
  std::vector<std::string> names;
  for (const KindSpec* spec : specs) {
    names.emplace_back(spec->name);
    if (spec->name == name) {
      explain(*spec, are_faults);
      return 0;
    }
    if (name.empty()) print(fmt::format("{:<16} {}\n", spec->name, spec->summary));
  }
  if (name.empty()) return 0;
  const std::string meant = nearest(name, names);
  throw UsageError(fmt::format("there is no {} '{}'{}",
                               are_faults ? "fault" : "probe",
                               printable(name, 60),
                               meant.empty() ? "" : "; did you mean '" + meant + "'?"));
}

}  // namespace

Action define_faults(Arguments& arguments) {
  arguments.example("muster faults drain_region");
  auto& name = arguments.operand("NAME", "explain this one", false);
  return [&] {
    return show_kinds(fault_specs(), name, true);
  };
}

Action define_probes(Arguments& arguments) {
  arguments.example("muster probes http");
  auto& name = arguments.operand("NAME", "explain this one", false);
  return [&] {
    return show_kinds(probe_specs(), name, false);
  };
}

Action define_schema(Arguments& arguments) {
  arguments.example("muster schema playbook > playbook.schema.json");
  auto& what = arguments.operand("WHAT", "playbook, stack, settings or gate", false);
  return [&] {
    if (what.empty() || what == "playbook") {
      print(pretty_json(playbook_json_schema(catalogue())));
    } else if (what == "stack") {
      print(pretty_json(stack_json_schema()));
    } else if (what == "settings") {
      print(pretty_json(settings_json_schema()));
    } else if (what == "gate") {
      print(pretty_json(gate_policy_json_schema()));
    } else {
      throw UsageError("muster schema playbook|stack|settings|gate, not '" + printable(what, 40) +
                       "'");
    }
    return 0;
  };
}

}  // namespace muster
