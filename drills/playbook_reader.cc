#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "drills/checker.h"
#include "drills/conditions.h"
#include "drills/digest.h"
#include "drills/fields.h"
#include "drills/fragments.h"
#include "drills/header.h"
#include "drills/playbook.h"
#include "drills/playbook_tables.h"
#include "drills/stack_reader.h"
#include "drills/steps_reader.h"
#include "drills/variables.h"

namespace muster {

namespace {

constexpr std::size_t kLongestDrillName = 64;

bool is_drill_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestDrillName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

/// Keys whose values are read as they are written: they decide what the variables are, or must not
/// depend on them.
bool takes_variables(std::string_view key) {
  return key != "muster" && key != "drill" && key != "stack" && key != "include" && key != "vars";
}

class PlaybookReader {
 public:
  PlaybookReader(const Catalogue& catalogue, const LoadOptions& options, Reading& reading)
      : catalogue_(catalogue), options_(options), reading_(reading) {}

  Drill read(const std::string& file) {
    const Source* source = reading_.open(file);
    const auto root = source == nullptr ? std::nullopt : read_yaml(*source, reading_);
    if (!root || !expect_header(*root, "muster", "playbook", reading_)) return std::move(drill_);
    playbook_.file = file;
    playbook_.text = source->text();
    const YamlNode whole = with_fragments(*root, file, reading_);
    const Variables variables(whole.find("vars"), options_.set, reading_);
    playbook_.variables = variables.all();
    const YamlNode filled = filled_in(whole, variables);
    read_top(filled);
    read_stack_of(filled);
    read_probes(filled);
    read_rest(filled, variables);
    return std::move(drill_);
  }

 private:
  static YamlNode filled_in(const YamlNode& root, const Variables& variables) {
    YamlNode filled = root;
    for (YamlEntry& entry : filled.entries) {
      if (takes_variables(entry.key)) entry.value = variables.fill(entry.value);
    }
    return filled;
  }

  void read_top(const YamlNode& root) {
    std::vector<std::string> sections;
    for (const PlaybookSection& section : playbook_sections()) sections.emplace_back(section.name);
    const Params top =
        read_fields(playbook_fields(), root, {"the playbook", root.where}, {}, reading_, sections);
    const auto text = [&](std::string_view key) {
      return top.has(key) ? top.text(key) : std::string();
    };
    playbook_.drill = text("drill");
    playbook_.title = text("title");
    playbook_.owner = text("owner");
    playbook_.tags = top.list("tags");
    if (top.has("trials")) playbook_.trials = static_cast<int>(top.integer("trials"));
    if (top.has("drill") && !is_drill_name(playbook_.drill)) {
      reading_.report(
          top.place("drill"),
          fmt::format(
              "the drill's name must be small letters, digits and '-', at most {}, not '{}'",
              kLongestDrillName,
              playbook_.drill));
    }
  }

  void read_stack_of(const YamlNode& root) {
    const YamlEntry* named = root.find("stack");
    Where asked_by = named == nullptr ? root.where : named->value.where;
    if (options_.stack_file) {
      playbook_.stack_file = *options_.stack_file;
      asked_by = {fmt::format("--stack {}", *options_.stack_file), 0, 0};
    } else if (named != nullptr && named->value.is_scalar()) {
      const auto folder = std::filesystem::path(playbook_.file).parent_path();
      playbook_.stack_file = (folder / named->value.text).lexically_normal().string();
    } else if (named == nullptr) {
      reading_.report(
          root.where, "the playbook names no stack", "write  stack: FILE  or give --stack FILE");
    }
    if (playbook_.stack_file.empty()) return;
    std::optional<Stack> stack = read_stack(playbook_.stack_file, asked_by, reading_);
    if (!stack) return;
    drill_.stack = std::move(*stack);
    names_ = names_of(drill_.stack);
  }

  void read_probes(const YamlNode& root) {
    names_.known[Refers::Probe];
    const YamlEntry* section = root.find("probes");
    if (section == nullptr || !expect_map(section->value, {"'probes'", section->where}, reading_))
      return;
    for (const YamlEntry& entry : section->value.entries) {
      expect_name(entry, "under 'probes'", reading_);
      playbook_.probes.push_back(read_probe(entry));
      names_.known[Refers::Probe].push_back(entry.key);
    }
  }

  ProbeSpec read_probe(const YamlEntry& entry) {
    const Owner owner{fmt::format("probe '{}'", entry.key), entry.where};
    ProbeSpec probe;
    probe.name = entry.key;
    probe.where = entry.where;
    if (!expect_map(entry.value, owner, reading_)) return probe;
    std::vector<std::string> kinds;
    for (const KindSpec* kind : catalogue_.probes) kinds.emplace_back(kind->name);
    const std::size_t before = reading_.count();
    const Params common = read_fields(probe_fields(), entry.value, owner, names_, reading_, kinds);
    set_common(probe, common);
    for (const YamlEntry& each : entry.value.entries) {
      const KindSpec* kind = catalogue_.probe(each.key);
      if (kind == nullptr) continue;
      if (!probe.kind.empty()) {
        reading_.report(
            each.where,
            fmt::format(
                "{} has one kind: '{}' and '{}' are two", owner.text, probe.kind, kind->name),
            "write two probes");
        break;
      }
      probe.kind = kind->name;
      probe.params = read_fields(kind->fields,
                                 each.value,
                                 {fmt::format("probe kind '{}'", kind->name), each.where},
                                 names_,
                                 reading_);
    }
    if (probe.kind.empty() && reading_.count() == before) {
      reading_.report(entry.where,
                      fmt::format("{} needs a kind", owner.text),
                      fmt::format("one of {}; `muster probes` explains them", one_of(kinds)));
    }
    return probe;
  }

  static ServiceLevel service_level(const json::object& slo) {
    ServiceLevel level{0, 30 * std::chrono::hours(24)};
    if (find(slo, "availability") != nullptr) level.availability = number_at(slo, "availability");
    if (find(slo, "over") != nullptr) level.over = duration_at(slo, "over");
    return level;
  }

  static void set_common(ProbeSpec& probe, const Params& common) {
    probe.from = common.list("from");
    if (common.has("rate")) probe.rate = common.number("rate");
    if (common.has("arrivals")) probe.poisson = common.text("arrivals") == "poisson";
    if (common.has("clients")) probe.clients = static_cast<int>(common.integer("clients"));
    if (common.has("settle")) probe.settle = common.duration("settle");
    if (common.has("slo")) probe.slo = service_level(common.values().at("slo").as_object());
  }

  void read_rest(const YamlNode& root, const Variables& variables) {
    const auto conditions = [&](const ConditionPlace& place) {
      const YamlEntry* entry = root.find(place.section);
      return entry == nullptr ? std::vector<Condition>()
                              : read_conditions(place, *entry, names_, reading_);
    };
    playbook_.steady = conditions(steady_place());
    playbook_.stop_if = conditions(stop_place());
    playbook_.objectives = conditions(objective_place());
    Names touchable = names_;
    for (const Protection& each : drill_.stack.protections) {
      if (each.kind == Protection::Kind::Host)
        touchable.untouchable[Refers::Host].push_back(each.value);
      if (each.kind == Protection::Kind::Service)
        touchable.untouchable[Refers::Service].push_back(each.value);
    }
    const YamlEntry* steps = root.find("steps");
    if (steps == nullptr) {
      reading_.report(
          root.where, "a playbook needs 'steps'", "the smallest is  steps: [{hold: 10s}]");
      return;
    }
    const StepContext context{catalogue_, variables, touchable, reading_};
    const WrittenSteps written = read_steps(*steps, context);
    playbook_.steps = written.taken();
    if (steps->value.is_list() && steps->value.items.empty()) {
      reading_.report(steps->where, "there is no step", "the smallest is  - hold: 10s");
    } else if (playbook_.steps.empty() && !written.steps.empty()) {
      reading_.report(steps->where, "no step is left: every 'when' is false");
    }
    check_playbook(playbook_, written, catalogue_, reading_);
  }

  const Catalogue& catalogue_;
  const LoadOptions& options_;
  Reading& reading_;
  Drill drill_;
  Playbook& playbook_ = drill_.playbook;
  Names names_;
};

}  // namespace

Drill load_drill(const std::string& playbook_file,
                 const Catalogue& catalogue,
                 const LoadOptions& options) {
  Reading reading;
  Drill drill = PlaybookReader(catalogue, options, reading).read(playbook_file);
  reading.finish();
  drill.playbook.digest = digest_of(drill.playbook);
  drill.playbook.series_key = series_key_of(drill.playbook, drill.stack.name);
  return drill;
}

}  // namespace muster
