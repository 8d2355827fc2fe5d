#include "drills/lab/machine.h"

#include <algorithm>
#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace muster::lab {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPostgresRoot = "/usr/lib/postgresql";

struct Needed {
  const char* program;
  const char* package;
};

constexpr Needed kNeeded[] = {
    {"ip", "iproute2"},
    {"iptables-restore", "iptables"},
    {"nft", "nftables"},
    {"nsenter", "util-linux"},
    {"unshare", "util-linux"},
    {"setpriv", "util-linux"},
    {"cp", "coreutils"},
    {"haproxy", "haproxy"},
    {"nginx", "nginx-light"},
    {"redis-server", "redis-server"},
    {"gdnsd", "gdnsd"},
    {"unbound", "unbound"},
};

/// The newest of Debian's PostgreSQL folders that has a server in it.
std::optional<fs::path> find_postgres(const fs::path& root) {
  std::optional<fs::path> newest;
  int best = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root, ignored)) {
    const int version = std::atoi(entry.path().filename().c_str());
    const fs::path programs = entry.path() / "bin";
    if (version <= best || !fs::exists(programs / "initdb") || !fs::exists(programs / "postgres"))
      continue;
    best = version;
    newest = programs;
  }
  return newest;
}

void need_own_programs(const fs::path& folder) {
  for (const char* program : {"muster-lab-init", "muster-lab-app", "muster-delay"})
    if (!fs::exists(folder / program))
      fail(
          "{} is not in {}, where muster itself is; build or install all of muster's programs "
          "together",
          program,
          folder.string());
}

constexpr const char* kSystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string environment_path() {
  const char* path = std::getenv("PATH");
  return path == nullptr ? "" : path;
}

}  // namespace

fs::path lab_folder() {
  return muster_home() / "lab";
}

std::optional<fs::path> find_program(const std::string& name, const std::string& path) {
  for (const std::string& folder : split(path, ':')) {
    const fs::path candidate = fs::path(folder) / name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::string MissingPrograms::text() const {
  return fmt::format(
      "the lab needs {} that this machine lacks: {}\n  apt-get install --no-install-recommends {}",
      count_of(programs.size(), "program"),
      join(programs, ", "),
      join(packages, " "));
}

MissingPrograms missing_programs(const std::string& path, const fs::path& postgres_root) {
  MissingPrograms missing;
  const auto add = [&](const std::string& program, const std::string& package) {
    missing.programs.push_back(program);
    if (std::find(missing.packages.begin(), missing.packages.end(), package) ==
        missing.packages.end())
      missing.packages.push_back(package);
  };
  for (const Needed& needed : kNeeded)
    if (!find_program(needed.program, path)) add(needed.program, needed.package);
  if (!find_postgres(postgres_root)) add("postgres", "postgresql");
  return missing;
}

Machine inspect_machine(bool root) {
  if (root && ::geteuid() != 0)
    throw UsageError(
        "a lab with --root needs root; without it the lab runs in a user namespace of yours");
  const MissingPrograms missing =
      missing_programs(environment_path() + ":" + kSystemPath, kPostgresRoot);
  if (!missing.none()) throw Error(missing.text());
  Machine machine;
  machine.root = root;
  machine.programs = program_directory();
  machine.postgres = *find_postgres(kPostgresRoot);
  machine.templates = lab_folder() / (root ? "postgres-template-root" : "postgres-template");
  if (const passwd* const user = ::getpwnam("postgres")) machine.postgres_user = user->pw_uid;
  need_own_programs(machine.programs);
  return machine;
}

std::vector<std::string> entry_words(int pid, bool root) {
  std::vector<std::string> words = {"nsenter", "-t", std::to_string(pid)};
  if (!root) words.insert(words.end(), {"-U", "--preserve-credentials"});
  words.insert(words.end(), {"-n", "-m", "-u", "-i", "-p", "--"});
  // An ordinary user's PATH leaves out where nft and ip lie.
  if (environment_path().find("/usr/sbin") == std::string::npos)
    words.insert(words.end(), {"env", std::string("PATH=") + kSystemPath});
  return words;
}

}  // namespace muster::lab
