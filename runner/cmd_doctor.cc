#include <filesystem>

#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "runner/commands.h"
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
  const char* name;
  const char* package;
  const char* needed_for;
};

constexpr Program kPrograms[] = {{"nsenter", "util-linux", "reaching lab and netns hosts"},
                                 {"ssh", "openssh-client", "hosts over ssh"},
                                 {"sftp", "openssh-client", "copying the guard to hosts over ssh"},
                                 {"curl", "curl", "asking services whether they are healthy"},
                                 {"nft", "nftables", "partition, packet_loss, block_replica"},
                                 {"iptables", "iptables", "latency"},
                                 {"tc", "iproute2", "bandwidth"},
                                 {"socat", "socat", "drain_region via haproxy"},
                                 {"psql", "postgresql-client-15", "block_replica by replay_pause"},
                                 {"haproxy", "haproxy", "the lab"},
                                 {"nginx", "nginx-light", "the lab"},
                                 {"redis-server", "redis-server", "the lab"},
                                 {"gdnsd", "gdnsd", "the lab"},
                                 {"unbound", "unbound", "the lab"}};

Finding look_for(const Program& program) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/bin/"}) {
    if (fs::exists(std::string(folder) + program.name))
      return {fmt::format("{} ({})", program.name, program.needed_for), true, ""};
  }
  return {fmt::format("{} ({})", program.name, program.needed_for),
          false,
          fmt::format("apt-get install {}", program.package)};
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
  for (const Program& program : kPrograms) findings.push_back(look_for(program));
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
