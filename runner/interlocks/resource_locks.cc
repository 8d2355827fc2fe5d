#include "runner/interlocks/resource_locks.h"

#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "drills/lab/lab.h"
#include "drills/stack_tables.h"
#include "runner/record/run_store.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

/// One for all of a user's sessions, with or without a login, and gone at the next boot, as every
/// lock is.
fs::path lock_directory() {
  const uid_t user = ::geteuid();
  if (user == 0) return "/run/muster/locks";
  const fs::path memory = "/dev/shm";
  const fs::path shared = fs::is_directory(memory) ? memory : fs::temp_directory_path();
  return shared / fmt::format("muster-{}", user) / "locks";
}

/// In a folder that everybody may write to, somebody else may have been first.
void make_own_directory(const fs::path& folder) {
  make_private_directories(folder);
  struct stat status {};
  if (::lstat(folder.parent_path().c_str(), &status) != 0 || status.st_uid != ::geteuid())
    fail("{} is not ours; remove it", folder.parent_path().string());
}

/// The same for the same machine, namespace or container, whatever a stack calls it.
std::string place_of(const StackHost& host) {
  if (host.reach.kind == Reach::Kind::Lab) return join(lab_entry(host.reach.target), " ");
  const auto kind = static_cast<std::size_t>(host.reach.kind);
  return fmt::format("{} {}", reach_kinds().at(kind).name, host.reach.target);
}

std::set<std::string> resources_of(const Stack& stack, const std::vector<PlannedInject>& planned) {
  std::set<std::string> resources;
  for (const PlannedInject& each : planned) {
    for (const Change& change : each.plan.changes) {
      const StackHost* host = stack.host(change.host);
      if (host != nullptr)
        resources.insert(fmt::format("{} at {}", change.resource, trim(place_of(*host))));
    }
  }
  return resources;
}

/// The run whose name stands in a lock file: who holds it, or who died with it.
struct Holder {
  fs::path home;
  std::string run;
};

/// Nothing in a file that was just made, or whose writer died before it could touch anything.
std::optional<Holder> holder_in(const fs::path& file) {
  const std::vector<std::string> lines = split(read_file(file), '\n');
  if (lines.size() != 3 || !is_run_id(lines[1])) return std::nullopt;
  return Holder{lines[0], lines[1]};
}

/// Opens the file and locks it. -1 where another process holds it. The file may be taken away by
/// its holder between the two; then it is another's.
int open_locked(const fs::path& file) {
  for (;;) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) fail_errno("cannot open the lock " + file.string());
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor);
      return -1;
    }
    struct stat locked {};
    struct stat named {};
    if (::fstat(descriptor, &locked) == 0 && ::stat(file.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino)
      return descriptor;
    ::close(descriptor);
  }
}

}  // namespace

ResourceLocks::ResourceLocks(std::string run_id) : run_id_(std::move(run_id)) {}

ResourceLocks::~ResourceLocks() {
  std::error_code ignored;
  const bool still_open = fs::exists(muster_home() / "open" / run_id_, ignored);
  for (const Held& each : held_) {
    if (each.ours && !still_open) ::unlink(each.file.c_str());
    ::close(each.descriptor);
  }
}

std::vector<std::string> ResourceLocks::take(const Stack& stack,
                                             const std::vector<PlannedInject>& planned) {
  std::vector<std::string> reasons;
  make_own_directory(lock_directory());
  for (const std::string& resource : resources_of(stack, planned)) {
    if (std::string reason = take_one(resource); !reason.empty())
      reasons.push_back(std::move(reason));
  }
  return reasons;
}

/// Why it cannot be had; empty where it is held now.
std::string ResourceLocks::take_one(const std::string& resource) {
  const std::string name = sha256(resource).substr(7, 32);
  const fs::path file = lock_directory() / name;
  const int descriptor = open_locked(file);
  if (descriptor < 0) {
    const auto holder = holder_in(file);
    return fmt::format(
        "{} is being drilled by {}; wait for it or end it with `muster stop`",
        resource,
        holder ? fmt::format("run {} of the home {}", holder->run, holder->home.string())
               : "another run");
  }
  Held& held = held_.emplace_back(Held{file, descriptor, false});
  // What died in this home is an interlock of its own.
  const auto before = holder_in(file);
  if (before && before->home != muster_home() &&
      trace_run(before->home / "runs" / before->run).needs_recovery())
    return fmt::format(
        "run {} of the home {} may have left {} in force; undo it with `MUSTER_HOME={} muster "
        "recover`, then run again",
        before->run,
        before->home.string(),
        resource,
        before->home.string());
  const std::string content = fmt::format("{}\n{}\n", muster_home().string(), run_id_);
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, content.data(), content.size(), 0) < 0)
    fail_errno("cannot write the lock " + file.string());
  held.ours = true;
  return "";
}

}  // namespace muster
