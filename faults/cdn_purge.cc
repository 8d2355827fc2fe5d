#include "base/text.h"
#include "faults/flag_file.h"
#include "faults/kinds.h"
#include "faults/look_before.h"

namespace muster {
namespace {

/// Whoever looks first may find a page that was not asked for lately, and brings it into the cache.
Task<> fill_cache(Host& host, Operation look) {
  constexpr int kLooks = 3;
  for (int i = 0; i < kLooks; ++i) {
    const CommandResult now = co_await host.try_run(command_of(look));
    if (now.out.find(look.lacks) == std::string::npos) co_return;
  }
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack, "cdn");
  const Where where = params.place("service");

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    Operation look = service_program(targets.service, "look", *host, "cdn_purge", where);
    look.lacks = targets.service.params.text("missed");
    const std::string who = fmt::format("{} on {}", targets.service.name, host->name);
    co_await fill_cache(context.hosts.host(host->name), look);
    co_await require_not_seen_yet(context.hosts.host(host->name), look, who, where);
    const Operation purge = service_program(targets.service, "purge", *host, "cdn_purge", where);
    Change& change = add_change(result,
                                context,
                                *host,
                                fmt::format("purge {} from {} on {} every {}",
                                            params.text("tag"),
                                            targets.service.name,
                                            host->name,
                                            human_duration(params.duration("every"))));
    change.resource = "purge:" + targets.service.name;
    change.undo_class = UndoClass::SelfExpiring;
    std::vector<std::string> argv = {context.hosts.host(host->name).own_program("muster-hold"),
                                     short_id(context, host->name),
                                     "repeat",
                                     format_duration(params.duration("every"))};
    for (const std::string& word : purge.args)
      argv.push_back(replaced(word, "{tag}", params.text("tag")));
    change.apply = built_in("holder", std::move(argv));
    change.verify = opposite(look);
    change.verify_within = std::chrono::seconds(15);
    change.undo = built_in("holder");
    change.verify_undone = look;
  }
  co_return result;
}

}  // namespace

FaultKind cdn_purge_fault() {
  return {{.name = "cdn_purge",
           .summary = "Purges a tag from an edge's cache again and again, as a publisher's script "
                      "that went wild does.",
           .example = "service: tag_cache\n"
                      "region: us-east\n"
                      "tag: articles\n"
                      "every: 200ms\n",
           .fields = joined(service_target_fields(),
                            {{.name = "tag",
                              .type = Type::Text,
                              .help = "what is purged: {tag} in the stack's `purge`",
                              .required = true},
                             {.name = "every",
                              .type = Type::Duration,
                              .help = "the time between two purges",
                              .fallback = "200ms",
                              .least = 0.01,
                              .most = 60}}),
           .undo = UndoClass::SelfExpiring,
           .needs = {"muster-hold"}},
          plan,
          true};
}

}  // namespace muster
