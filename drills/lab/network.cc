// The hosts' networks: a bridge "dc" for each region's datacentre, a network of its own for every
// edge, name server and client, and one "wan" link between the two routers, on which muster-delay
// holds every packet for a while.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

constexpr std::string_view kOut = "1";  ///< the queue of what leaves us-east over the wan
constexpr std::string_view kIn = "2";

std::string gateway_of(const HostRow& row) {
  return row.address.substr(0, row.address.rfind('.')) + ".1";
}

std::string links() {
  std::string batch =
      "link add wan netns /run/hosts/net-us/ns/net type veth peer name wan netns "
      "/run/hosts/net-eu/ns/net\n";
  for (const HostRow& row : topology())
    if (row.role != "router")
      batch += fmt::format(
          "link add eth0 netns /run/hosts/{0}/ns/net type veth peer name v-{0} netns "
          "/run/hosts/net-{1}/ns/net\n",
          row.name,
          row.site);
  return batch;
}

std::string leaf_network(const HostRow& row) {
  return fmt::format(
      "link set lo up\n"
      "addr add {}/24 dev eth0\n"
      "link set eth0 up\n"
      "route add default via {}\n",
      row.address,
      gateway_of(row));
}

std::string router_network(const HostRow& router) {
  const int number = router.site == "us" ? 1 : 2;
  std::string batch = fmt::format(
      "link set lo up\n"
      "link add dc type bridge stp_state 0 forward_delay 0\n"
      "addr add {}/24 dev dc\n"
      "link set dc up\n"
      "addr add 10.99.0.{}/30 dev wan\n"
      "link set wan up\n",
      router.address,
      number);
  for (const HostRow& row : topology()) {
    if (row.site != router.site || row.role == "router") continue;
    if (row.in_datacentre)
      batch += fmt::format("link set v-{} master dc\n", row.name);
    else
      batch += fmt::format("addr add {}/24 dev v-{}\n", gateway_of(row), row.name);
    batch += fmt::format("link set v-{} up\n", row.name);
  }
  return batch + fmt::format("route add default via 10.99.0.{}\n", 3 - number);
}

/// Packets inside the datacentre are bridged and must not meet the router's forward rules: a fault
/// at the region's border would hit them as well.
void set_router_knobs(HostPlan& router) {
  router.setup.push_back({"set", "/proc/sys/net/ipv4/ip_forward", "1"});
  router.setup.push_back({"set", "/proc/sys/net/ipv4/conf/all/rp_filter", "0"});
  router.setup.push_back({"set", "/proc/sys/net/bridge/bridge-nf-call-iptables", "0"});
}

/// --queue-bypass: without a holder the packets pass at once, so that a dead muster-delay is a fast
/// wan, not a cut.
std::string delay_rules() {
  return fmt::format(
      "*mangle\n"
      ":FORWARD ACCEPT [0:0]\n"
      "-A FORWARD -o wan -j NFQUEUE --queue-num {} --queue-bypass\n"
      "-A FORWARD -i wan -j NFQUEUE --queue-num {} --queue-bypass\n"
      "COMMIT\n",
      kOut,
      kIn);
}

void add_delay(Plan& plan, const Machine& machine, const std::string& delay) {
  HostPlan& router = plan.host("net-us");
  router.files["iptables"] = delay_rules();
  router.setup.push_back({"run", "iptables-restore", "/run/lab/iptables"});
  const std::string program = machine.programs + "/muster-delay";
  for (const auto& [name, queue] : {std::pair("delay-out", kOut), std::pair("delay-in", kIn)})
    plan.parts.push_back({{"net-us", name},
                          "networks",
                          {program, "--queue", std::string(queue), "--delay", delay},
                          "TERM",
                          {}});
}

}  // namespace

void add_networks(Plan& plan, const Machine& machine, const Settings& settings) {
  plan.links = links();
  for (HostPlan& host : plan.hosts) {
    const bool router = host.row.role == "router";
    host.files["network"] = router ? router_network(host.row) : leaf_network(host.row);
    if (router) set_router_knobs(host);
    host.setup.push_back({"run", "ip", "-batch", "/run/lab/network"});
    if (router) plan.parts.push_back({{host.row.name, "router"}, "networks", {}, "TERM", {}});
  }
  const std::string& delay = settings.at("wan_delay");
  if (parse_duration(delay) != Duration::zero()) add_delay(plan, machine, delay);
}

std::vector<Question> ask_router(const HostRow& row) {
  return {ask_file(row.name, "net/dev")};
}

void read_router(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result) {
  result.role = region_of(row.site) + " router";
  healthy_if(answers[0].bytes.find("wan:") != std::string::npos, result, "it has no wan link");
}

std::vector<Question> ask_delay(const HostRow& row) {
  return {ask_file(row.name, "net/netfilter/nfnetlink_queue")};
}

void read_delay(const PartPlan& part, const HostRow&, const Answers& answers, PartHealth& result) {
  const std::string& queue = part.argv.size() > 2 ? part.argv[2] : part.ref.part;
  const auto lines = split(answers[0].bytes, '\n');
  result.role = part.argv.size() > 4 ? "holds packets for " + part.argv[4] : "";
  const bool bound = std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    return std::string(trim(line)).starts_with(queue + " ");
  });
  healthy_if(bound, result, "queue " + queue + " is not bound");
}

}  // namespace muster::lab
