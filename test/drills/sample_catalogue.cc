#include <cstdlib>
#include <fstream>

#include <unistd.h>

#include "test/drills/test_catalogue.h"

namespace muster {

namespace {

const Schema& service_target() {
  static const Schema fields = {{.name = "service",
                                 .type = Type::Name,
                                 .help = "the service",
                                 .required = true,
                                 .refers = Refers::Service},
                                {.name = "host",
                                 .type = Type::Name,
                                 .help = "only there; default: all its hosts",
                                 .refers = Refers::Host}};
  return fields;
}

const std::vector<KindSpec>& fault_specs() {
  static const std::vector<KindSpec> specs = {
      {"drain_region",
       "Takes a region out of service.",
       "region: us-east",
       {{.name = "region",
         .type = Type::Name,
         .help = "the region that users leave",
         .required = true,
         .refers = Refers::Region},
        {.name = "via",
         .type = Type::Choice,
         .help = "which routing",
         .choices = {"gdnsd", "haproxy", "command"}}}},
      {"process_kill",
       "Kills a process.",
       "service: app",
       service_target(),
       UndoClass::SelfHealingOnRestart},
      {"partition",
       "Cuts two sets of hosts off from each other.",
       "from: [a]\nto: [b]",
       {{.name = "from",
         .type = Type::NameList,
         .help = "one side",
         .required = true,
         .refers = Refers::Host},
        {.name = "to",
         .type = Type::NameList,
         .help = "the other side",
         .required = true,
         .refers = Refers::Host},
        {.name = "ports",
         .type = Type::Integer,
         .help = "only this port",
         .least = 1,
         .most = 65535}}},
      {"bandwidth",
       "Narrows a link.",
       "host: a\nrate: 64kbit",
       {{.name = "host",
         .type = Type::Name,
         .help = "where",
         .required = true,
         .refers = Refers::Host},
        {.name = "rate", .type = Type::Bandwidth, .help = "how narrow", .required = true},
        {.name = "loss", .type = Type::Ratio, .help = "share of packets lost", .fallback = "0"},
        {.name = "delay",
         .type = Type::Duration,
         .help = "added to each packet",
         .fallback = "0s",
         .most = 60}}},
      {"command",
       "Runs programs of your own.",
       "host: here\napply: [touch, /tmp/x]",
       {{.name = "host",
         .type = Type::Name,
         .help = "where",
         .required = true,
         .refers = Refers::Host},
        {.name = "apply", .type = Type::Argv, .help = "breaks it", .required = true},
        {.name = "undo", .type = Type::Argv, .help = "puts it back", .required = true},
        {.name = "verify", .type = Type::Argv, .help = "exits with 0 while it is broken"}}},
      {"disk_fill",
       "Fills a disk.",
       "host: a\nsize: 1GiB",
       {{.name = "host",
         .type = Type::Name,
         .help = "where",
         .required = true,
         .refers = Refers::Host},
        {.name = "size", .type = Type::Size, .help = "how much", .required = true, .least = 1}}},
      {"dns_fail", "Makes the name servers silent.", "", {}},
      {"wipe_cache",
       "Drops every key; nothing brings them back.",
       "service: cache",
       service_target(),
       UndoClass::Irreversible}};
  return specs;
}

const std::vector<KindSpec>& probe_specs() {
  const auto request = [](std::string_view name, std::string_view help) {
    return Field{
        .name = name,
        .type = Type::Object,
        .help = help,
        .required = true,
        .fields = {
            {.name = "url",
             .type = Type::Text,
             .help = "with {n} for the number",
             .required = true},
            {.name = "method", .type = Type::Text, .help = "HTTP method", .fallback = "GET"}}};
  };
  static const std::vector<KindSpec> specs = {
      {"http",
       "Users of a web page.",
       "url: http://www.example.test/",
       {{.name = "url", .type = Type::Text, .help = "what they ask for", .required = true},
        {.name = "timeout",
         .type = Type::Duration,
         .help = "later than this is a failure",
         .fallback = "2s",
         .least = 0.01,
         .most = 60},
        {.name = "method", .type = Type::Text, .help = "HTTP method", .fallback = "GET"},
        {.name = "headers", .type = Type::TextMap, .help = "sent along"},
        {.name = "body", .type = Type::Text, .help = "sent along"},
        {.name = "expect",
         .type = Type::Object,
         .help = "what a good answer has",
         .fields = {{.name = "status",
                     .type = Type::Integer,
                     .help = "HTTP status",
                     .fallback = "200",
                     .least = 100,
                     .most = 599},
                    {.name = "body_contains", .type = Type::Text, .help = "text in the body"}}},
        {.name = "served_by",
         .type = Type::Object,
         .help = "how an answer tells its region",
         .fields = {{.name = "header",
                     .type = Type::Text,
                     .help = "name of the header",
                     .required = true}}}}},
      {"postgres_lag",
       "How far a replica is behind.",
       "service: db",
       {{.name = "service", .type = Type::Name, .help = "the service", .refers = Refers::Service},
        {.name = "primary",
         .type = Type::Name,
         .help = "host that takes writes",
         .refers = Refers::Host},
        {.name = "replica",
         .type = Type::Name,
         .help = "host that follows",
         .refers = Refers::Host}}},
      {"ledger",
       "Numbered writes, read back in each region.",
       "write: {url: ...}",
       {request("write", "how an entry is written"),
        request("read", "how entries are read back")}}};
  return specs;
}

}  // namespace

Catalogue test_catalogue() {
  Catalogue catalogue;
  for (const KindSpec& spec : fault_specs()) catalogue.faults.push_back(&spec);
  for (const KindSpec& spec : probe_specs()) catalogue.probes.push_back(&spec);
  return catalogue;
}

std::string source_path(std::string_view path) {
  return std::string(MUSTER_SOURCE_DIR) + "/" + std::string(path);
}

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "muster-drills-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail_errno("mkdtemp");
  folder_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Scratch::write(const std::string& name, std::string_view text) const {
  const std::filesystem::path path = folder_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

Drill load_text(std::string_view rest, const LoadOptions& options) {
  const Scratch scratch;
  const std::string head =
      fmt::format("muster: 1\ndrill: x\nstack: {}\n", source_path("test/bad/stack.yaml"));
  return load_drill(
      scratch.write("drill.yaml", head + std::string(rest)), test_catalogue(), options);
}

std::string message_of_text(std::string_view rest, const LoadOptions& options) {
  try {
    load_text(rest, options);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

}  // namespace muster
