#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "drills/lab/lab.h"

/// What the lab is made of, before anything is started: the hosts, their files, their parts. Only
/// text; making it reads no file and starts nothing.
namespace muster::lab {

/// One row of the topology.
struct HostRow {
  std::string name;
  std::string site;  ///< "us" | "eu"
  std::string role;  ///< router | lb | app | db | cache | edge | ns | client
  std::string address;
  bool in_datacentre;  ///< behind the region's bridge "dc"; else on a network of its own at the
                       ///< router
};

const std::vector<HostRow>& topology();
const HostRow& host_row(const std::string& name);
std::string region_of(const std::string& site);  ///< "us" -> "us-east"
std::string other_site(const std::string& site);

/// A name for a part wherever it runs: "db-us/postgres".
struct PartRef {
  std::string host;
  std::string part;
  friend auto operator<=>(const PartRef&, const PartRef&) = default;
  std::string text() const { return host + "/" + part; }
};

struct PartPlan {
  PartRef ref;
  std::string
      group;  ///< networks | databases | applications | balancers | edges | name service | users
  std::vector<std::string> argv;  ///< empty: nothing to start, only to look at
  std::string stop_signal = "TERM";
  std::vector<PartRef> after;  ///< started only when these are healthy
};

struct HostPlan {
  HostRow row;
  std::map<std::string, std::string> files;  ///< below /run/lab
  std::vector<std::vector<std::string>>
      setup;  ///< what process 1 does first, in the words of programs/host.cc
};

using Settings = std::map<std::string, std::string>;

struct Plan {
  std::vector<HostPlan> hosts;
  std::vector<PartPlan> parts;  ///< in the order of a status
  std::string links;            ///< for `ip -batch` in the supervisor's namespaces

  HostPlan& host(const std::string& name);
  const PartPlan* part(const PartRef& ref) const;
};

/// Where the programs lie and how they may run on this machine.
struct Machine {
  bool root = false;         ///< no user namespace
  std::string programs;      ///< folder of muster-lab-app, muster-delay, muster-lab-init
  std::string postgres;      ///< folder of initdb and postgres
  std::string templates;     ///< folder with primary/ and standby/ data directories
  std::string certificates;  ///< folder with ca.pem, edge.pem, edge.key, expired.pem
  std::string faketime;      ///< libfaketimeMT.so.1
  std::string s3rver;        ///< its program; empty where it is missing
  /// Whom PostgreSQL takes itself for in a user namespace. Any number would do, but initdb wants it
  /// to have a name: the user postgres, whom its package makes; without it, nobody.
  unsigned postgres_user = 65534;

  /// PostgreSQL refuses to run as root, even as the root of a user namespace.
  std::vector<std::string> as_postgres(std::vector<std::string> argv) const;
};

/// The defaults with the caller's values over them; throws Error for an unknown name or a bad
/// value.
Settings checked_settings(const std::map<std::string, std::string>& given);

/// The whole lab, or the parts named in `only` and what they need.
Plan make_plan(const Machine& machine,
               const Settings& settings,
               const std::vector<std::string>& only);

/// The description that a host's process 1 reads.
std::string describe_host(const HostPlan& host, const std::vector<PartPlan>& parts);

}  // namespace muster::lab
