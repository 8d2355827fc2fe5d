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

struct Finding {
  std::string what;
  bool good;
  std::string mend;
};

struct Program {
  std::string_view name;
  std::string_view package;  ///< of Debian
  std::string needed_for;
};

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
    {"unbound-control", "unbound"}};

std::string_view package_of(std::string_view program) {
  for (const auto& [name, package] : kPackages)
    if (name == program) return package;
  return "";
}

/// What muster itself runs here, and then what each fault runs on the host it hits: here, where
/// that is this machine, a namespace or the lab.
std::vector<Program> programs() {
  std::vector<Program> all = {{"nsenter", "util-linux", "reaching lab and netns hosts"},
                              {"ssh", "openssh-client", "hosts over ssh"},
                              {"sftp", "openssh-client", "copying the guard to hosts over ssh"},
                              {"curl", "curl", "asking services whether they are healthy"}};
  std::map<std::string_view, std::vector<std::string>> faults;
  for (const KindSpec* fault : fault_specs())
    for (const std::string_view program : fault->needs) faults[program].emplace_back(fault->name);
  for (const auto& [program, kinds] : faults)
    all.push_back({program, package_of(program), join(kinds, ", ")});
  return all;
}

Finding look_for(const Program& program) {
  std::string what = fmt::format("{} ({})", program.name, program.needed_for);
  if (program.name.starts_with("muster-")) {
    const fs::path own = program_directory() / program.name;
    const bool good = ::access(own.c_str(), X_OK) == 0;
    return {std::move(what),
            good,
            good ? "" : fmt::format("install it into {}", program_directory().string())};
  }
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/bin/"})
    if (fs::exists(folder + std::string(program.name))) return {std::move(what), true, ""};
  return {std::move(what), false, fmt::format("apt-get install {}", program.package)};
}

/// What `muster lab up` would say.
Finding look_at_lab() {
  const std::string missing = lab_missing_programs();
  return {"the programs of the lab's parts", missing.empty(), missing};
}

/// Whether the kernel lets us make what the lab's hosts are made of; tried, not guessed.
Task<Finding> try_namespaces() {
  const auto here = make_host("here", "this machine", {});
  const CommandResult result =
      co_await here->try_run(command("unshare", "-Urnmpif", "--mount-proc", "true"));
  const bool good = result.ok();
  co_return Finding{"user, network, mount and process namespaces (the lab without root)",
                    good,
                    good ? "" : "the kernel refuses them here: use `muster lab up --root` as root"};
}

Finding look_at_home() {
  const fs::path home = muster_home();
  make_private_directories(home);
  const fs::path trial = home / ".doctor";
  write_file_atomically(trial, "x");
  fs::remove(trial);
  return {"runs and journals can be written to " + home.string(), true, ""};
}

Finding look_beside() {
  const fs::path guard = program_directory() / "muster-guard";
  const bool good = ::access(guard.c_str(), X_OK) == 0;
  return {"muster-guard lies beside muster",
          good,
          good ? "" : "install muster-guard into " + program_directory().string()};
}

/// Not to be broken is no defect: the lab's hosts bring their own permission.
Task<> tell_policy() {
  const auto here = make_host("here", "this machine", {});
  const CommandResult asked = co_await here->try_run(
      command((program_directory() / "muster-guard").string(), "policy", "--dir", "/"));
  print(fmt::format("{:<8} drills on this machine itself (reach: local)\n           {}\n",
                    asked.ok() ? "allowed" : "closed",
                    printable(trim(asked.out))));
}

Task<int> examine() {
  std::vector<Finding> findings{look_at_home(), look_beside()};
  findings.push_back(co_await try_namespaces());
  findings.push_back(look_at_lab());
  for (const Program& program : programs()) findings.push_back(look_for(program));
  bool all_good = true;
  for (const Finding& finding : findings) {
    all_good = all_good && finding.good;
    print(fmt::format("{:<8} {}{}\n",
                      finding.good ? "good" : "MISSING",
                      finding.what,
                      finding.mend.empty() ? "" : "\n           " + finding.mend));
  }
  co_await tell_policy();
  co_return static_cast<int>(all_good ? ExitCode::Pass : ExitCode::Fail);
}

}  // namespace

Action define_doctor(Arguments& arguments) {
  arguments.example("muster doctor");
  return [] {
    return run_to_end(examine());
  };
}

}  // namespace muster
