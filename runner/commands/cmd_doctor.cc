#include <filesystem>
#include <map>

#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "drills/lab/lab.h"
#include "faults/fault.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

enum class State { Good, Missing, Optional, Root };

struct Finding {
  std::string what;
  State state;
  std::string mend;  ///< or more about it; may be empty
};

std::string_view name_of(State state) {
  switch (state) {
    case State::Good:
      return "good";
    case State::Missing:
      return "missing";
    case State::Optional:
      return "optional";
    case State::Root:
      return "root";
  }
  return "";
}

State good_if(bool good) {
  return good ? State::Good : State::Missing;
}

struct Program {
  std::string_view name;
  std::string mend;
  std::string needed_for;
  State without = State::Missing;
};

std::string from_debian(std::string_view package) {
  return fmt::format("apt-get install {}", package);
}

/// Where Debian has a program that a fault may need; ours lie beside muster.
constexpr std::pair<std::string_view, std::string_view> kPackages[] = {
    {"nft", "nftables"},
    {"iptables", "iptables"},
    {"iptables-restore", "iptables"},
    {"tc", "iproute2"},
    {"ip", "iproute2"},
    {"ss", "iproute2"},
    {"socat", "socat"},
    {"dig", "bind9-dnsutils"},
    {"psql", "postgresql-client-15"},
    {"gdnsdctl", "gdnsd"},
    {"openssl", "openssl"},
    {"unbound-control", "unbound"},
    {"libfaketime", "libfaketime"}};

std::string_view package_of(std::string_view program) {
  for (const auto& [name, package] : kPackages)
    if (name == program) return package;
  return "";
}

/// What muster itself runs here, and then what each fault runs on the host it hits: here, where
/// that is this machine, a namespace or the lab.
std::vector<Program> programs() {
  std::vector<Program> all = {
      {"nsenter", from_debian("util-linux"), "reaching lab and netns hosts"},
      {"ssh", from_debian("openssh-client"), "hosts over ssh"},
      {"sftp", from_debian("openssh-client"), "copying the guard to hosts over ssh"},
      {"curl",
       from_debian("curl"),
       "asking services whether they are healthy; what the lab's stack looks with for cdn_bypass, "
       "cdn_purge, object_store_fail"}};
  std::map<std::string_view, std::vector<std::string>> faults;
  for (const KindSpec* fault : fault_specs())
    for (const std::string_view program : fault->needs) faults[program].emplace_back(fault->name);
  for (const auto& [program, kinds] : faults)
    all.push_back({program, from_debian(package_of(program)), join(kinds, ", ")});
  all.push_back({"s3rver",
                 "npm install --global s3rver@3.7.1",
                 "the lab's setting object_store=s3",
                 State::Optional});
  all.push_back(
      {"rclone", from_debian("rclone"), "the lab's setting object_store=s3", State::Optional});
  return all;
}

bool is_installed(std::string_view program) {
  if (program == "libfaketime") {
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib", none))
      if (fs::exists(entry.path() / "faketime/libfaketimeMT.so.1", none)) return true;
    return false;
  }
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/bin/"})
    if (fs::exists(folder + std::string(program))) return true;
  return false;
}

Finding look_for(const Program& program) {
  std::string what = fmt::format("{} ({})", program.name, program.needed_for);
  if (program.name.starts_with("muster-")) {
    const fs::path own = program_directory() / program.name;
    const bool good = ::access(own.c_str(), X_OK) == 0;
    return {std::move(what),
            good_if(good),
            good ? "" : fmt::format("install it into {}", program_directory().string())};
  }
  if (is_installed(program.name)) return {std::move(what), State::Good, ""};
  return {std::move(what), program.without, program.mend};
}

/// Who drills hosts that are none of the lab's has to know it before, not by a fault that did not
/// bite.
std::vector<Finding> tell_root() {
  std::map<std::string_view, std::vector<std::string>> kinds;
  for (const FaultKind& fault : fault_kinds())
    if (!fault.root.empty()) kinds[fault.root].emplace_back(fault.spec.name);
  std::vector<Finding> findings;
  for (const auto& [why, names] : kinds)
    findings.push_back({fmt::format("wanted on hosts that are none of the lab's: {}", why),
                        State::Root,
                        join(names, ", ")});
  return findings;
}

/// What `muster lab up` would say.
Finding look_at_lab() {
  const std::string missing = lab_missing_programs();
  return {"the programs of the lab's parts", good_if(missing.empty()), missing};
}

/// Whether the kernel lets us make what the lab's hosts are made of; tried, not guessed.
Task<Finding> try_namespaces() {
  const auto here = make_host("here", "this machine", {});
  const CommandResult result =
      co_await here->try_run(command("unshare", "-Urnmpif", "--mount-proc", "true"));
  const bool good = result.ok();
  co_return Finding{"user, network, mount and process namespaces (the lab without root)",
                    good_if(good),
                    good ? "" : "the kernel refuses them here: use `muster lab up --root` as root"};
}

Finding look_at_home() {
  const fs::path home = muster_home();
  make_private_directories(home);
  const fs::path trial = home / ".doctor";
  write_file_atomically(trial, "x");
  fs::remove(trial);
  return {"runs and journals can be written to " + home.string(), State::Good, ""};
}

Finding look_beside() {
  const fs::path guard = program_directory() / "muster-guard";
  const bool good = ::access(guard.c_str(), X_OK) == 0;
  return {"muster-guard lies beside muster",
          good_if(good),
          good ? "" : "install muster-guard into " + program_directory().string()};
}

struct Policy {
  bool allowed = false;
  std::string said;
};

/// Not to be broken is no defect: the lab's hosts bring their own permission.
Task<Policy> ask_policy() {
  const auto here = make_host("here", "this machine", {});
  const CommandResult asked = co_await here->try_run(
      command((program_directory() / "muster-guard").string(), "policy", "--dir", "/"));
  co_return Policy{asked.ok(), std::string(trim(asked.out))};
}

void show(const std::vector<Finding>& findings, const Policy& policy) {
  for (const Finding& finding : findings)
    print(fmt::format("{:<8} {}{}\n",
                      finding.state == State::Missing ? "MISSING" : name_of(finding.state),
                      finding.what,
                      finding.mend.empty() ? "" : "\n           " + finding.mend));
  print(fmt::format("{:<8} drills on this machine itself (reach: local)\n           {}\n",
                    policy.allowed ? "allowed" : "closed",
                    printable(policy.said)));
}

json::object as_json(const std::vector<Finding>& findings, const Policy& policy, bool good) {
  json::array list;
  for (const Finding& finding : findings) {
    json::object entry;
    entry["state"] = name_of(finding.state);
    entry["what"] = finding.what;
    if (!finding.mend.empty()) entry["mend"] = finding.mend;
    list.push_back(std::move(entry));
  }
  json::object object;
  object["good"] = good;
  object["findings"] = std::move(list);
  object["local_drills"] =
      json::object{{"allowed", policy.allowed}, {"said", printable(policy.said)}};
  return object;
}

Task<int> examine(bool json_wanted) {
  std::vector<Finding> findings{look_at_home(), look_beside()};
  findings.push_back(co_await try_namespaces());
  findings.push_back(look_at_lab());
  for (const Program& program : programs()) findings.push_back(look_for(program));
  for (Finding& finding : tell_root()) findings.push_back(std::move(finding));
  const Policy policy = co_await ask_policy();
  bool good = true;
  for (const Finding& finding : findings) good = good && finding.state != State::Missing;
  if (json_wanted)
    print(pretty_json(as_json(findings, policy, good)));
  else
    show(findings, policy);
  co_return static_cast<int>(good ? ExitCode::Pass : ExitCode::Fail);
}

}  // namespace

Action define_doctor(Arguments& arguments) {
  arguments.example("muster doctor");
  const bool& json_wanted = arguments.flag("--json", "for programs");
  return [&json_wanted] {
    return run_to_end(examine(json_wanted));
  };
}

}  // namespace muster
