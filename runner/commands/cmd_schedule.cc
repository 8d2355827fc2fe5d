#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "runner/commands/commands.h"
#include "runner/commands/settings_option.h"
#include "runner/serve/scheduled_drill.h"

namespace muster {

namespace {

struct ScheduleArguments {
  std::string& drill;
  std::string& settings;
  int& next;
  bool& json;
};

/// "Tue 2026-12-01 10:00 CET", and for a window until when.
std::string time_of(const Turn& turn, const TimeZone& zone) {
  if (!is_window(turn)) return zone.text(turn.begin);
  return fmt::format("{} to {}", zone.text(turn.begin), zone.text(turn.end));
}

std::string head_of(const ScheduledDrill& drill) {
  const ScheduleSettings& settings = drill.schedule.settings();
  return fmt::format("{}: {} on {} ({}), {} in {}{}\n",
                     drill.name(),
                     drill.drill,
                     drill.stack,
                     drill.environment,
                     settings.when,
                     settings.time_zone,
                     settings.enabled ? "" : "; not enabled, nothing starts it");
}

/// What the calendar has: the window that is open now, and what follows. This looks into no store.
std::vector<Turn> turns_from(const ScheduledDrill& drill, UtcTime now, int next) {
  std::vector<Turn> turns = drill.schedule.next(now, static_cast<std::size_t>(next));
  if (std::optional<Turn> open = drill.schedule.open_window(now))
    turns.insert(turns.begin(), std::move(*open));
  return turns;
}

std::string note_of(const Turn& turn, UtcTime now) {
  if (!turn.excluded.empty()) return "  skipped: " + turn.excluded;
  if (!is_window(turn)) return "";
  return turn.begin < now ? "  open now, at a random moment, unless it has been"
                          : "  at a random moment";
}

void show(const ScheduledDrill& drill, const std::vector<Turn>& turns, UtcTime now) {
  print(head_of(drill));
  print(fmt::format("  understood as: {}\n", drill.schedule.meaning()));
  for (const std::string& note : drill.schedule.notes()) print(fmt::format("  note: {}\n", note));
  const TimeZone zone(drill.schedule.settings().time_zone);
  for (const Turn& turn : turns)
    print(fmt::format("  {}{}\n", time_of(turn, zone), note_of(turn, now)));
  if (turns.empty()) print("  no turn within two years\n");
}

json::object to_json(const ScheduledDrill& drill, const std::vector<Turn>& turns) {
  json::array list;
  for (const Turn& turn : turns) {
    json::object each;
    each["begin"] = format_utc(turn.begin);
    each["end"] = format_utc(turn.end);
    each["excluded"] = turn.excluded;
    list.emplace_back(std::move(each));
  }
  json::array notes;
  for (std::string& note : drill.schedule.notes()) notes.emplace_back(std::move(note));
  json::object object;
  object["name"] = drill.name();
  object["drill"] = drill.drill;
  object["stack"] = drill.stack;
  object["environment"] = drill.environment;
  object["when"] = drill.schedule.settings().when;
  object["time_zone"] = drill.schedule.settings().time_zone;
  object["meaning"] = drill.schedule.meaning();
  object["notes"] = std::move(notes);
  object["enabled"] = drill.schedule.settings().enabled;
  object["turns"] = std::move(list);
  return object;
}

int preview(const ScheduleArguments& arguments) {
  Settings settings = settings_as_asked(arguments.settings);
  if (!arguments.drill.empty()) settings.drills = {schedule_named(settings, arguments.drill)};
  const UtcTime now = SystemClock().utc_now();
  json::array all;
  for (const ScheduledDrill& drill : scheduled_drills(settings)) {
    const std::vector<Turn> turns = turns_from(drill, now, arguments.next);
    if (arguments.json)
      all.emplace_back(to_json(drill, turns));
    else
      show(drill, turns, now);
  }
  if (arguments.json) print(pretty_json(all));
  if (settings.drills.empty()) print(settings.file + " has no drills\n");
  return 0;
}

}  // namespace

Action define_schedule(Arguments& arguments) {
  arguments.example("muster schedule drain-us-east-weekly --next 5");
  const ScheduleArguments asked{
      arguments.operand("DRILL", "only this line of `drills:`", false),
      arguments.option("--settings", "FILE", "instead of ./muster.yaml or /etc/muster/muster.yaml"),
      arguments.number("--next", "how many turns of each", 5, 1, 1000),
      arguments.flag("--json", "for programs")};
  return [asked] {
    return preview(asked);
  };
}

}  // namespace muster
