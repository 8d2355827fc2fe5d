#include "drills/stack_tables.h"

namespace muster {

namespace {

Schema check_fields() {
  return {{.name = "interval",
           .type = Type::Duration,
           .help = "time between two checks",
           .required = true,
           .least = 0.001},
          {.name = "timeout",
           .type = Type::Duration,
           .help = "an answer later than this is a failure",
           .least = 0.001},
          {.name = "fall",
           .type = Type::Integer,
           .help = "failures in a row until it counts as down",
           .fallback = "1",
           .least = 1,
           .most = 1000},
          {.name = "rise",
           .type = Type::Integer,
           .help = "successes in a row until it counts as up",
           .fallback = "1",
           .least = 1,
           .most = 1000}};
}

/// What is left out is as the user's own ssh configuration says.
Schema ssh_fields() {
  return {
      {.name = "port", .type = Type::Integer, .help = "TCP port", .least = 1, .most = 65535},
      {.name = "identity", .type = Type::Text, .help = "file of the private key to log in with"},
      {.name = "known_hosts", .type = Type::Text, .help = "file that holds the host's key"},
      {.name = "config",
       .type = Type::Text,
       .help = "ssh configuration, instead of the user's own"},
      {.name = "guard",
       .type = Type::Text,
       .help = "path of the muster-guard that is installed there; without it, one is copied"},
      {.name = "sudo", .type = Type::Flag, .help = "start the guard there by `sudo -n`"}};
}

Schema container_fields() {
  return {{.name = "engine",
           .type = Type::Choice,
           .help = "whose command line reaches it",
           .fallback = "docker",
           .choices = {"docker", "podman"}},
          {.name = "user",
           .type = Type::Text,
           .help = "user in the container that programs run as; its own where left out"},
          {.name = "guard",
           .type = Type::Text,
           .help = "path of the muster-guard that its image has; without it, one is copied"}};
}

StackKind provider_routing() {
  return {"http",
          "a value behind a provider's HTTP API; {region} in its texts stands for the region",
          {{.name = "host",
            .type = Type::Name,
            .help = "the host that calls the API, and where its guard runs",
            .required = true,
            .refers = Refers::Host},
           {.name = "url", .type = Type::Text, .help = "read by GET", .required = true},
           {.name = "headers",
            .type = Type::TextMap,
            .help = "of every request: Authorization: \"Bearer ${secret:file:/run/token}\""},
           {.name = "value",
            .type = Type::Text,
            .help = "JSON pointer to the value in the answer: /result/enabled",
            .required = true},
           {.name = "drained",
            .type = Type::Text,
            .help = "the value, as JSON, while the region is out: \"false\"",
            .required = true},
           {.name = "method",
            .type = Type::Choice,
            .help = "writes the value",
            .fallback = "PATCH",
            .choices = {"PATCH", "PUT", "POST"}},
           {.name = "write", .type = Type::Text, .help = "URL that is written to, if not `url`"},
           {.name = "body",
            .type = Type::Text,
            .help = "what is written; {value} in it stands for the value: '{\"enabled\": {value}}'",
            .required = true},
           {.name = "ok",
            .type = Type::Text,
            .help = "JSON pointer that must be true in every answer: /success"},
           {.name = "names",
            .type = Type::TextMap,
            .help = "region: what {region} stands for, where the API calls it something else",
            .key_refers = Refers::Region}}};
}

StackKind programs_routing() {
  return {"command",
          "programs of your own; {region} in them stands for the region",
          {{.name = "host",
            .type = Type::Name,
            .help = "where they run",
            .required = true,
            .refers = Refers::Host},
           {.name = "drain",
            .type = Type::Argv,
            .help = "takes the region out of service",
            .required = true},
           {.name = "undrain", .type = Type::Argv, .help = "puts it back", .required = true},
           {.name = "verify",
            .type = Type::Argv,
            .help = "exits with 0 while the region is out",
            .required = true},
           {.name = "verify_undrained",
            .type = Type::Argv,
            .help = "exits with 0 once users are sent there again; without it, the exit code of "
                    "`undrain` is believed"}}};
}

}  // namespace

const Schema& stack_fields() {
  static const Schema fields = {
      {.name = "muster_stack",
       .type = Type::Integer,
       .help = "version of this format; comes first",
       .required = true,
       .least = 1,
       .most = 1},
      {.name = "stack", .type = Type::Name, .help = "name of the stack", .required = true},
      {.name = "environment",
       .type = Type::Choice,
       .help = "decides what policy asks for",
       .fallback = "lab",
       .choices = {"lab", "staging", "production"}},
      {.name = "regions",
       .type = Type::NameList,
       .help = "the regions, or nothing where there is only one"},
      {.name = "interlocks",
       .type = Type::Object,
       .help = "what has to be so before anything is broken",
       .fields = {{.name = "peer_healthy",
                   .type = Type::Duration,
                   .help = "how long the services of the other regions must have been healthy "
                           "before one is taken out; 0: not asked",
                   .fallback = "3s",
                   .least = 0,
                   .most = 3600}}}};
  return fields;
}

const std::vector<StackSection>& stack_sections() {
  static const std::vector<StackSection> sections = {
      {"hosts", "the machines, and how commands get there"},
      {"services", "what runs on them"},
      {"routing", "how a region is drained, and how fast that is noticed"},
      {"vantages", "where users are"},
      {"protect", "what may never be touched, whatever a playbook says"}};
  return sections;
}

const Schema& host_fields() {
  static const Schema fields = {{.name = "region",
                                 .type = Type::Name,
                                 .help = "the region it stands in",
                                 .refers = Refers::Region},
                                {.name = "address",
                                 .type = Type::Text,
                                 .help = "IPv4 or IPv6 address by which other hosts see it"},
                                {.name = "lease",
                                 .type = Type::Duration,
                                 .help = "a guard there that hears nothing for so long undoes",
                                 .fallback = "20s",
                                 .least = 1,
                                 .most = 3600}};
  return fields;
}

const Schema& vantage_fields() {
  static const Schema fields = {
      {.name = "host",
       .type = Type::Name,
       .help = "the host its users' requests come from",
       .required = true,
       .refers = Refers::Host},
      {.name = "resolver",
       .type = Type::TextList,
       .help = "addresses of the DNS resolvers they ask, the next where one does not answer; "
               "default: the host's own"}};
  return fields;
}

const Schema& protect_fields() {
  static const Schema fields = {
      {.name = "process", .type = Type::Text, .help = "name of a program"},
      {.name = "interface", .type = Type::Text, .help = "name of a network interface"},
      {.name = "host", .type = Type::Name, .help = "a host of the stack", .refers = Refers::Host},
      {.name = "service",
       .type = Type::Name,
       .help = "a service of the stack",
       .refers = Refers::Service},
      {.name = "path", .type = Type::Text, .help = "a file or folder"}};
  return fields;
}

const Schema& routing_fields() {
  static const Schema fields = {
      {.name = "health_check",
       .type = Type::Object,
       .help = "how the routing finds a dead region",
       .fields = check_fields()},
      {.name = "load_balancer_check",
       .type = Type::Object,
       .help = "how the balancer in a region finds a dead server",
       .fields = check_fields()},
      {.name = "ttl", .type = Type::Duration, .help = "time to live of the DNS names users ask"}};
  return fields;
}

const std::vector<StackKind>& routing_kinds() {
  static const std::vector<StackKind> kinds = {
      {"gdnsd",
       "DNS answers by gdnsd; drained by its admin_state file",
       {{.name = "hosts",
         .type = Type::NameList,
         .help = "the name servers",
         .required = true,
         .refers = Refers::Host},
        {.name = "admin_state",
         .type = Type::Text,
         .help = "path of the admin_state file",
         .required = true},
        {.name = "control",
         .type = Type::Argv,
         .help = "gdnsdctl with its options",
         .fallback = "[gdnsdctl]"},
        {.name = "resources",
         .type = Type::TextMap,
         .help = "region: resource that is forced down",
         .required = true,
         .key_refers = Refers::Region},
        {.name = "name",
         .type = Type::Text,
         .help = "a name that it answers with addresses of the user's region: a drain is then seen "
                 "in what it answers, too"}}},
      {"haproxy",
       "load balancers; drained by an entry in a map",
       {{.name = "hosts",
         .type = Type::TextMap,
         .help = "region: host of its balancer",
         .required = true,
         .refers = Refers::Host,
         .key_refers = Refers::Region},
        {.name = "socket",
         .type = Type::Text,
         .help = "path of the admin socket",
         .required = true},
        {.name = "map",
         .type = Type::Text,
         .help = "path of the map file, as HAProxy knows it",
         .required = true},
        {.name = "key",
         .type = Type::Text,
         .help = "the map's key that drains",
         .fallback = "region"},
        {.name = "health",
         .type = Type::Text,
         .help = "URL that the health check of a region asks, as seen from its balancer; {address} "
                 "stands for the balancer's: a drain is then seen in its status"}}},
      provider_routing(),
      programs_routing()};
  return kinds;
}

const std::vector<StackKind>& reach_kinds() {
  static const std::vector<StackKind> kinds = {
      {"local", "this machine; written without a target", {}},
      {"lab", "host of the practice lab", {}},
      {"netns", "network namespace, by name or path", {}},
      {"ssh", "user@host", ssh_fields()},
      {"docker", "container, by name or id", container_fields()},
      {"kubectl", "namespace/pod", {}}};
  return kinds;
}

}  // namespace muster
