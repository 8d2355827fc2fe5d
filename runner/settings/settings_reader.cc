#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "base/secret.h"
#include "base/text.h"
#include "drills/fields.h"
#include "drills/header.h"
#include "drills/values.h"
#include "runner/settings/settings.h"
#include "runner/settings/settings_tables.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::pair<Scope, std::string_view>, 5> kScopes = {
    {{Scope::GateRead, "gate:read"},
     {Scope::ReportRead, "report:read"},
     {Scope::DrillStart, "drill:start"},
     {Scope::DrillStop, "drill:stop"},
     {Scope::Admin, "admin"}}};

constexpr std::array<std::pair<NotifyEvent, std::string_view>, 6> kEvents = {
    {{NotifyEvent::Started, "started"},
     {NotifyEvent::Passed, "passed"},
     {NotifyEvent::Failed, "failed"},
     {NotifyEvent::Skipped, "skipped"},
     {NotifyEvent::Overdue, "overdue"},
     {NotifyEvent::Broken, "broken"}}};

template <class Table>
std::vector<std::string> words_of(const Table& table) {
  std::vector<std::string> words;
  words.reserve(table.size());
  for (const auto& [value, word] : table) words.emplace_back(word);
  return words;
}

std::string text_or(const Params& params, std::string_view key, std::string fallback = "") {
  return params.has(key) ? params.text(key) : std::move(fallback);
}

std::map<std::string, std::string> texts_of(const Params& map) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : map.values())
    texts.emplace(key, std::string(value.get_string().data(), value.get_string().size()));
  return texts;
}

/// What one `${secret:...}` names, or the text as it is.
std::string without_braces(const std::string& text) {
  if (!text.starts_with("${") || !text.ends_with("}")) return text;
  return text.substr(2, text.size() - 3);
}

bool is_hex_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class SettingsReader {
 public:
  SettingsReader(const YamlNode& root, Settings& settings, Reading& reading)
      : root_(root), settings_(settings), reading_(reading) {}

  void read() {
    const Params top = read_fields(settings_fields(),
                                   root_,
                                   {"the settings", root_.where},
                                   {},
                                   reading_,
                                   {"drills", "serve", "notify"});
    read_store(top);
    settings_.policy = path_in(top, "policy");
    for (const std::string& file : top.list("trusted_keys"))
      settings_.trusted_keys.push_back(whole(file));
    if (top.has("at_once")) settings_.at_once = static_cast<int>(top.integer("at_once"));
    if (top.has("lease")) settings_.lease = top.duration("lease");
    for_each(root_.find("drills"), "'drills'", [&](const YamlEntry& entry) {
      settings_.drills.push_back(read_drill(entry, top));
    });
    read_serve();
    for_each(root_.find("notify"), "'notify'", [&](const YamlEntry& entry) {
      settings_.notify.push_back(read_receiver(entry));
    });
  }

 private:
  template <class Read>
  void for_each(const YamlEntry* section, const std::string& name, Read read) {
    if (section == nullptr || !expect_map(section->value, {name, section->where}, reading_)) return;
    for (const YamlEntry& each : section->value.entries) {
      expect_name(each, "under " + name, reading_);
      read(each);
    }
  }

  std::string whole(const std::string& path) const {
    if (path.empty() || fs::path(path).is_absolute()) return path;
    return (fs::absolute(settings_.file).parent_path() / path).lexically_normal().string();
  }

  std::string path_in(const Params& params, std::string_view key) const {
    return whole(text_or(params, key));
  }

  void read_store(const Params& top) {
    const std::string text = text_or(top, "store", "sqlite");
    if (text == "sqlite") return;
    if (text.starts_with("sqlite:")) {
      settings_.store = "sqlite:" + whole(text.substr(7));
    } else if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
      settings_.store = text;
      if (text.find('@') != std::string::npos &&
          text.substr(0, text.find('@')).find(':', text.find("//")) != std::string::npos)
        reading_.report(top.place("store"),
                        "the store's address holds a password",
                        "name a file instead: ...?passfile=/etc/muster/pgpass");
    } else {
      reading_.report(top.place("store"),
                      fmt::format("'{}' is no store", text),
                      "write sqlite, sqlite:FILE or postgresql://...");
    }
  }

  std::vector<Blackout> blackouts_of(const Params& params) const {
    std::vector<Blackout> found;
    for (const Params& each : params.objects("blackouts"))
      found.push_back({text_or(each, "from"), text_or(each, "to"), text_or(each, "why")});
    return found;
  }

  std::vector<HoldCheck> holds_of(const Params& params, const Where& owner) {
    std::vector<HoldCheck> found;
    for (const Params& each : params.objects("hold_while")) {
      HoldCheck check;
      check.name = text_or(each, "name");
      check.command = each.list("command");
      check.url = text_or(each, "url");
      check.headers = texts_of(each.object("headers"));
      check.status = each.has("status") ? static_cast<int>(each.integer("status")) : 200;
      check.body_contains = text_or(each, "body_contains");
      if (each.has("timeout")) check.timeout = each.duration("timeout");
      const Where place = each.place("name").known() ? each.place("name") : owner;
      if (check.command.empty() == check.url.empty())
        reading_.report(
            place,
            fmt::format("'{}' asks {}", check.name, check.url.empty() ? "nobody" : "two"),
            "write either 'command' or 'url'");
      found.push_back(std::move(check));
    }
    return found;
  }

  ScheduleSettings read_drill(const YamlEntry& entry, const Params& top) {
    const Owner owner{fmt::format("drill '{}'", entry.key), entry.where};
    const Params params = read_fields(scheduled_drill_fields(), entry.value, owner, {}, reading_);
    ScheduleSettings drill;
    drill.name = entry.key;
    drill.where = entry.where;
    drill.playbook = path_in(params, "playbook");
    drill.stack = path_in(params, "stack");
    drill.set = texts_of(params.object("set"));
    drill.labels = texts_of(params.object("labels"));
    drill.when = text_or(params, "when");
    drill.time_zone = text_or(params, "time_zone", text_or(top, "time_zone", "UTC"));
    for (const std::string& window : params.list("windows")) drill.windows.push_back(window);
    drill.missed = read_missed(params);
    if (params.has("minimum_gap")) drill.minimum_gap = params.duration("minimum_gap");
    if (params.has("overdue")) drill.overdue = params.duration("overdue");
    drill.yes_production = params.has("yes_production") && params.flag("yes_production");
    drill.enabled = !params.has("enabled") || params.flag("enabled");
    for (const Params& each : {top, params}) {
      std::ranges::move(blackouts_of(each), std::back_inserter(drill.blackouts));
      std::ranges::move(holds_of(each, entry.where), std::back_inserter(drill.hold_while));
      for (const std::string& file : each.list("calendars")) drill.calendars.push_back(whole(file));
    }
    return drill;
  }

  MissedRuns read_missed(const Params& params) {
    const std::string text = text_or(params, "missed", "skip");
    if (text == "skip") return {};
    const std::optional<Duration> within = parse_duration(text);
    if (!within || *within <= Duration::zero()) {
      reading_.report(params.place("missed"),
                      fmt::format("'missed' is skip or a duration, not '{}'", text),
                      "missed: 2h starts a drill that is late by less than two hours");
      return {};
    }
    return {within};
  }

  void read_serve() {
    const YamlEntry* entry = root_.find("serve");
    if (entry == nullptr) return;
    const Owner owner{"'serve'", entry->where};
    const Params params =
        read_fields(serve_fields(), entry->value, owner, {}, reading_, {"tokens"});
    ServeSettings& serve = settings_.serve;
    serve.address = text_or(params, "address", serve.address);
    if (params.has("port")) serve.port = static_cast<int>(params.integer("port"));
    serve.names = params.list("names");
    const Params tls = params.object("tls");
    serve.certificate = path_in(tls, "certificate");
    serve.key = path_in(tls, "key");
    if (params.has("requests_per_minute"))
      serve.requests_per_minute = static_cast<int>(params.integer("requests_per_minute"));
    for_each(entry->value.find("tokens"), "'tokens'", [&](const YamlEntry& each) {
      serve.tokens.push_back(read_token(each));
    });
  }

  TokenSettings read_token(const YamlEntry& entry) {
    const Owner owner{fmt::format("token '{}'", entry.key), entry.where};
    const Params params = read_fields(token_fields(), entry.value, owner, {}, reading_);
    TokenSettings token;
    token.name = entry.key;
    token.sha256 = text_or(params, "sha256");
    if (params.has("sha256") && !is_hex_digest(token.sha256))
      reading_.report(params.place("sha256"),
                      fmt::format("'sha256' of {} is not 64 hex digits", owner.text),
                      "`muster token` makes a token and shows this line");
    for (const std::string& word : params.list("scopes")) {
      const auto found = std::ranges::find(
          kScopes, word, [](const auto& each) { return std::string(each.second); });
      if (found != kScopes.end())
        token.scopes.push_back(found->first);
      else
        reading_.report(params.place("scopes"),
                        fmt::format("there is no scope '{}'", word),
                        suggestion(word, words_of(kScopes)));
    }
    if (params.has("expires")) token.expires = read_last_day(params, owner);
    return token;
  }

  /// The end of that day.
  std::optional<UtcTime> read_last_day(const Params& params, const Owner& owner) {
    const std::string text = params.text("expires");
    if (const auto day = parse_utc(text + "T00:00:00Z")) return *day + std::chrono::hours(24);
    reading_.report(params.place("expires"),
                    fmt::format("'expires' of {} is a day, not '{}'", owner.text, text),
                    "expires: 2027-06-30");
    // Whoever cannot say until when is not let in.
    return UtcTime{};
  }

  NotifySettings read_receiver(const YamlEntry& entry) {
    const Owner owner{fmt::format("receiver '{}'", entry.key), entry.where};
    const Params params = read_fields(notify_fields(), entry.value, owner, {}, reading_);
    NotifySettings receiver;
    receiver.name = entry.key;
    receiver.webhook = text_or(params, "webhook");
    receiver.secret = without_braces(text_or(params, "secret"));
    receiver.slack = without_braces(text_or(params, "slack"));
    receiver.mail_to = params.list("mail_to");
    receiver.mail_from = text_or(params, "mail_from");
    receiver.smtp = text_or(params, "smtp");
    receiver.text = text_or(params, "text");
    read_events(params, receiver);
    refuse_secret(params, "secret", receiver.secret);
    const int ways = (receiver.webhook.empty() ? 0 : 1) + (receiver.slack.empty() ? 0 : 1) +
                     (receiver.mail_to.empty() ? 0 : 1);
    if (ways != 1)
      reading_.report(
          entry.where,
          fmt::format("{} has {} ways to be told", owner.text, ways == 0 ? "no" : "several"),
          "write exactly one of webhook, slack and mail_to");
    if (!receiver.mail_to.empty() && receiver.mail_from.empty())
      reading_.report(entry.where, fmt::format("{} needs 'mail_from'", owner.text));
    return receiver;
  }

  void read_events(const Params& params, NotifySettings& receiver) {
    for (const std::string& word : params.list("on")) {
      const auto found = std::ranges::find(
          kEvents, word, [](const auto& each) { return std::string(each.second); });
      if (found != kEvents.end())
        receiver.on.push_back(found->first);
      else
        reading_.report(params.place("on"),
                        fmt::format("there is no event '{}'", word),
                        suggestion(word, words_of(kEvents)));
    }
  }

  /// A value in this file would be a secret in a file that many read.
  void refuse_secret(const Params& params, std::string_view key, const std::string& reference) {
    if (!params.has(key)) return;
    const std::string complaint = secret_complaint(reference);
    if (complaint.empty()) return;
    reading_.report(params.place(key),
                    fmt::format("'{}' names where the secret lies: {}", key, complaint),
                    "secret: \"${secret:file:/etc/muster/hook-key}\"");
  }

  const YamlNode& root_;
  Settings& settings_;
  Reading& reading_;
};

}  // namespace

std::string_view name_of(Scope scope) {
  return std::ranges::find(kScopes, scope, [](const auto& each) { return each.first; })->second;
}

Scope scope_named(const std::string& word) {
  const auto found =
      std::ranges::find(kScopes, word, [](const auto& each) { return std::string(each.second); });
  if (found != kScopes.end()) return found->first;
  throw UsageError(
      fmt::format("there is no scope '{}'; {}", word, suggestion(word, words_of(kScopes))));
}

std::string_view name_of(NotifyEvent event) {
  return std::ranges::find(kEvents, event, [](const auto& each) { return each.first; })->second;
}

Settings load_settings(const std::string& file) {
  Reading reading;
  Settings settings;
  settings.file = file;
  if (const Source* source = reading.open(file)) {
    const std::optional<YamlNode> root = read_yaml(*source, reading);
    if (root && expect_header(*root, "muster_server", "settings file", reading))
      SettingsReader(*root, settings, reading).read();
  }
  reading.finish();
  return settings;
}

const ScheduleSettings& schedule_named(const Settings& settings, const std::string& name) {
  std::vector<std::string> names;
  names.reserve(settings.drills.size());
  for (const ScheduleSettings& drill : settings.drills) {
    if (drill.name == name) return drill;
    names.push_back(drill.name);
  }
  const std::string hint = suggestion(name, names);
  throw UsageError(
      fmt::format("{} has no drill '{}'{}", settings.file, name, hint.empty() ? "" : "; " + hint));
}

}  // namespace muster
