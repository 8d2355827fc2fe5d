#include "faults/hold.h"

namespace muster {

Change& add_hold(FaultPlan& plan,
                 const FaultContext& context,
                 const StackHost& host,
                 std::string what,
                 std::vector<std::string> words) {
  const std::string id = "muster-" + short_id(context, host.name);
  Change& change = add_change(plan, context, host, std::move(what));
  change.resource = words.front();
  change.undo_class = UndoClass::SelfExpiring;
  words.insert(words.begin(), {context.hosts.host(host.name).own_program("muster-hold"), id});
  change.apply = built_in("holder", std::move(words));
  change.apply.timeout = std::chrono::seconds(30);
  change.undo = built_in("holder");
  change.verify_undone = looking(context, host, {"gone", id});
  return change;
}

Operation looking(const FaultContext& context,
                  const StackHost& host,
                  std::vector<std::string> words) {
  words.insert(words.begin(), context.hosts.host(host.name).own_program("muster-look"));
  return exec(std::move(words));
}

}  // namespace muster
