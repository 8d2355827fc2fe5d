#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "drills/lab/boot.h"
#include "drills/lab/lines.h"
#include "drills/lab/machine.h"
#include "drills/lab/state.h"

namespace muster {

namespace lab {

namespace {

/// The supervisor while the lab is coming up. As long as nobody commits it, it ends with the pipe
/// that this holds: whatever becomes of us, nothing is left.
struct Supervisor {
  explicit Supervisor(std::unique_ptr<Channel> channel) : output(std::move(channel)) {}
  Lines output;
  ProcessId process;
};

/// muster-lab-init's own message, with what to do where the machine forbids what a lab is made of.
Error explained(const Error& error, bool root) {
  if (root) return error;
  return Error(error.message() +
               "\n  this machine may forbid user namespaces; see the sysctls "
               "kernel.unprivileged_userns_clone,\n"
               "  kernel.apparmor_restrict_unprivileged_userns and user.max_user_namespaces\n"
               "  as root, `muster lab up --root` does without");
}

Task<> expect_word(Lines& lines, std::string word) {
  for (;;) {
    const std::vector<std::string> fields = co_await lines.fields();
    if (fields.front() == word) co_return;
  }
}

Task<std::unique_ptr<Supervisor>> start_supervisor(const Machine& machine) {
  const std::unique_ptr<Host> here = make_host("here", "local", {});
  std::vector<std::string> argv = {
      machine.programs + "/muster-lab-init", "supervise", machine.root ? "root" : "user"};
  auto supervisor = std::make_unique<Supervisor>(co_await here->open(std::move(argv)));
  std::exception_ptr failure;
  try {
    const std::vector<std::string> fields = co_await supervisor->output.fields();
    supervisor->process = ProcessId::of(std::stoi(fields.at(1)));
  } catch (const Error& error) {
    failure = std::make_exception_ptr(explained(error, machine.root));
  }
  if (failure) std::rethrow_exception(failure);
  co_return supervisor;
}

std::string plan_text(const Plan& plan) {
  std::string text;
  const auto add_file = [&](const std::string& name, const std::string& content) {
    text += fmt::format("file\t{}\t{}\n{}", name, content.size(), content);
  };
  for (const HostPlan& host : plan.hosts) {
    text += "host\t" + host.row.name + "\n";
    for (const auto& [name, content] : host.files) add_file(name, content);
    add_file("host", describe_host(host, plan.parts));
  }
  return text + fmt::format("links\t{}\n{}", plan.links.size(), plan.links);
}

/// Every host's process 1, as this machine numbers it.
std::map<std::string, ProcessId> find_hosts(Supervisor& supervisor,
                                            const std::map<std::string, int>& inside) {
  std::map<std::string, ProcessId> hosts;
  const auto processes = processes_below(supervisor.process.pid);
  for (const auto& [name, number] : inside)
    for (const LabProcess& process : processes)
      if (process.parent == supervisor.process.pid && process.pids.size() >= 2 &&
          process.pids[process.pids.size() - 2] == number && process.pids.back() == 1)
        hosts[name] = ProcessId::of(process.pid());
  if (hosts.size() != inside.size())
    fail("a host of the lab ended while it was being made: {}",
         printable(trim(supervisor.output.channel().errors())));
  return hosts;
}

Task<std::map<std::string, ProcessId>> make_hosts(Supervisor& supervisor, const Plan& plan) {
  std::string text = plan_text(plan);
  co_await supervisor.output.channel().write(std::move(text));
  std::map<std::string, int> inside;
  for (;;) {
    const std::vector<std::string> fields = co_await supervisor.output.fields();
    if (fields[0] == "host") inside[fields.at(1)] = std::stoi(fields.at(2));
    if (fields[0] == "made") co_return find_hosts(supervisor, inside);
  }
}

/// From here on the lab lives without us.
Task<> commit(Supervisor& supervisor, const LabState& state) {
  save_state(state);
  co_await supervisor.output.channel().write("commit\n");
  co_await expect_word(supervisor.output, "committed");
}

Task<> bring_up(Supervisor& supervisor,
                const Machine& machine,
                LabState state,
                Clock& clock,
                std::function<void(std::string)> progress) {
  const std::vector<std::string> entry = entry_words(supervisor.process.pid, machine.root);
  co_await ensure_templates(machine, entry, progress);
  co_await ensure_certificates(machine, entry, progress);
  const Plan plan = make_plan(machine, state.settings, state.only);
  state.supervisor = supervisor.process;
  state.hosts = co_await make_hosts(supervisor, plan);
  const std::unique_ptr<Asker> asker =
      co_await Asker::start(machine.programs + "/muster-lab-init", entry);
  Boot boot(plan, *asker, clock, std::move(progress));
  co_await boot.run();
  co_await commit(supervisor, state);
}

/// Ended by the end of its input; what is left of it is gone when its process is.
Task<> wait_for_end(Supervisor& supervisor, Clock& clock) {
  supervisor.output.channel().close_input();
  while (supervisor.process.pid != 0 && supervisor.process.alive())
    co_await clock.sleep_for(std::chrono::milliseconds(5));
}

Task<> bring_up_or_leave_nothing(const Machine& machine,
                                 LabState state,
                                 std::function<void(std::string)> progress) {
  SystemClock clock;
  const std::unique_ptr<Supervisor> supervisor = co_await start_supervisor(machine);
  std::exception_ptr failure;
  try {
    co_await bring_up(*supervisor, machine, std::move(state), clock, std::move(progress));
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  co_await uncancelled(wait_for_end(*supervisor, clock));
  remove_state();
  std::rethrow_exception(failure);
}

void refuse_other_settings(const LabState& up, const LabOptions& options) {
  const Settings wanted = checked_settings(options.settings);
  for (const auto& [name, value] : wanted)
    if (options.settings.contains(name) && up.settings.at(name) != value)
      throw Refused(
          fmt::format("the lab is up with {}={}; for {}={} take it down first: muster lab down",
                      name,
                      up.settings.at(name),
                      name,
                      value));
  if (options.root != up.root)
    throw Refused(fmt::format("the lab is up {} --root; take it down first: muster lab down",
                              up.root ? "with" : "without"));
}

void need_health(const LabStatus& status) {
  for (const LabPart& part : status.parts)
    if (!part.healthy)
      fail(
          "the lab is up, but {}/{} is not healthy: {}\n  mend it: muster lab down && muster lab "
          "up",
          part.host,
          part.part,
          part.health);
}

}  // namespace
}  // namespace lab

std::string lab_missing_programs() {
  return lab::missing_for(lab::make_plan({}, lab::checked_settings({}), {}));
}

Task<LabStatus> lab_up(LabOptions options, std::function<void(std::string)> progress) {
  const lab::LabLock lock;
  if (const auto up = lab::load_state()) {
    lab::refuse_other_settings(*up, options);
    progress("the lab is up already");
    LabStatus status = co_await lab_status();
    lab::need_health(status);
    co_return status;
  }
  lab::LabState state;
  state.root = options.root;
  state.settings = lab::checked_settings(options.settings);
  state.only = options.only;
  // Refuses a wrong name before anything is started.
  const lab::Plan wanted = lab::make_plan({}, state.settings, state.only);
  const lab::Machine machine = lab::inspect_machine(wanted, options.root);
  co_await lab::bring_up_or_leave_nothing(machine, std::move(state), std::move(progress));
  co_return co_await lab_status();
}

}  // namespace muster
