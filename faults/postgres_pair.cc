#include "faults/postgres_pair.h"

#include "base/text.h"
#include "faults/targets.h"

namespace muster {

std::string dsn_of(const StackService& service, const StackHost& host, const Where& where) {
  const Params dsn = service.params.object("dsn");
  if (!dsn.has(host.name))
    refuse(where, fmt::format("service {} has no dsn for {}", service.name, host.name));
  return dsn.text(host.name);
}

Operation psql(const std::string& dsn, std::string statement) {
  return exec({"psql", "-XwtA", "-d", dsn, "-c", std::move(statement)});
}

Operation replica_streams(const ReplicaPair& pair) {
  Operation look =
      psql(dsn_of(pair.service, pair.primary, pair.where),
           fmt::format("select state from pg_stat_replication where client_addr = '{}'",
                       address_of(pair.replica, pair.where)));
  look.contains = "streaming";
  return look;
}

Task<> require_streaming(ReplicaPair pair, FaultContext context, std::string meaning) {
  if (context.at_its_turn) co_return;
  Command streams = command_of(replica_streams(pair));
  const CommandResult state =
      co_await context.hosts.host(pair.primary.name).run(std::move(streams));
  if (state.out.find("streaming") == std::string::npos)
    refuse(
        pair.where,
        fmt::format(
            "{} does not stream from {} now: {}", pair.replica.name, pair.primary.name, meaning));
}

}  // namespace muster
