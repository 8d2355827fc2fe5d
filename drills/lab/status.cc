#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "drills/lab/health.h"
#include "drills/lab/machine.h"
#include "drills/lab/state.h"

namespace muster {

namespace lab {

namespace {

/// From (host, pid inside) to the pid on this machine.
class PidMap {
 public:
  PidMap(const LabState& state, const std::vector<LabProcess>& processes) {
    std::map<int, std::string> host_of;
    for (const auto& [name, init] : state.hosts) host_of[init.pid] = name;
    std::map<int, int> parent_of;
    for (const LabProcess& process : processes) parent_of[process.pid()] = process.parent;
    for (const LabProcess& process : processes)
      for (int above = process.pid(); parent_of.contains(above); above = parent_of[above])
        if (host_of.contains(above)) pids_[{host_of[above], process.pids.back()}] = process.pid();
  }

  int outside(const std::string& host, int inside) const {
    const auto found = pids_.find({host, inside});
    return found == pids_.end() ? 0 : found->second;
  }

 private:
  std::map<std::pair<std::string, int>, int> pids_;
};

LabPart describe(const PartPlan& plan,
                 const PartHealth& health,
                 const LabState& state,
                 const PidMap& pids) {
  LabPart part{plan.ref.host,
               plan.ref.part,
               host_row(plan.ref.host).address,
               health.health,
               health.role,
               0,
               health.healthy};
  const ProcessId& init = state.hosts.at(plan.ref.host);
  const bool on = init.alive();
  if (health.pid_inside != 0) part.pid = pids.outside(plan.ref.host, health.pid_inside);
  if (plan.ref.part == "router" && on) part.pid = init.pid;
  if (!on) {
    part.healthy = false;
    part.health = "powered off";
    part.role.clear();
  }
  return part;
}

Task<std::vector<LabPart>> look_at_parts(const LabState& state,
                                         const Plan& plan,
                                         const std::vector<LabProcess>& processes) {
  std::vector<Question> questions;
  for (const PartPlan& part : plan.parts)
    for (Question& question : questions_about(part)) questions.push_back(std::move(question));
  const std::unique_ptr<Asker> asker = co_await Asker::start(
      program_directory() / "muster-lab-init", entry_words(state.supervisor.pid, state.root));
  const Duration patience = std::chrono::seconds(2);
  const std::vector<Answer> answers = co_await asker->ask(std::move(questions), patience);
  const PidMap pids(state, processes);
  std::vector<LabPart> parts;
  auto next = answers.begin();
  for (const PartPlan& part : plan.parts) {
    const auto end = next + static_cast<std::ptrdiff_t>(questions_about(part).size());
    parts.push_back(describe(part, judge(part, {next, end}), state, pids));
    next = end;
  }
  co_return parts;
}

/// The process itself, even if its number is given to another one in between.
void end_process(const ProcessId& process) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0));
  if (handle < 0) return;
  const bool same = process.alive();
  const long sent = same ? ::syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0) : 0;
  const int error = errno;
  ::close(handle);
  errno = error;
  if (sent != 0) fail_errno("cannot end the lab; was it started by another user? its supervisor");
}

LabState need_state() {
  auto state = load_state();
  if (!state) fail("the lab is down; start it with `muster lab up`");
  return std::move(*state);
}

}  // namespace
}  // namespace lab

bool LabStatus::healthy() const {
  return up &&
         std::all_of(parts.begin(), parts.end(), [](const LabPart& part) { return part.healthy; });
}

Task<LabStatus> lab_status() {
  const auto state = lab::load_state();
  if (!state) co_return LabStatus{};
  lab::Machine machine;
  machine.root = state->root;
  const lab::Plan plan = lab::make_plan(machine, state->settings, state->only);
  const auto processes = lab::processes_below(state->supervisor.pid);
  LabStatus status;
  status.up = true;
  status.parts = co_await lab::look_at_parts(*state, plan, processes);
  status.memory_bytes = lab::memory_of(processes);
  co_return status;
}

Task<bool> lab_down() {
  const lab::LabLock lock;
  const auto state = lab::load_state();
  if (!state) co_return false;
  lab::end_process(state->supervisor);
  SystemClock clock;
  while (state->supervisor.alive()) co_await clock.sleep_for(std::chrono::milliseconds(5));
  lab::remove_state();
  co_return true;
}

std::vector<std::string> lab_entry(const std::string& host) {
  const lab::LabState state = lab::need_state();
  const auto found = state.hosts.find(host);
  if (found == state.hosts.end()) {
    const std::string near = nearest(host, lab_hosts());
    fail("the lab has no host '{}'{}",
         host,
         near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near));
  }
  if (!found->second.alive())
    fail("lab host {} is powered off; `muster lab down` and `muster lab up` bring it back", host);
  return lab::entry_words(found->second.pid, state.root);
}

std::vector<std::string> lab_hosts() {
  std::vector<std::string> names;
  for (const lab::HostRow& row : lab::topology()) names.push_back(row.name);
  return names;
}

}  // namespace muster
