#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/interlocks/lever.h"
#include "runner/interlocks/person.h"

namespace muster {

namespace {

int show_lever(bool as_json) {
  const auto lever = engaged_lever();
  if (as_json) {
    json::object object;
    object["engaged"] = lever.has_value();
    object["lever"] = lever ? json::value(to_json(*lever)) : json::value();
    print(pretty_json(object));
  } else if (lever) {
    print(fmt::format("{}\n{}\n", lever->text(), lever->how_to_release()));
  } else {
    print("the safety lever is released; drills may run\n");
  }
  return static_cast<int>(lever ? ExitCode::Refused : ExitCode::Pass);
}

int engage(const std::string& reason, bool as_json) {
  const SystemClock clock;
  engage_lever(this_person(), reason, clock.utc_now());
  show_lever(as_json);
  return static_cast<int>(ExitCode::Pass);
}

int release(bool as_json) {
  const bool was_engaged = release_lever();
  if (!was_engaged && !as_json) print("the lever of this home was not engaged\n");
  return show_lever(as_json);
}

int move_lever(const std::string& what, const std::string& reason, bool as_json) {
  if (what == "engage") return engage(reason, as_json);
  if (what == "release") return release(as_json);
  if (what == "status") return show_lever(as_json);
  const std::string meant = nearest(what, {"engage", "release", "status"});
  throw UsageError("muster lever engage|release|status, not '" + printable(what, 60) + "'" +
                   (meant.empty() ? "" : "; did you mean '" + meant + "'?"));
}

}  // namespace

Action define_lever(Arguments& arguments) {
  arguments.example("muster lever engage --reason \"incident 4711\"\n  muster lever status --json");
  auto& what = arguments.operand("WHAT", "engage, release or status (exit code 6 while engaged)");
  auto& reason = arguments.option("--reason", "TEXT", "for engage: why, for whoever reads it");
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    return move_lever(what, reason, as_json);
  };
}

}  // namespace muster
