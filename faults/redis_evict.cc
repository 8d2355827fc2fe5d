#include "base/text.h"
#include "faults/kinds.h"
#include "faults/redis.h"
#include "faults/replica_pair.h"

namespace muster {
namespace {

constexpr std::string_view kLook = "INFO memory\r\nINFO stats";

/// "name:value" of INFO; empty where it has no such line.
std::string_view value_of(std::string_view info, std::string_view name) {
  const std::string mark = "\n" + std::string(name) + ":";
  const std::size_t found = info.find(mark);
  if (found == std::string_view::npos) return {};
  const std::size_t from = found + mark.size();
  return info.substr(from, info.find_first_of("\r\n", from) - from);
}

/// The lines of INFO from the limit to the policy: what is there again when the settings are.
std::string_view settings_of(std::string_view info) {
  const std::size_t from = info.find("maxmemory:");
  const std::size_t policy = info.find("maxmemory_policy:");
  if (from == std::string_view::npos || policy == std::string_view::npos || policy < from)
    return {};
  return info.substr(from, info.find_first_of("\r\n", policy) - from);
}

/// Two commands: a Redis before 7.0 takes no two settings in one. The policy comes first, so that
/// nothing is refused in between.
Operation set_to(const StackService& service,
                 const StackHost& host,
                 std::string_view limit,
                 std::string_view policy) {
  return redis_says(
      service,
      host,
      fmt::format("CONFIG SET maxmemory-policy {}\r\nCONFIG SET maxmemory {}", policy, limit));
}

struct Before {
  std::string settings;
  std::string limit;
  std::string policy;
  std::string used;
  std::string evicted;
};

Task<Before> look_at(const StackService& service,
                     const StackHost& primary,
                     Where where,
                     FaultContext context) {
  const Operation look = redis_says(service, primary, kLook);
  const CommandResult now = co_await context.hosts.host(primary.name).run(command_of(look));
  Before before{std::string(settings_of(now.out)),
                std::string(value_of(now.out, "maxmemory")),
                std::string(value_of(now.out, "maxmemory_policy")),
                std::string(value_of(now.out, "used_memory")),
                std::string(value_of(now.out, "evicted_keys"))};
  if (before.settings.empty() || before.limit.empty() || before.policy.empty() ||
      before.used.empty() || before.evicted.empty()) {
    refuse(where,
           fmt::format("Redis on {} does not say what memory it uses: {}",
                       primary.name,
                       printable(trim(now.out), 120)));
  }
  co_return before;
}

/// Nobody brings back what was evicted; this is the part of the plan that says so.
void add_loss(FaultPlan& plan,
              const FaultContext& context,
              const StackService& service,
              const StackHost& primary,
              const Before& before) {
  Change& loss = add_change(
      plan, context, primary, fmt::format("lose the keys that {} evicts, for good", service.name));
  loss.resource = "keys:" + service.name;
  loss.undo_class = UndoClass::Irreversible;
  loss.order = 1;
  loss.verify = redis_says(service, primary, "INFO stats");
  loss.verify.contains = "evicted_keys:";
  loss.verify.lacks = fmt::format("evicted_keys:{}\r", before.evicted);
  // A store that has lost all there was evicts the next key that is written.
  loss.verify_within = std::chrono::seconds(15);
  loss.verify_undone = redis_says(service, primary, "INFO stats");
  loss.verify_undone.contains = "evicted_keys:";
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const Where where = params.place("service");
  const StackService& service = replicated_service(params, context.stack, "redis");
  const StackHost& primary = open_host(context.stack, service.params.text("primary"), where);
  const Before before = co_await look_at(service, primary, where, context);
  const std::string policy = params.text("policy");
  const std::string limit =
      params.has("limit") ? std::to_string(params.integer("limit")) : before.used;

  FaultPlan result;
  Change& change =
      add_change(result,
                 context,
                 primary,
                 fmt::format("let Redis on {} use no more memory than {}, and evict by {}",
                             primary.name,
                             params.has("limit") ? limit + " bytes" : "it does now",
                             policy));
  change.resource = "memory:" + service.name;
  change.undo_class = UndoClass::SelfHealingOnRestart;
  change.apply = set_to(service, primary, limit, policy);
  change.verify = redis_says(service, primary, "INFO memory");
  change.verify.contains = fmt::format("maxmemory:{}\r", limit);
  change.undo = set_to(service, primary, before.limit, before.policy);
  change.undo.contains = change.verify.contains;  // another limit is somebody else's
  change.verify_undone = redis_says(service, primary, "INFO memory");
  change.verify_undone.contains = before.settings;
  add_loss(result, context, service, primary, before);
  co_return result;
}

}  // namespace

FaultKind redis_evict_fault() {
  return {{.name = "redis_evict",
           .summary = "Lets a Redis primary run out of memory, so that it evicts keys, and its "
                      "replicas with it. The undo brings the settings back and no key: the step "
                      "has to say `irreversible: accepted`.",
           .example = "service: cache\n"
                      "policy: allkeys-lru\n",
           .fields = {{.name = "service",
                       .type = Type::Name,
                       .help = "a redis service of the stack",
                       .required = true,
                       .refers = Refers::Service},
                      {.name = "limit",
                       .type = Type::Size,
                       .help = "the memory that is left to it; left out: what it uses when the "
                               "fault comes, so that each new key takes the place of another",
                       .least = 1},
                      {.name = "policy",
                       .type = Type::Choice,
                       .help = "which keys go; what is written when no such key is left is refused",
                       .fallback = "allkeys-lru",
                       .choices = {"allkeys-lru",
                                   "allkeys-lfu",
                                   "allkeys-random",
                                   "volatile-lru",
                                   "volatile-lfu",
                                   "volatile-random",
                                   "volatile-ttl"}}},
           .undo = UndoClass::SelfHealingOnRestart,
           .needs = {"socat"}},
          plan,
          true};
}

}  // namespace muster
