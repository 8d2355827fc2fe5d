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
  const char* part = nullptr;  ///< needed only where this part is wanted
  bool from_npm = false;
};

constexpr Needed kNeeded[] = {
    {"ip", "iproute2"},
    {"iptables-restore", "iptables"},
    {"nft", "nftables"},
    {"nsenter", "util-linux"},
    {"unshare", "util-linux"},
    {"setpriv", "util-linux"},
    {"cp", "coreutils"},
    {"haproxy", "haproxy", "haproxy"},
    {"nginx", "nginx-light", "nginx"},
    {"nginx", "nginx-light", "objects"},
    {"redis-server", "redis-server", "redis"},
    {"gdnsd", "gdnsd", "gdnsd"},
    {"unbound", "unbound", "unbound"},
    {"varnishd", "varnish", "varnish"},
    {"lsyncd", "lsyncd", "receiver"},
    {"rsync", "rsync", "receiver"},
    {"s3rver", "s3rver@3.7.1", "s3rver", true},
    {"rclone", "rclone", "s3rver"},
    {"prometheus", "prometheus", "prometheus"},
    {"prometheus-blackbox-exporter", "prometheus-blackbox-exporter", "blackbox"},
    {"openssl", "openssl", "nginx"},
    {"faketime", "faketime", "nginx"},
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

/// Debian puts it in a folder of the machine's architecture.
std::optional<fs::path> find_faketime() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib", ignored)) {
    fs::path library = entry.path() / "faketime" / "libfaketimeMT.so.1";
    if (fs::exists(library, ignored)) return library;
  }
  return std::nullopt;
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

std::string search_path() {
  return environment_path() + ":" + kSystemPath;
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
  std::string text = fmt::format("the lab needs {} that this machine lacks: {}",
                                 count_of(programs.size(), "program"),
                                 join(programs, ", "));
  if (!packages.empty())
    text += "\n  apt-get install --no-install-recommends " + join(packages, " ");
  if (!npm_packages.empty()) text += "\n  npm install --global " + join(npm_packages, " ");
  return text;
}

MissingPrograms missing_programs(const Plan& plan,
                                 const std::string& path,
                                 const fs::path& postgres_root) {
  MissingPrograms missing;
  const auto add_once = [](std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  const auto wanted = [&](std::string_view part) {
    return std::ranges::any_of(plan.parts,
                               [&](const PartPlan& each) { return each.ref.part == part; });
  };
  for (const Needed& needed : kNeeded) {
    if (needed.part != nullptr && !wanted(needed.part)) continue;
    if (find_program(needed.program, path)) continue;
    add_once(missing.programs, needed.program);
    add_once(needed.from_npm ? missing.npm_packages : missing.packages, needed.package);
  }
  if (wanted("app") && !find_faketime()) {
    missing.programs.emplace_back("libfaketimeMT.so.1");
    add_once(missing.packages, "libfaketime");
  }
  if (wanted("postgres") && !find_postgres(postgres_root)) {
    missing.programs.emplace_back("postgres");
    add_once(missing.packages, "postgresql-15");
  }
  return missing;
}

std::string missing_for(const Plan& plan) {
  const MissingPrograms missing = missing_programs(plan, search_path(), kPostgresRoot);
  return missing.none() ? "" : missing.text();
}

Machine inspect_machine(const Plan& plan, bool root) {
  if (root && ::geteuid() != 0)
    throw UsageError(
        "a lab with --root needs root; without it the lab runs in a user namespace of yours");
  if (const std::string missing = missing_for(plan); !missing.empty()) throw Error(missing);
  Machine machine;
  machine.root = root;
  machine.programs = program_directory();
  if (const auto postgres = find_postgres(kPostgresRoot)) machine.postgres = *postgres;
  if (const auto faketime = find_faketime()) machine.faketime = *faketime;
  // What npm installs for one user lies in no folder of the lab's PATH.
  if (const auto s3rver = find_program("s3rver", search_path())) machine.s3rver = *s3rver;
  machine.certificates = lab_folder() / "certificates";
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
