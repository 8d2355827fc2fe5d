#include "faults/change.h"

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::size_t kShownInput = 120;

std::string first_arg(const Operation& operation) {
  return operation.args.empty() ? "?" : operation.args.front();
}

std::string signal_name(const Operation& operation) {
  const std::string name = first_arg(operation);
  return name.starts_with("SIG") ? name : "SIG" + name;
}

std::string text_of_exec(const Operation& operation) {
  std::string text = show_argv(operation.args);
  if (!operation.input.empty())
    text += " <<< '" + printable(trim(operation.input), kShownInput) + "'";
  if (!operation.contains.empty())
    text += fmt::format(", with \"{}\" in its output", on_one_line(operation.contains));
  if (!operation.lacks.empty())
    text += fmt::format(", without \"{}\" in its output", on_one_line(operation.lacks));
  return text;
}

UndoClass undo_class_from(std::string_view name) {
  for (const UndoClass each : {UndoClass::SelfExpiring,
                               UndoClass::Reversible,
                               UndoClass::SelfHealingOnRestart,
                               UndoClass::Irreversible}) {
    if (name_of(each) == name) return each;
  }
  fail("there is no undo class '{}'", name);
}

std::string text_or_empty(const json::object& object, std::string_view key) {
  return find(object, key) == nullptr ? "" : text_at(object, key);
}

const json::object& object_at(const json::object& object, std::string_view key) {
  const json::value& member = at(object, key);
  if (!member.is_object()) fail("'{}' of a change is not an object", key);
  return member.get_object();
}

}  // namespace

std::string on_one_line(std::string text) {
  for (const auto& [mark, shown] : {std::pair{"\n", "\\n"}, {"\r", "\\r"}, {"\t", "\\t"}})
    text = replaced(std::move(text), mark, shown);
  return text;
}

Operation exec(std::vector<std::string> argv, std::string input) {
  Operation operation;
  operation.kind = "exec";
  operation.args = std::move(argv);
  operation.input = std::move(input);
  return operation;
}

std::string Operation::text() const {
  if (kind == "exec") return text_of_exec(*this);
  if (kind == "signal") return "send " + signal_name(*this) + " to the process";
  if (kind == "file" && input.empty()) return "put " + first_arg(*this) + " back as it was";
  if (kind == "file")
    return fmt::format("write {} ({})", first_arg(*this), count_of(input.size(), "byte"));
  if (kind == "gone") return "the process has ended";
  if (kind == "stopped")
    return first_arg(*this) == "yes" ? "the process is stopped" : "the process is not stopped";
  if (kind == "alive") return "the process of " + first_arg(*this) + " lives";
  if (kind == "holder" && args.empty()) return "end the program that holds the fault";
  if (kind == "holder") return "keep running: " + show_argv(args);
  return "nothing";
}

json::object to_json(const Operation& operation) {
  json::object object;
  object["kind"] = operation.kind;
  if (!operation.args.empty()) object["args"] = json::value_from(operation.args);
  if (!operation.input.empty()) object["input"] = operation.input;
  if (!operation.contains.empty()) object["contains"] = operation.contains;
  if (!operation.lacks.empty()) object["lacks"] = operation.lacks;
  object["timeout"] = operation.timeout.count();
  return object;
}

Operation operation_from_json(const json::object& object) {
  Operation operation;
  operation.kind = text_at(object, "kind");
  if (const json::value* args = find(object, "args")) {
    if (!args->is_array()) fail("'args' of an operation is not a list");
    for (const json::value& arg : args->get_array()) {
      if (!arg.is_string()) fail("'args' of an operation has a member that is not text");
      operation.args.emplace_back(arg.get_string());
    }
  }
  operation.input = text_or_empty(object, "input");
  operation.contains = text_or_empty(object, "contains");
  operation.lacks = text_or_empty(object, "lacks");
  operation.timeout = duration_at(object, "timeout");
  return operation;
}

json::object to_json(const Change& change) {
  json::object object;
  object["id"] = change.id;
  object["kind"] = change.kind;
  object["what"] = change.what;
  object["host"] = change.host;
  if (change.on_network) object["on_network"] = true;
  object["resource"] = change.resource;
  if (!change.process.empty()) object["process"] = change.process;
  object["apply"] = to_json(change.apply);
  object["verify"] = to_json(change.verify);
  object["undo"] = to_json(change.undo);
  object["verify_undone"] = to_json(change.verify_undone);
  object["verify_within"] = change.verify_within.count();
  object["undone_within"] = change.undone_within.count();
  object["deadline"] = change.deadline.count();
  object["lease"] = change.lease.count();
  object["undo_class"] = name_of(change.undo_class);
  object["order"] = change.order;
  return object;
}

Change change_from_json(const json::object& object) {
  Change change;
  change.id = text_at(object, "id");
  change.kind = text_or_empty(object, "kind");  // journals of older versions have none
  change.what = text_at(object, "what");
  change.host = text_at(object, "host");
  change.on_network = find(object, "on_network") != nullptr && flag_at(object, "on_network");
  change.resource = text_at(object, "resource");
  change.process = text_or_empty(object, "process");
  change.apply = operation_from_json(object_at(object, "apply"));
  change.verify = operation_from_json(object_at(object, "verify"));
  change.undo = operation_from_json(object_at(object, "undo"));
  change.verify_undone = operation_from_json(object_at(object, "verify_undone"));
  change.verify_within = duration_at(object, "verify_within");
  change.undone_within = duration_at(object, "undone_within");
  change.deadline = duration_at(object, "deadline");
  change.lease = duration_at(object, "lease");
  change.undo_class = undo_class_from(text_at(object, "undo_class"));
  change.order = static_cast<int>(integer_at(object, "order"));
  return change;
}

}  // namespace muster
