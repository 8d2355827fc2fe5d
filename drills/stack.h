#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "drills/schema.h"

namespace muster {

/// How commands get to a host.
struct Reach {
  enum class Kind { Local, Lab, Netns, Ssh, Docker, Kubectl };
  Kind kind = Kind::Local;
  std::string target;  ///< lab host, namespace name or path, user@host, container; empty for local
  Params settings;     ///< ssh: port, identity, known_hosts, config, guard, sudo; docker: engine,
                       ///< user, guard; as far as written
};

struct StackHost {
  std::string name;
  std::string region;  ///< may be empty
  Reach reach;
  std::string
      address;  ///< IPv4 or IPv6 literal by which other hosts see it; needed by network faults
  Duration lease = std::chrono::seconds(20);  ///< of its guards: so much silence means undo
  Where where;
};

/// A service: what the stack knows of a process, database, cache or web endpoint. `kind` decides
/// which params exist:
///   process   hosts, pid_file, start, stop, match, health
///   postgres  primary, replicas, dsn (map of host -> conninfo without secrets), pid_file, start,
///   stop redis     primary, replicas, port, pid_file, start, stop http      url
struct StackService {
  std::string name;
  std::string kind;
  std::vector<std::string>
      hosts;  ///< every host it runs on; for postgres and redis the primary first
  Params params;
  Where where;
};

/// Where users are, or a host from which a probe looks.
struct Vantage {
  std::string name;
  std::string host;
  std::string resolver;  ///< addresses of the DNS resolvers its users ask, with commas between;
                         ///< empty: the host's own
  std::string region;    ///< of its host
  Where where;
};

/// How a region is drained here, and how fast the system is meant to notice: inputs of the
/// prediction.
struct Routing {
  /// "gdnsd" or "haproxy" or "command"; empty where the stack has no routing section.
  std::string kind;
  Params params;                           ///< of that kind
  std::optional<Duration> check_interval;  ///< health_check.interval
  std::optional<Duration> check_timeout;   ///< health_check.timeout
  int fall = 1;                            ///< consecutive failures until it is down
  int rise = 1;
  std::optional<Duration> ttl;          ///< of the DNS names users ask
  std::optional<Duration> lb_interval;  ///< load balancer's own check of its servers
  std::optional<Duration> lb_timeout;
  int lb_fall = 0;
  int lb_rise = 0;
};

/// What may never be touched, whatever a playbook says.
struct Protection {
  enum class Kind { Process, Interface, Host, Service, Path };
  Kind kind = Kind::Process;
  std::string value;
};

struct Stack {
  std::string name;
  std::string file;
  std::string environment = "lab";  ///< lab | staging | production
  std::vector<std::string> regions;
  std::vector<StackHost> hosts;
  std::vector<StackService> services;
  std::vector<Routing> routings;  ///< in the order written; the first is the default
  std::vector<Vantage> vantages;
  std::vector<Protection> protections;
  /// Before a fault takes a region out, the services of the others have to have been healthy for so
  /// long; zero: they are not asked.
  Duration peer_healthy = std::chrono::seconds(3);

  /// nullptr where there is none.
  const StackHost* host(std::string_view name) const;
  const StackService* service(std::string_view name) const;
  const Vantage* vantage(std::string_view name) const;
  const Routing* routing(std::string_view kind) const;  ///< empty kind: the first
  std::vector<const StackHost*> hosts_in(std::string_view region) const;
  bool protects(Protection::Kind kind, std::string_view value) const;
};

/// Reads a stack file. Throws UsageError holding every diagnostic rendered.
Stack load_stack(const std::string& file);

}  // namespace muster
