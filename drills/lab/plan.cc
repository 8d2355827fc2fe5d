#include "drills/lab/plan.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

HostPlan& Plan::host(const std::string& name) {
  for (HostPlan& host : hosts)
    if (host.row.name == name) return host;
  fail("the lab has no host '{}'", name);
}

const PartPlan* Plan::part(const PartRef& ref) const {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const PartPlan& p) { return p.ref == ref; });
  return found == parts.end() ? nullptr : &*found;
}

std::vector<std::string> Machine::as_postgres(std::vector<std::string> argv) const {
  const std::string user = std::to_string(postgres_user);
  std::vector<std::string> words = {
      "unshare", "-U", "--map-user=" + user, "--map-group=" + user, "--"};
  if (root)
    words = {"setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"};
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

namespace {

/// What a kind of part cannot work without, wherever it runs.
const std::vector<std::string>& needs_of(const std::string& part) {
  static const std::map<std::string, std::vector<std::string>> needs = {
      {"app", {"postgres", "redis"}},
      {"haproxy", {"app"}},
      {"gdnsd", {"haproxy", "nginx", "objects"}},
      {"varnish", {"haproxy"}},
      {"objects", {"replicator", "receiver", "s3rver"}},
      {"replicator", {"objects", "receiver"}},
      {"receiver", {"objects"}},
      {"s3rver", {"objects"}},
      {"prometheus", {"blackbox"}},
      {"nginx", {"haproxy"}},
      {"unbound", {"gdnsd"}},
      {"front-door", {"unbound"}},
  };
  static const std::vector<std::string> nothing;
  const auto found = needs.find(part);
  return found == needs.end() ? nothing : found->second;
}

/// What people call a part by the role of its host. Empty: it is the name of a part, or nothing.
std::vector<std::string> meant_by(const std::string& word) {
  static const std::map<std::string, std::vector<std::string>> parts = {
      {"db", {"postgres"}},
      {"cache", {"redis"}},
      {"lb", {"haproxy"}},
      {"edge", {"nginx", "varnish"}},
      {"dns", {"gdnsd", "unbound"}},
      {"obj", {"objects"}},
      {"mon", {"prometheus"}},
  };
  const auto found = parts.find(word);
  return found == parts.end() ? std::vector<std::string>{} : found->second;
}

/// A host of the lab is there to be broken; its guards find this in /run/lab.
constexpr const char* kPolicy = "allow all\nmax-duration 1d\n";

void keep_only(Plan& plan, const std::vector<std::string>& only) {
  std::vector<std::string> known;
  for (const PartPlan& part : plan.parts) known.push_back(part.ref.part);
  std::set<std::string> kept;
  std::vector<std::string> wanted = only;
  while (!wanted.empty()) {
    const std::string part = wanted.back();
    wanted.pop_back();
    if (const std::vector<std::string> meant = meant_by(part); !meant.empty()) {
      wanted.insert(wanted.end(), meant.begin(), meant.end());
      continue;
    }
    if (std::find(known.begin(), known.end(), part) == known.end()) {
      const std::string near = nearest(part, known);
      throw UsageError(fmt::format("the lab has no part '{}'{}",
                                   part,
                                   near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
    }
    if (!kept.insert(part).second) continue;
    // Some are there with other settings only: of two kinds of object store this lab has one.
    std::ranges::copy_if(needs_of(part), std::back_inserter(wanted), [&](const std::string& need) {
      return std::ranges::find(known, need) != known.end();
    });
  }
  std::erase_if(plan.parts, [&](const PartPlan& p) {
    return p.group != "networks" && !kept.contains(p.ref.part);
  });
}

}  // namespace

Plan make_plan(const Machine& machine,
               const Settings& settings,
               const std::vector<std::string>& only) {
  Plan plan;
  for (const HostRow& row : topology()) plan.hosts.push_back({row, {{"allow.conf", kPolicy}}, {}});
  add_networks(plan, machine, settings);
  add_databases(plan, machine, settings);
  add_denylists(plan, machine, settings);
  add_applications(plan, machine, settings);
  add_balancers(plan, machine, settings);
  add_object_stores(plan, machine, settings);
  add_edges(plan, machine, settings);
  add_tag_caches(plan, machine, settings);
  add_name_servers(plan, machine, settings);
  add_users(plan, machine, settings);
  add_monitors(plan, machine, settings);
  if (!only.empty()) keep_only(plan, only);
  return plan;
}

std::string describe_host(const HostPlan& host, const std::vector<PartPlan>& parts) {
  std::string text;
  for (const auto& words : host.setup) text += join(words, "\t") + "\n";
  for (const PartPlan& part : parts) {
    if (part.ref.host != host.row.name || part.argv.empty()) continue;
    text += "part\t" + part.ref.part + "\t" + part.stop_signal + "\n";
    text += "start\t" + join(part.argv, "\t") + "\n";
  }
  return text;
}

}  // namespace muster::lab
