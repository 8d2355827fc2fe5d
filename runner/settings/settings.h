#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "base/time.h"

namespace muster {

// What muster.yaml says: where muster remembers, what runs when, who may ask, who is told.
// docs/serve.md shows a whole file. Paths in it are relative to it; here they are whole.

/// A question to something outside that must be answered with a clear no before a drill may start:
/// is there an incident, is somebody deploying? Exactly one of `command` and `url` is set.
struct HoldCheck {
  std::string name;                  ///< "incident"
  std::vector<std::string> command;  ///< an argv; exit code 0 means that nothing speaks against
  std::string url;                   ///< asked by GET; `status` and `body_contains` mean the same
  std::map<std::string, std::string> headers;  ///< may hold ${secret:...}
  int status = 200;
  std::string body_contains;  ///< empty: any body
  Duration timeout = std::chrono::seconds(10);
};

/// No drill starts while it lasts, in the schedule's time zone: whole days, or instants.
struct Blackout {
  std::string from;  ///< "2026-12-20" or "2026-12-20 18:00"
  std::string to;    ///< a day is included; an hour is not
  std::string why;
};

/// What happens to an occurrence whose moment passed while nobody could start it.
struct MissedRuns {
  std::optional<Duration> run_within;  ///< nothing: skip; else started if it is late by less
};

/// One line of `drills:`, a drill that runs on schedule.
struct ScheduleSettings {
  std::string name;  ///< [a-z0-9-]{1,64}
  Where where;
  std::string playbook;                    ///< file
  std::string stack;                       ///< file; empty: as the playbook says
  std::map<std::string, std::string> set;  ///< variables of the playbook
  std::map<std::string, std::string> labels;
  std::string when;       ///< as written: "0 10 * * Tue", "first Tue of month 10:00-16:00"
  std::string time_zone;  ///< IANA
  std::vector<std::string> windows;    ///< "Mon-Thu 09:00-16:00"; empty: at any time
  std::vector<Blackout> blackouts;     ///< those of every drill, and its own
  std::vector<std::string> calendars;  ///< ICS files; busy while one of their events lasts
  MissedRuns missed;
  Duration minimum_gap{};             ///< since the end of the drill's last run that injected
  std::optional<Duration> overdue;    ///< alarm where no run has passed for so long
  std::vector<HoldCheck> hold_while;  ///< those of every drill, and its own
  bool yes_production = false;
  bool enabled = true;
};

enum class Scope { GateRead, ReportRead, DrillStart, DrillStop, Admin };
std::string_view name_of(Scope scope);  ///< "gate:read"
/// Throws UsageError, with the one that may have been meant, where there is no such scope.
Scope scope_named(const std::string& word);

/// One who may ask the server. The token itself is nowhere: `muster token` shows it
/// once.
struct TokenSettings {
  std::string name;
  std::string sha256;  ///< 64 hex digits of the SHA-256 of the token
  std::vector<Scope> scopes;
  std::optional<UtcTime> expires;
};

struct ServeSettings {
  std::string address = "127.0.0.1";
  int port = 7117;
  std::vector<std::string> names;  ///< host names by which browsers may call it
  std::string certificate;         ///< PEM files; both or neither
  std::string key;
  std::vector<TokenSettings> tokens;
  int requests_per_minute = 600;  ///< of one token, and of one address without one
};

enum class NotifyEvent { Started, Passed, Failed, Skipped, Overdue, Broken };
std::string_view name_of(NotifyEvent event);

/// Who is told. Exactly one of `webhook`, `slack` and `mail_to` is set.
struct NotifySettings {
  std::string name;
  std::vector<NotifyEvent> on;  ///< empty: all but started
  std::string webhook;          ///< URL
  std::string secret;           ///< reference, "secret:file:..."; signs the webhook's body
  std::string slack;            ///< URL, or a reference to one
  std::vector<std::string> mail_to;
  std::string mail_from;
  std::string smtp;  ///< smtp:// or smtps:// URL; empty: sendmail
  std::string text;  ///< template; empty: the built-in one
};

struct Settings {
  std::string file;
  std::string store;   ///< "sqlite:/path" or "postgresql://..."; empty: history.db of the home
  std::string policy;  ///< the gate's policy file; empty: none
  std::vector<std::string> trusted_keys;  ///< PEM files of others whose signed results count
  int at_once = 1;  ///< drills that may run at the same time, over all servers of the store
  Duration lease = std::chrono::seconds(30);  ///< who is silent for so long loses its claim
  std::vector<ScheduleSettings> drills;
  ServeSettings serve;
  std::vector<NotifySettings> notify;
};

/// Reads muster.yaml; throws UsageError with every mistake, each at its place.
Settings load_settings(const std::string& file);
/// Of that name, or the one nearest to it in the message of the UsageError.
const ScheduleSettings& schedule_named(const Settings& settings, const std::string& name);

}  // namespace muster
