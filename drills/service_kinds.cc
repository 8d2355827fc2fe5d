// What a stack says of a service: one table for each kind.
#include "drills/stack_tables.h"

namespace muster {

namespace {

const Field kPidFile{
    .name = "pid_file", .type = Type::Text, .help = "file that holds the process id"};
const Field kStart{.name = "start", .type = Type::Argv, .help = "starts it"};
const Field kStop{.name = "stop", .type = Type::Argv, .help = "stops it in good order"};
const Field kPrimary{.name = "primary",
                     .type = Type::Name,
                     .help = "the host that takes writes",
                     .required = true,
                     .refers = Refers::Host};
const Field kReplicas{.name = "replicas",
                      .type = Type::NameList,
                      .help = "the hosts that follow it",
                      .refers = Refers::Host};

const Field kFrontDoor{.name = "front_door",
                       .type = Type::Flag,
                       .help = "true: what the routing's `health_check` looks at"};
const Field kHosts{.name = "hosts",
                   .type = Type::NameList,
                   .help = "the hosts it runs on",
                   .required = true,
                   .refers = Refers::Host};
const Field kLook{.name = "look",
                  .type = Type::Argv,
                  .help =
                      "run on its host; {address} stands for the host's. Prints what a user got "
                      "of it"};

/// What certificate_expire has to know of TLS that is served from files.
const Field kCertificate{
    .name = "certificate",
    .type = Type::Object,
    .help = "its TLS, where the certificate is a file",
    .fields = {
        {.name = "file", .type = Type::Text, .help = "the certificate it serves", .required = true},
        {.name = "expired",
         .type = Type::Text,
         .help = "one for the same key that has expired, on the same host",
         .required = true},
        {.name = "reload",
         .type = Type::Argv,
         .help = "makes the service read its certificate again",
         .required = true},
        {.name = "endpoint",
         .type = Type::Text,
         .help = "where it listens, from its own host: 127.0.0.1:443",
         .required = true},
        {.name = "name", .type = Type::Text, .help = "the server name that is asked for"}}};

StackKind process_service() {
  return {
      "process",
      "a program on one or more hosts",
      {kHosts,
       kPidFile,
       kStart,
       kStop,
       {.name = "match",
        .type = Type::Text,
        .help = "text in its command line, where there is no pid file"},
       {.name = "health",
        .type = Type::Object,
        .help = "tells whether it is well",
        .fields = {{.name = "http",
                    .type = Type::Text,
                    .help = "URL that answers 200, as seen from its host",
                    .required = true}}},
       kFrontDoor,
       {.name = "clock",
        .type = Type::Object,
        .help = "its clock, where that can be set for it alone (libfaketime)",
        .fields =
            {{.name = "file",
              .type = Type::Text,
              .help = "holds how far it is off, as +0 or -300 seconds",
              .required = true},
             {.name = "endpoint",
              .type = Type::Text,
              .help = "ADDRESS:PORT on its own host; its HTTP answers carry a Date",
              .required = true},
             {.name = "path", .type = Type::Text, .help = "what is asked there", .fallback = "/"}}},
       kCertificate}};
}

StackKind cdn_service() {
  return {"cdn",
          "an edge cache",
          {kHosts,
           kPidFile,
           kStart,
           kStop,
           kLook,
           kFrontDoor,
           {.name = "bypass_file",
            .type = Type::Text,
            .help = "while this file is there, nothing is answered from the cache"},
           {.name = "bypassed",
            .type = Type::Text,
            .help = "what `look` prints while the cache is bypassed",
            .fallback = "BYPASS"},
           {.name = "purge",
            .type = Type::Argv,
            .help = "takes out what carries the tag {tag}; {address} stands for the host's"},
           {.name = "missed",
            .type = Type::Text,
            .help = "what `look` prints for a page that was not in the cache",
            .fallback = "MISS"},
           kCertificate}};
}

StackKind resolver_service() {
  return {"resolver",
          "a DNS resolver of users: unbound",
          {kHosts,
           kPidFile,
           kStart,
           kStop,
           {.name = "control",
            .type = Type::Argv,
            .help = "unbound-control with its options",
            .fallback = "[unbound-control]"}}};
}

StackKind object_store_service() {
  return {"object_store",
          "stores objects; one in each region",
          {kHosts,
           kPidFile,
           kStart,
           kStop,
           kLook,
           kFrontDoor,
           {.name = "well",
            .type = Type::Text,
            .help = "what `look` prints while the store answers as it should"},
           {.name = "deny_file",
            .type = Type::Text,
            .help = "while this file is there, every request is refused"},
           {.name = "corrupt_file",
            .type = Type::Text,
            .help = "while this file is there, objects are answered with other bytes"}}};
}

StackKind prometheus_service() {
  return {"prometheus", "monitoring by Prometheus", {kHosts, kPidFile, kStart, kStop}};
}

StackKind postgres_service() {
  return {
      "postgres",
      "PostgreSQL with streaming replication",
      {kPrimary,
       kReplicas,
       {.name = "dsn",
        .type = Type::TextMap,
        .help = "host: connection string, without secrets",
        .key_refers = Refers::Host},
       kPidFile,
       kStart,
       kStop,
       {.name = "promote",
        .type = Type::Argv,
        .help = "run on a replica, makes it take writes; without it: select pg_promote(true, 10)"},
       {.name = "rejoin",
        .type = Type::Argv,
        .help = "run on a host, makes its server a standby of the one that takes writes now, even "
                "where the two have diverged"}}};
}

StackKind redis_service() {
  return {"redis",
          "Redis with replication",
          {kPrimary,
           kReplicas,
           {.name = "port",
            .type = Type::Integer,
            .help = "TCP port",
            .fallback = "6379",
            .least = 1,
            .most = 65535},
           kPidFile,
           kStart,
           kStop}};
}

StackKind http_service() {
  return {"http",
          "a web address that is not run by hosts of this stack",
          {{.name = "url", .type = Type::Text, .help = "its address", .required = true}}};
}

}  // namespace

const std::vector<StackKind>& service_kinds() {
  static const std::vector<StackKind> kinds = {process_service(),
                                               cdn_service(),
                                               resolver_service(),
                                               object_store_service(),
                                               prometheus_service(),
                                               postgres_service(),
                                               redis_service(),
                                               http_service()};
  return kinds;
}

}  // namespace muster
