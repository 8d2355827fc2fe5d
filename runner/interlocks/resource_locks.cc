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

/// A home has these from its first drill on. The folder where a disk was mounted has none.
bool is_there(const fs::path& home) {
  std::error_code unseen;
  return fs::is_directory(home / "locks", unseen) || fs::is_directory(home / "runs", unseen);
}

/// What a run of another home that died with the resource keeps others from; empty where nothing of
/// it can be in force.
std::string why_not_after(const Holder& before, const std::string& resource, const fs::path& file) {
  const std::string home = before.home.string();
  if (!is_there(before.home))
    return fmt::format(
        "run {} of the home {} died holding {}, and that home is not to be seen here; mount it, "
        "or, "
        "where it is gone for good, look that nothing is in force and remove {}",
        before.run,
        home,
        resource,
        file.string());
  if (!trace_run(before.home / "runs" / before.run).needs_recovery()) return "";
  return fmt::format(
      "run {} of the home {} may have left {} in force; undo it with `MUSTER_HOME={} muster "
      "recover`, then run again",
      before.run,
      home,
      resource,
      home);
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

/// The lock files of this machine and user, as far as they can be seen.
std::vector<fs::path> lock_files() {
  std::vector<fs::path> files;
  std::error_code unseen;
  for (fs::directory_iterator entry(lock_directory(), unseen), end; !unseen && entry != end;
       entry.increment(unseen))
    files.push_back(entry->path());
  return files;
}

/// Locked while it is looked at and taken away: who waits for it then finds that it is gone.
void forget(const fs::path& file, const std::string& run_id) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return;
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    const auto holder = holder_in(file);
    if (holder && holder->run == run_id && holder->home == muster_home()) ::unlink(file.c_str());
  }
  ::close(descriptor);
}

}  // namespace

void forget_locks_of(const std::string& run_id) {
  for (const fs::path& file : lock_files()) {
    try {
      forget(file, run_id);
    } catch (const Error&) {  // taken away by another meanwhile
    }
  }
}

ResourceLocks::ResourceLocks(std::string run_id) : run_id_(std::move(run_id)) {}

ResourceLocks::~ResourceLocks() {
  const bool still_open = may_be_open(run_id_);
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
  if (before && before->home != muster_home())
    if (std::string reason = why_not_after(*before, resource, file); !reason.empty()) return reason;
  const std::string content = fmt::format("{}\n{}\n", muster_home().string(), run_id_);
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, content.data(), content.size(), 0) < 0)
    fail_errno("cannot write the lock " + file.string());
  held.ours = true;
  return "";
}

}  // namespace muster
