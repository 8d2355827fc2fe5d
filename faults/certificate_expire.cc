#include "base/text.h"
#include "faults/flag_file.h"
#include "faults/kinds.h"
#include "faults/look_before.h"
#include "faults/process.h"

namespace muster {
namespace {

/// What openssl says of a certificate whose time is over, whoever signed it.
constexpr std::string_view kExpired = "certificate has expired";

/// As a client sees it: the end of its input ends the connection.
Operation handshake(const Params& tls) {
  std::vector<std::string> argv = {"openssl", "s_client", "-connect", tls.text("endpoint")};
  if (tls.has("name")) argv.insert(argv.end(), {"-servername", tls.text("name")});
  return exec(std::move(argv), "\n");
}

Task<std::string> expired_certificate(Host& host, std::string file, Where where) {
  const CommandResult read = co_await host.try_run(command("cat", file));
  require_whole(read, fmt::format("{} on {}", file, host.name()), where);
  if (!read.ok() || read.out.find("BEGIN CERTIFICATE") == std::string::npos)
    refuse(where,
           fmt::format("{} on {} holds no certificate; make one for the key that is in use, dated "
                       "back: faketime '20 days ago' openssl x509 -req -days 10 ...",
                       file,
                       host.name()));
  const Command end = {
      {"openssl", "x509", "-noout", "-checkend", "0"}, read.out, std::chrono::seconds(10)};
  if ((co_await host.try_run(end)).ok())
    refuse(where, fmt::format("the certificate in {} on {} has not expired", file, host.name()));
  co_return read.out;
}

Operation reload_of(const Params& tls) {
  Operation reload = exec(tls.list("reload"));
  reload.timeout = kServiceCommandTimeout;
  return reload;
}

/// Three changes, since the file has to be back before the service reads it again: the last reload
/// is the undo of a change of its own, which comes first and so is undone last.
void add_swap(FaultPlan& plan,
              const FaultContext& context,
              const StackHost& host,
              const StackService& service,
              const Params& tls,
              std::string certificate) {
  const std::string resource = "certificate:" + tls.text("file");
  const auto named = [&](std::string_view what) {
    return fmt::format("{} {} on {}", what, service.name, host.name);
  };
  Change& back = add_change(plan, context, host, named("afterwards, reload"));
  back.resource = resource + " (after)";
  back.undo = reload_of(tls);
  back.verify_undone = handshake(tls);
  back.verify_undone.lacks = kExpired;

  Change& swap = add_flag_file(plan,
                               context,
                               host,
                               tls.text("file"),
                               std::move(certificate),
                               named("put the expired certificate before"));
  swap.order = 1;
  swap.verify = built_in("file", {tls.text("file")});
  swap.verify_undone = built_in("file", {tls.text("file")});

  Change& reload = add_change(plan, context, host, named("reload"));
  reload.resource = resource;
  reload.order = 2;
  reload.apply = reload_of(tls);
  reload.verify = handshake(tls);
  reload.verify.contains = kExpired;
  // Nothing is to be put back of a reload: what it read is the matter of the two others.
  reload.undo = reload_of(tls);
  reload.verify_undone = handshake(tls);
  reload.verify_undone.contains = "CONNECTED";
}

Task<FaultPlan> plan(const Params& params, FaultContext context) {
  const ServiceTargets targets = chosen_service(params, context.stack);
  const Where where = params.place("service");
  if (!targets.service.params.has("certificate"))
    refuse(where,
           fmt::format("service {} has no `certificate` in the stack", targets.service.name));
  const Params tls = targets.service.params.object("certificate");

  FaultPlan result;
  for (const StackHost* host : targets.hosts) {
    std::string certificate =
        co_await expired_certificate(context.hosts.host(host->name), tls.text("expired"), where);
    Operation look = handshake(tls);
    look.lacks = kExpired;
    const std::string who = fmt::format("{} on {}", targets.service.name, host->name);
    co_await require_not_seen_yet(context.hosts.host(host->name), look, who, where);
    add_swap(result, context, *host, targets.service, tls, std::move(certificate));
  }
  co_return result;
}

}  // namespace

FaultKind certificate_expire_fault() {
  return {{.name = "certificate_expire",
           .summary = "Serves a certificate that has expired, for the key that is in use. The one "
                      "before comes back with the undo.",
           .example = "service: edge\n"
                      "region: us-east\n",
           .fields = service_target_fields(),
           .undo = UndoClass::Reversible,
           .needs = {"openssl"}},
          plan,
          true};
}

}  // namespace muster
