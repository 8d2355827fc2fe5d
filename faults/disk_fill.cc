#include "base/text.h"
#include "drills/values.h"
#include "faults/hold.h"
#include "faults/kinds.h"

namespace muster {
namespace {

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const std::vector<const StackHost*> hosts = chosen_hosts(params, context.stack);
  const std::string path = params.text("path");
  if (!path.starts_with('/'))
    refuse(params.place("path"), fmt::format("'{}' is no absolute path", printable(path, 80)));
  if (context.stack.protects(Protection::Kind::Path, path))
    refuse(params.place("path"), fmt::format("{} is protected by the stack", path));
  const std::string leave = fmt::format("{}", params.integer("leave"));

  FaultPlan result;
  for (const StackHost* host : hosts) {
    Change& change = add_hold(result,
                              context,
                              *host,
                              fmt::format("on {}, fill the file system of {} but {}",
                                          host->name,
                                          path,
                                          write_value(Type::Size, params.integer("leave"))),
                              {"disk", path, leave});
    change.resource = "disk:" + path;
    change.verify = looking(context, *host, {"full", path, leave});
  }
  co_return result;
}

}  // namespace

FaultKind disk_fill_fault() {
  return {{.name = "disk_fill",
           .summary = "Fills a file system with a file that has no name: it is gone as soon as its "
                      "holder is, even after a crash. What others free is taken as well.",
           .example = "host: db-us\n"
                      "path: /run/lab/postgres\n"
                      "leave: 64KiB\n",
           .fields = joined(target_fields(),
                            {{.name = "path",
                              .type = Type::Text,
                              .help = "a folder on the file system",
                              .required = true},
                             {.name = "leave",
                              .type = Type::Size,
                              .help = "how much stays free",
                              .fallback = "0B",
                              .least = 0}}),
           .undo = UndoClass::SelfExpiring,
           .needs = {"muster-hold", "muster-look"}},
          plan};
}

}  // namespace muster
