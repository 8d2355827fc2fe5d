#include "runner/interlocks/interlocks.h"

#include "base/error.h"
#include "base/text.h"
#include "runner/interlocks/approval.h"
#include "runner/interlocks/lever.h"
#include "runner/interlocks/own_store.h"
#include "runner/plan/plan_hash.h"
#include "runner/plan/regions.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

using Reasons = std::vector<std::string>;

// ---- one function for each interlock: adds why the drill may not start

void lever_is_released(const Preflight&, Reasons& reasons) {
  if (const auto lever = engaged_lever())
    reasons.push_back(lever->text() + "; " + lever->how_to_release());
}

void nothing_is_left_in_force(const Preflight&, Reasons& reasons) {
  for (const RunTrace& trace : unfinished_runs()) {
    if (!trace.needs_recovery()) continue;
    reasons.push_back(trace.unreadable.empty()
                          ? trace.text() +
                                " ended without undoing everything; undo it with `muster "
                                "recover`, then run again"
                          : trace.text() +
                                " may have left something in force; mend that, then run "
                                "`muster recover`");
  }
}

void nobody_else_is_there(const Preflight& preflight, Reasons& reasons) {
  for (std::string& reason : preflight.locks.take(preflight.drill.stack, preflight.planned))
    reasons.push_back(std::move(reason));
}

void nobody_elsewhere_is_there(const Preflight& preflight, Reasons& reasons) {
  if (std::string reason = preflight.hold.take(); !reason.empty())
    reasons.push_back(std::move(reason));
}

void plan_is_the_one_asked_for(const Preflight& preflight, Reasons& reasons) {
  const std::string& asked_for = preflight.permission.plan_hash;
  if (asked_for.empty() || preflight.plan_hash.empty() || preflight.plan_hash == asked_for) return;
  reasons.push_back("the plan is not the one that was approved: it is " + preflight.plan_hash +
                    "; look at it with `muster plan` and have it approved again");
}

void production_is_approved(const Preflight& preflight, Reasons& reasons) {
  const Stack& stack = preflight.drill.stack;
  if (stack.environment != "production") return;
  const std::string& words = preflight.permission.drill_words;
  if (!preflight.permission.yes_production)
    reasons.push_back(fmt::format(
        "the stack {} is production: say that you mean it with `muster run {} --yes-production`",
        stack.name,
        words));
  if (preflight.plan_hash.empty()) return;  // it cannot be planned, which is a reason of its own
  const bool is_shared = !preflight.store.host().empty();
  const std::string missing = why_not_approved(preflight.plan_hash,
                                               preflight.drill.playbook.drill,
                                               stack.name,
                                               preflight.now,
                                               is_shared ? &preflight.store : nullptr);
  if (!missing.empty())
    reasons.push_back(fmt::format(
        "{}; look at it with `muster plan {}` and have it approved with `muster approve {}`",
        missing,
        words,
        words));
}

void a_region_is_left(const Preflight& preflight, Reasons& reasons) {
  const Drill& drill = preflight.drill;
  for (const NoRegionLeft& each :
       injects_leaving_no_region(drill.playbook, drill.stack, preflight.planned)) {
    const Error reason(
        fmt::format("'inject: {}' may leave no region to users ({}); undo one before, or accept it "
                    "in that step with  all_regions: accepted",
                    each.step,
                    join(each.out, ", ")),
        each.where);
    reasons.emplace_back(reason.what());
  }
}

void own_store_is_out_of_reach(const Preflight& preflight, Reasons& reasons) {
  if (preflight.store.host().empty()) return;
  for (std::string& reason : why_store_is_in_the_way(
           preflight.drill.stack, preflight.planned, preflight.store.addresses()))
    reasons.push_back(std::move(reason));
}

/// The plan is hashed only where something depends on it: hosts are asked once more for that.
bool needs_hash(const Drill& drill, const Permission& permission) {
  return !permission.plan_hash.empty() || drill.stack.environment == "production";
}

using Interlock = void (*)(const Preflight& preflight, Reasons& reasons);

constexpr Interlock kInterlocks[] = {
    lever_is_released,
    nothing_is_left_in_force,
    nobody_else_is_there,
    nobody_elsewhere_is_there,
    plan_is_the_one_asked_for,
    production_is_approved,
    a_region_is_left,
    own_store_is_out_of_reach,
};

/// An interlock that cannot look does not let the drill pass.
Reasons reasons_against(const Preflight& preflight) {
  Reasons reasons;
  for (const Interlock interlock : kInterlocks) {
    try {
      interlock(preflight, reasons);
    } catch (const Error& error) {
      reasons.emplace_back(error.what());
    }
  }
  return reasons;
}

std::string told(const Reasons& reasons) {
  if (reasons.size() == 1) return reasons.front();
  return fmt::format("{}, nothing was touched:\n  - {}",
                     count_of(reasons.size(), "reason"),
                     join(reasons, "\n  - "));
}

}  // namespace

Task<std::vector<PlannedInject>> plan_within_interlocks(const Drill& drill,
                                                        const Permission& permission,
                                                        Hosts& hosts,
                                                        ResourceLocks& locks,
                                                        StackHold& hold,
                                                        Store& store,
                                                        std::string run_id,
                                                        UtcTime now) {
  Preflight preflight{drill, permission, locks, hold, store, now, {}, ""};
  std::optional<Error> impossible;
  try {
    preflight.planned = co_await plan_drill(drill, hosts, std::move(run_id));
    if (needs_hash(drill, permission)) preflight.plan_hash = co_await plan_hash(drill, hosts);
  } catch (const Error& error) {
    impossible = error;
  }
  Reasons reasons = reasons_against(preflight);
  if (reasons.empty() && impossible) throw *impossible;
  if (impossible) reasons.emplace_back(impossible->what());
  if (!reasons.empty()) throw Refused(told(reasons));
  co_return std::move(preflight.planned);
}

}  // namespace muster
