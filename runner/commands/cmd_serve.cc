#include <cstdlib>

#include "base/error.h"
#include "base/process.h"
#include "runner/commands/commands.h"
#include "runner/commands/settings_option.h"
#include "runner/notify/notify.h"
#include "runner/serve/server.h"

namespace muster {

namespace {

Task<int> tell_one(NotifySettings receiver) {
  const auto here = make_host("here", "local", {});
  Notice notice;
  notice.event = NotifyEvent::Passed;
  notice.schedule = "test";
  notice.drill = "test";
  notice.status = "pass";
  notice.headline = "This is a test: muster can reach you.";
  notice.at = SystemClock().utc_now();
  const std::string problem = co_await deliver_once(receiver, notice, *here);
  if (!problem.empty()) fail("{} was not told: {}", receiver.name, problem);
  print(receiver.name + " was told\n");
  co_return 0;
}

NotifySettings receiver_named(const Settings& settings, const std::string& name) {
  for (const NotifySettings& receiver : settings.notify)
    if (receiver.name == name) return receiver;
  throw UsageError(settings.file + " has no receiver '" + name + "' under 'notify'");
}

}  // namespace

Action define_serve(Arguments& arguments) {
  arguments.example("muster serve --settings /etc/muster/muster.yaml");
  auto& file =
      arguments.option("--settings", "FILE", "instead of ./muster.yaml or /etc/muster/muster.yaml");
  auto& check =
      arguments.flag("--check-config", "read everything, say what is wrong, serve nothing");
  auto& json_log = arguments.flag("--json-log", "the log as JSON lines");
  auto& port_file =
      arguments.option("--port-file", "FILE", "write the port there once it is listened on");
  auto& receiver =
      arguments.option("--test-notify", "NAME", "tell one receiver that this is a test");
  return [&] {
    Settings settings = settings_as_asked(file);
    if (check) {
      print(check_settings(settings));
      return 0;
    }
    if (!receiver.empty()) return run_to_end(tell_one(receiver_named(settings, receiver)));
    // What it starts, `muster recover` above all, looks into the same store.
    if (!settings.store.empty()) ::setenv("MUSTER_STORE", settings.store.c_str(), 1);
    return run_to_end(serve(std::move(settings), {json_log, port_file}));
  };
}

}  // namespace muster
