#include "runner/settings/settings_tables.h"

namespace muster {

namespace {

Schema blackout_fields() {
  return {{.name = "from",
           .type = Type::Text,
           .help = "first day, or the instant it begins: 2026-12-20, \"2026-12-20 18:00\"",
           .required = true},
          {.name = "to",
           .type = Type::Text,
           .help = "last day, which is part of it, or the instant it ends",
           .required = true},
          {.name = "why", .type = Type::Text, .help = "shown with every drill it keeps back"}};
}

Schema hold_fields() {
  return {{.name = "name", .type = Type::Name, .help = "what it asks about", .required = true},
          {.name = "command",
           .type = Type::Argv,
           .help = "exit code 0 says that nothing speaks against a drill; all else does"},
          {.name = "url",
           .type = Type::Text,
           .help = "asked by GET; only the answer below says that nothing speaks against a drill"},
          {.name = "headers",
           .type = Type::TextMap,
           .help = "of the request: Authorization: \"Bearer ${secret:file:/run/token}\""},
          {.name = "status",
           .type = Type::Integer,
           .help = "HTTP status that says so",
           .fallback = "200",
           .least = 100,
           .most = 599},
          {.name = "body_contains", .type = Type::Text, .help = "text that must be in the answer"},
          {.name = "timeout",
           .type = Type::Duration,
           .help = "no answer within it speaks against",
           .fallback = "10s",
           .least = 0.1,
           .most = 120}};
}

Field blackouts() {
  return {.name = "blackouts",
          .type = Type::ObjectList,
          .help = "no drill starts while one of them lasts",
          .fields = blackout_fields()};
}

Field calendars() {
  return {.name = "calendars",
          .type = Type::TextList,
          .help = "ICS files: no drill starts during one of their events"};
}

Field hold_while() {
  return {.name = "hold_while",
          .type = Type::ObjectList,
          .help = "what is asked before a drill; anything but a clear no keeps it back",
          .fields = hold_fields()};
}

Field time_zone() {
  return {.name = "time_zone",
          .type = Type::Text,
          .help = "IANA name, such as Europe/Berlin; UTC where none is written"};
}

}  // namespace

const Schema& settings_fields() {
  static const Schema fields = {
      {.name = "muster_server",
       .type = Type::Integer,
       .help = "version of this format; comes first",
       .required = true,
       .least = 1,
       .most = 1},
      {.name = "store",
       .type = Type::Text,
       .help = "sqlite, sqlite:FILE, or postgresql://... for several servers",
       .fallback = "sqlite"},
      time_zone(),
      {.name = "policy", .type = Type::Text, .help = "file that says what the gate asks for"},
      {.name = "trusted_keys",
       .type = Type::TextList,
       .help = "public keys of other homes whose signed results count"},
      {.name = "at_once",
       .type = Type::Integer,
       .help = "drills that may run at the same time, over all servers of the store",
       .fallback = "1",
       .least = 1,
       .most = 100},
      {.name = "lease",
       .type = Type::Duration,
       .help = "a server that is silent for so long loses what it claimed",
       .fallback = "30s",
       .least = 2,
       .most = 3600},
      blackouts(),
      calendars(),
      hold_while()};
  return fields;
}

const Schema& scheduled_drill_fields() {
  static const Schema fields = {
      {.name = "playbook", .type = Type::Text, .help = "file of the drill", .required = true},
      {.name = "stack", .type = Type::Text, .help = "another stack than the playbook names"},
      {.name = "set", .type = Type::TextMap, .help = "values of the playbook's variables"},
      {.name = "labels", .type = Type::TextMap, .help = "kept with each run"},
      {.name = "when",
       .type = Type::Text,
       .help = "\"Tue-Thu 10:00-15:00\", or cron: \"30 10 1-7 * Tue\"",
       .required = true},
      time_zone(),
      {.name = "windows",
       .type = Type::TextList,
       .help = "no drill starts outside them: [Mon-Thu 09:00-16:00]"},
      blackouts(),
      calendars(),
      hold_while(),
      {.name = "missed",
       .type = Type::Text,
       .help = "skip, or a duration: it may still start if it is late by less",
       .fallback = "skip"},
      {.name = "minimum_gap",
       .type = Type::Duration,
       .help = "since the end of its last run",
       .fallback = "0"},
      {.name = "overdue",
       .type = Type::Duration,
       .help = "an alarm where no run has passed for so long",
       .least = 60},
      {.name = "yes_production",
       .type = Type::Flag,
       .help = "it may run on a production stack, with an approval of its plan",
       .fallback = "false"},
      {.name = "enabled",
       .type = Type::Flag,
       .help = "false: neither the calendar nor a person starts it",
       .fallback = "true"}};
  return fields;
}

const Schema& token_fields() {
  static const Schema fields = {
      {.name = "sha256",
       .type = Type::Text,
       .help = "of the token, as `muster token` shows it",
       .required = true},
      {.name = "scopes",
       .type = Type::TextList,
       .help = "gate:read, report:read, drill:start, drill:stop, admin",
       .required = true},
      {.name = "expires", .type = Type::Text, .help = "last day on which it counts: 2027-06-30"}};
  return fields;
}

const Schema& serve_fields() {
  static const Schema fields = {
      {.name = "address",
       .type = Type::Text,
       .help = "where it listens; other than 127.0.0.1 needs `tls` and `tokens`",
       .fallback = "127.0.0.1"},
      {.name = "port",
       .type = Type::Integer,
       .help = "TCP port; 0 takes any free one",
       .fallback = "7117",
       .least = 0,
       .most = 65535},
      {.name = "names",
       .type = Type::TextList,
       .help = "host names by which browsers may call it, besides its addresses"},
      {.name = "tls",
       .type = Type::Object,
       .help = "PEM files",
       .fields =
           {{.name = "certificate", .type = Type::Text, .help = "with its chain", .required = true},
            {.name = "key", .type = Type::Text, .help = "of it", .required = true}}},
      {.name = "requests_per_minute",
       .type = Type::Integer,
       .help = "of one token, and of one address without one",
       .fallback = "600",
       .least = 1,
       .most = 1000000}};
  return fields;
}

const Schema& notify_fields() {
  static const Schema fields = {
      {.name = "on",
       .type = Type::TextList,
       .help = "started, passed, failed, skipped, overdue, broken; all but started if left out"},
      {.name = "webhook", .type = Type::Text, .help = "URL that gets a signed POST"},
      {.name = "secret",
       .type = Type::Text,
       .help = "what signs it: \"${secret:file:/etc/muster/hook-key}\""},
      {.name = "slack",
       .type = Type::Text,
       .help = "URL of an incoming webhook, or \"${secret:file:...}\" that holds it"},
      {.name = "mail_to", .type = Type::TextList, .help = "addresses"},
      {.name = "mail_from", .type = Type::Text, .help = "address it comes from"},
      {.name = "smtp",
       .type = Type::Text,
       .help = "smtp:// or smtps:// URL; without it sendmail is used"},
      {.name = "text",
       .type = Type::Text,
       .help = "words with {drill} {status} {headline} {schedule} {run} {link} {event} {at}"}};
  return fields;
}

}  // namespace muster
