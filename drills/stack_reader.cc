#include "drills/stack_reader.h"

#include <algorithm>

#include <arpa/inet.h>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/header.h"
#include "drills/reach_reader.h"
#include "drills/stack_tables.h"

namespace muster {

namespace {

bool is_address(const std::string& text) {
  unsigned char buffer[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, text.c_str(), buffer) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), buffer) == 1;
}

template <class Kind>
std::vector<std::string> names_of_kinds(const std::vector<Kind>& kinds) {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

const StackKind* kind_named(const std::vector<StackKind>& kinds, std::string_view name) {
  const auto found = std::find_if(
      kinds.begin(), kinds.end(), [&](const StackKind& each) { return each.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::string text_or_empty(const Params& params, std::string_view key) {
  return params.has(key) ? params.text(key) : "";
}

std::optional<Duration> duration_if(const Params& params, std::string_view key) {
  return params.has(key) ? std::optional(params.duration(key)) : std::nullopt;
}

class StackReader {
 public:
  StackReader(const YamlNode& root, Stack& stack, Reading& reading)
      : root_(root), stack_(stack), reading_(reading) {}

  void read() {
    read_top();
    for_each("hosts", [&](const YamlEntry& entry) { stack_.hosts.push_back(read_host(entry)); });
    if (stack_.hosts.empty() && root_.find("hosts") == nullptr) {
      reading_.report(
          root_.where, "a stack needs 'hosts'", "the smallest is  hosts: {here: {reach: local}}");
    }
    for (const StackHost& host : stack_.hosts) names_.known[Refers::Host].push_back(host.name);
    for_each("services",
             [&](const YamlEntry& entry) { stack_.services.push_back(read_service(entry)); });
    for (const StackService& service : stack_.services)
      names_.known[Refers::Service].push_back(service.name);
    read_routing();
    for_each("vantages",
             [&](const YamlEntry& entry) { stack_.vantages.push_back(read_vantage(entry)); });
    read_protect();
  }

 private:
  void read_top() {
    Params top = read_fields(stack_fields(),
                             root_,
                             {"the stack", root_.where},
                             names_,
                             reading_,
                             names_of_kinds(stack_sections()));
    stack_.name = text_or_empty(top, "stack");
    stack_.environment = text_or_empty(top, "environment");
    stack_.regions = top.list("regions");
    const Params interlocks = top.object("interlocks");
    if (interlocks.has("peer_healthy")) stack_.peer_healthy = interlocks.duration("peer_healthy");
    names_.known[Refers::Region] = stack_.regions;
    names_.known[Refers::Host];
    names_.known[Refers::Service];
    for (std::size_t i = 0; i < stack_.regions.size(); ++i) {
      if (std::count(stack_.regions.begin(),
                     stack_.regions.begin() + static_cast<std::ptrdiff_t>(i),
                     stack_.regions[i]) > 0) {
        reading_.report(top.place(fmt::format("regions.{}", i)),
                        fmt::format("the region '{}' is named twice", stack_.regions[i]));
      }
    }
  }

  /// Calls `read` with each named entry of a section.
  template <class Read>
  void for_each(std::string_view section, Read read) {
    const YamlEntry* entry = root_.find(section);
    if (entry == nullptr ||
        !expect_map(entry->value, {fmt::format("'{}'", section), entry->where}, reading_))
      return;
    for (const YamlEntry& each : entry->value.entries) {
      expect_name(each, fmt::format("under '{}'", section), reading_);
      read(each);
    }
  }

  StackHost read_host(const YamlEntry& entry) {
    const Owner owner{fmt::format("host '{}'", entry.key), entry.where};
    const Params params =
        read_fields(host_fields(), entry.value, owner, names_, reading_, {"reach"});
    StackHost host;
    host.name = entry.key;
    host.where = entry.where;
    host.region = text_or_empty(params, "region");
    host.address = read_address(params, "address", owner);
    if (params.has("lease")) host.lease = params.duration("lease");
    if (const YamlEntry* reach = entry.value.find("reach")) {
      host.reach = read_reach(*reach, owner, stack_.file, reading_);
    } else if (entry.value.is_map() || entry.value.is_nothing()) {
      reading_.report(entry.where,
                      fmt::format("{} needs 'reach'", owner.text),
                      "how commands get there: reach: local");
    }
    return host;
  }

  std::string read_address(const Params& params, std::string_view key, const Owner& owner) {
    const std::string address = text_or_empty(params, key);
    if (!address.empty() && !is_address(address)) {
      reading_.report(
          params.place(key),
          fmt::format(
              "'{}' of {} must be an IPv4 or IPv6 address, not '{}'", key, owner.text, address));
    }
    return address;
  }

  std::string read_resolvers(const Params& params, const Owner& owner) {
    std::vector<std::string> addresses = params.list("resolver");
    for (const std::string& address : addresses)
      if (!is_address(address))
        reading_.report(
            params.place("resolver"),
            fmt::format(
                "'resolver' of {} must be IPv4 or IPv6 addresses, not '{}'", owner.text, address));
    return join(addresses, ",");
  }

  StackService read_service(const YamlEntry& entry) {
    const Owner owner{fmt::format("service '{}'", entry.key), entry.where};
    StackService service;
    service.name = entry.key;
    service.where = entry.where;
    if (!expect_map(entry.value, owner, reading_)) return service;
    const YamlEntry* written = entry.value.find("kind");
    const StackKind* kind =
        written == nullptr ? nullptr : kind_named(service_kinds(), written->value.text);
    if (kind == nullptr) {
      const std::vector<std::string> kinds = names_of_kinds(service_kinds());
      const std::string hint =
          written == nullptr ? "kind: " + one_of(kinds) : suggestion(written->value.text, kinds);
      reading_.report(written == nullptr ? entry.where : written->value.where,
                      written == nullptr
                          ? fmt::format("{} needs 'kind'", owner.text)
                          : fmt::format("there is no kind of service {}", written->value.shown()),
                      hint);
      return service;
    }
    service.kind = kind->name;
    service.params = read_fields(kind->fields, entry.value, owner, names_, reading_, {"kind"});
    service.hosts = hosts_of(service.params);
    refuse_secrets(service, owner);
    return service;
  }

  static std::vector<std::string> hosts_of(const Params& params) {
    if (!params.has("primary")) return params.list("hosts");
    std::vector<std::string> hosts = params.list("replicas");
    hosts.insert(hosts.begin(), params.text("primary"));
    return hosts;
  }

  void refuse_secrets(const StackService& service, const Owner& owner) {
    const Params dsn = service.params.object("dsn");
    for (const auto& [host, value] : dsn.values()) {
      const std::string text(value.get_string().data(), value.get_string().size());
      if (text.find("password") == std::string::npos) continue;
      reading_.report(dsn.place(std::string(host)),
                      fmt::format("'dsn' of {} holds a password", owner.text),
                      "name a file instead: passfile=/etc/muster/pgpass");
    }
  }

  void read_routing() {
    const YamlEntry* entry = root_.find("routing");
    if (entry == nullptr) return;
    const Owner owner{"'routing'", entry->where};
    const std::vector<std::string> kinds = names_of_kinds(routing_kinds());
    Params shared = read_fields(routing_fields(), entry->value, owner, names_, reading_, kinds);
    for (const YamlEntry& each : entry->value.entries) {
      const StackKind* kind = kind_named(routing_kinds(), each.key);
      if (kind == nullptr) continue;
      Routing routing;
      routing.kind = kind->name;
      routing.params = read_fields(kind->fields,
                                   each.value,
                                   {fmt::format("routing '{}'", each.key), each.where},
                                   names_,
                                   reading_);
      set_timing(routing, shared);
      stack_.routings.push_back(std::move(routing));
    }
    if (stack_.routings.empty() && reading_.count() == 0 && !shared.values().empty()) {
      // The prediction needs the timing even where nothing can be drained.
      set_timing(stack_.routings.emplace_back(), shared);
    }
  }

  static void set_timing(Routing& routing, const Params& shared) {
    const Params check = shared.object("health_check");
    routing.check_interval = duration_if(check, "interval");
    routing.check_timeout = duration_if(check, "timeout");
    if (check.has("fall")) routing.fall = static_cast<int>(check.integer("fall"));
    if (check.has("rise")) routing.rise = static_cast<int>(check.integer("rise"));
    const Params balancer = shared.object("load_balancer_check");
    routing.lb_interval = duration_if(balancer, "interval");
    routing.lb_timeout = duration_if(balancer, "timeout");
    if (balancer.has("fall")) routing.lb_fall = static_cast<int>(balancer.integer("fall"));
    if (balancer.has("rise")) routing.lb_rise = static_cast<int>(balancer.integer("rise"));
    routing.ttl = duration_if(shared, "ttl");
  }

  Vantage read_vantage(const YamlEntry& entry) {
    const Owner owner{fmt::format("vantage '{}'", entry.key), entry.where};
    const Params params = read_fields(vantage_fields(), entry.value, owner, names_, reading_);
    Vantage vantage;
    vantage.name = entry.key;
    vantage.where = entry.where;
    vantage.host = text_or_empty(params, "host");
    vantage.resolver = read_resolvers(params, owner);
    if (const StackHost* host = stack_.host(vantage.host)) vantage.region = host->region;
    return vantage;
  }

  void read_protect() {
    const YamlEntry* entry = root_.find("protect");
    if (entry == nullptr) return;
    if (!expect_list(*entry, "write [process: sshd, interface: eth0]", reading_)) return;
    for (const YamlNode& item : entry->value.items) {
      const Params params = read_fields(
          protect_fields(), item, {"an item in 'protect'", item.where}, names_, reading_);
      if (item.is_map() && item.entries.size() != 1) {
        reading_.report(item.where, "an item in 'protect' has one key", "write one item for each");
      }
      for (std::size_t i = 0; i < protect_fields().size(); ++i) {
        const std::string_view key = protect_fields()[i].name;
        if (params.has(key))
          stack_.protections.push_back({static_cast<Protection::Kind>(i), params.text(key)});
      }
    }
  }

  const YamlNode& root_;
  Stack& stack_;
  Reading& reading_;
  Names names_;
};

}  // namespace

std::optional<Stack> read_stack(const std::string& file, const Where& asked_by, Reading& reading) {
  const Source* source = reading.open(file, asked_by);
  if (source == nullptr) return std::nullopt;
  const std::optional<YamlNode> root = read_yaml(*source, reading);
  if (!root || !expect_header(*root, "muster_stack", "stack", reading)) return std::nullopt;
  Stack stack;
  stack.file = file;
  StackReader(*root, stack, reading).read();
  return stack;
}

Names names_of(const Stack& stack) {
  Names names;
  names.known[Refers::Region] = stack.regions;
  for (const StackHost& host : stack.hosts) names.known[Refers::Host].push_back(host.name);
  for (const StackService& service : stack.services)
    names.known[Refers::Service].push_back(service.name);
  for (const Vantage& vantage : stack.vantages)
    names.known[Refers::Vantage].push_back(vantage.name);
  names.known[Refers::Service];
  names.known[Refers::Vantage];
  return names;
}

Stack load_stack(const std::string& file) {
  Reading reading;
  std::optional<Stack> stack = read_stack(file, {}, reading);
  reading.finish();
  return std::move(*stack);
}

}  // namespace muster
