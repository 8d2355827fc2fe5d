#include "runner/plan/reach.h"

#include "base/error.h"
#include "base/process.h"
#include "drills/lab/lab.h"
#include "faults/container_host.h"
#include "faults/ssh_host.h"

namespace muster {

namespace {

std::unique_ptr<Host> make(const StackHost& host) {
  const std::string& target = host.reach.target;
  switch (host.reach.kind) {
    case Reach::Kind::Local:
      return make_host(host.name, "this machine", {});
    case Reach::Kind::Lab:
      return make_host(host.name, "lab host " + target, lab_entry(target));
    case Reach::Kind::Netns: {
      const std::string path = target.starts_with('/') ? target : "/run/netns/" + target;
      return make_host(
          host.name, "network namespace " + target, {"nsenter", "--net=" + path, "--"});
    }
    case Reach::Kind::Ssh:
      return make_ssh_host(host);
    case Reach::Kind::Docker:
      return make_container_host(host);
    case Reach::Kind::Kubectl:
      break;
  }
  fail(
      "host {}: this version of muster does not reach pods; reach the node by ssh or its "
      "containers "
      "by docker",
      host.name);
}

}  // namespace

StackHosts::StackHosts(std::vector<StackHost> hosts) : described_(std::move(hosts)) {}

Host& StackHosts::host(std::string_view name) {
  const auto known = made_.find(name);
  if (known != made_.end()) return *known->second;
  const auto described = std::find_if(described_.begin(),
                                      described_.end(),
                                      [&](const StackHost& each) { return each.name == name; });
  if (described == described_.end()) fail("the stack has no host '{}'", name);
  return *made_.emplace(std::string(name), make(*described)).first->second;
}

}  // namespace muster
