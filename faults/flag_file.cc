#include "faults/flag_file.h"

#include "base/text.h"

namespace muster {

Change& add_flag_file(FaultPlan& plan,
                      const FaultContext& context,
                      const StackHost& host,
                      const std::string& file,
                      std::string content,
                      std::string what) {
  if (context.stack.protects(Protection::Kind::Path, file))
    refuse({}, fmt::format("{} is protected by the stack", file));
  Change& change = add_change(plan, context, host, std::move(what));
  change.resource = "file:" + file;
  change.apply = built_in("file", {file}, std::move(content));
  change.undo = built_in("file", {file});
  return change;
}

std::string service_text(const StackService& service,
                         std::string_view key,
                         std::string_view needed_for,
                         const Where& where) {
  if (!service.params.has(key))
    refuse(
        where,
        fmt::format(
            "service {} has no `{}` in the stack, which {} needs", service.name, key, needed_for));
  return service.params.text(key);
}

Operation service_program(const StackService& service,
                          std::string_view key,
                          const StackHost& host,
                          std::string_view needed_for,
                          const Where& where) {
  std::vector<std::string> argv = service.params.list(key);
  if (argv.empty())
    refuse(
        where,
        fmt::format(
            "service {} has no `{}` in the stack, which {} needs", service.name, key, needed_for));
  for (std::string& word : argv)
    if (word.find("{address}") != std::string::npos)
      word = replaced(std::move(word), "{address}", address_of(host, where));
  return exec(std::move(argv));
}

}  // namespace muster
