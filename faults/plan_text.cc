#include "faults/plan_text.h"

#include "base/files.h"
#include "base/text.h"

namespace muster {
namespace {

constexpr std::string_view kIndent = "\n             ";

/// Programs that lie beside muster are shown by name: where that is says nothing about the change.
std::string without_program_directory(std::string text) {
  const std::string directory = program_directory().string() + "/";
  for (std::size_t at = text.find(directory); at != std::string::npos; at = text.find(directory))
    text.erase(at, directory.size());
  return text;
}

/// Line by line: an undo may hold what a provider or a program said, byte for byte.
std::string inert(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) line = printable(line, line.size());
  return join(lines, "\n");
}

/// What a program is given to read, each line under the other.
std::string input_block(std::string_view input) {
  std::string text;
  for (const std::string& line : split(trim(input), '\n')) {
    text += kIndent;
    text += "| ";
    text += line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  }
  return text;
}

std::string operation_text(const Operation& operation) {
  if (operation.empty()) return "nothing";
  if (operation.input.empty()) return without_program_directory(operation.text());
  return (operation.kind == "exec" ? show_argv(operation.args) : operation.text()) +
         input_block(operation.input);
}

/// For verify and verify_undone.
std::string observation_text(const Operation& operation, Duration within) {
  if (operation.empty()) return "nothing";
  std::string text = operation_text(operation);
  if (operation.kind == "file") text = "what stands in " + operation.args.front();
  if (operation.kind == "exec") {
    text = without_program_directory(show_argv(operation.args));
    if (!operation.input.empty()) text += input_block(operation.input);
    if (!operation.contains.empty())
      text += fmt::format("{}says   `{}`", kIndent, on_one_line(operation.contains));
    if (!operation.lacks.empty())
      text += fmt::format("{}lacks  `{}`", kIndent, on_one_line(operation.lacks));
  }
  return text + fmt::format("{}within {}", kIndent, human_duration(within));
}

std::string gone_text(const Change& change) {
  if (change.verify_undone.empty() && change.undo.kind == "exec")
    return "nothing looks: the undo's own exit code is believed";
  return observation_text(change.verify_undone, change.undone_within);
}

std::string change_text(std::size_t number, const Change& change) {
  std::string text = fmt::format("{}. {}\n", number, change.what);
  text += fmt::format("   on        {}, taking hold of {}\n", change.host, change.resource);
  text += fmt::format("   apply     {}\n", operation_text(change.apply));
  text += fmt::format("   seen by   {}\n", observation_text(change.verify, change.verify_within));
  text += fmt::format("   undo      {}\n", operation_text(change.undo));
  text += fmt::format("   gone by   {}\n", gone_text(change));
  return text + fmt::format("   deadline  {} after it was armed; {}\n",
                            human_duration(change.deadline),
                            name_of(change.undo_class));
}

std::string span_text(Duration best, Duration worst) {
  return best == worst ? human_duration(best)
                       : fmt::format("{} to {}", human_duration(best), human_duration(worst));
}

std::string prediction_text(const FaultPlan& plan) {
  if (plan.users_unaffected) return "Predicted: no user notices.\n";
  if (plan.predicted.empty()) return "Nothing can be predicted from the stack's settings.\n";
  Duration best{};
  Duration worst{};
  for (const PredictedStage& stage : plan.predicted) {
    best += stage.best;
    worst += stage.worst;
  }
  std::string text = fmt::format("Predicted: users have moved after {}.\n", span_text(best, worst));
  for (const PredictedStage& stage : plan.predicted)
    text += fmt::format(
        "   {:<9} {:<16} {}\n", stage.name, span_text(stage.best, stage.worst), stage.why);
  return text;
}

}  // namespace

std::string plan_text(const FaultPlan& plan) {
  std::string text;
  std::size_t number = 0;
  for (const Change& change : plan.changes) text += change_text(++number, change) + "\n";
  text += prediction_text(plan);
  if (!plan.regions_out.empty())
    text += fmt::format("Answers from {} no longer count as good.\n", join(plan.regions_out, ", "));
  return inert(text);
}

}  // namespace muster
