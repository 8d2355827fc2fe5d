#include "faults/guard/snapshot.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

namespace muster::guard {

namespace {

constexpr std::size_t kFileLimit = 4U << 20U;
constexpr mode_t kNewFileMode = 0644;
constexpr mode_t kModeBits = 07777;

/// Symbolic links resolved, so that the file is replaced and not the link to it.
std::string real_path_of(const std::string& path) {
  if (path.empty() || path[0] != '/')
    throw GuardError("a file is named by its whole path, not " + path);
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) != nullptr) return resolved;
  if (errno != ENOENT) fail_system(path);
  const std::size_t slash = path.rfind('/');
  if (::realpath(slash == 0 ? "/" : path.substr(0, slash).c_str(), resolved) == nullptr)
    fail_system(path);
  if (!link_target(path).empty()) throw GuardError(path + ": a link to nothing cannot be put back");
  return std::string(resolved) + path.substr(slash);
}

/// The folder of a file, by plain names from the root on. Whoever may rename what lies on the way
/// must not lead us elsewhere by a link: where one is met by now, errno is ENOTDIR. What openat2
/// would refuse, but on every kernel. Needs no memory.
Descriptor open_folder_of(std::string_view path) {
  Descriptor folder(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  path.remove_prefix(1);
  for (std::size_t slash = path.find('/'); folder.open() && slash != std::string_view::npos;
       slash = path.find('/')) {
    char name[NAME_MAX + 1] = "";
    path.copy(name, std::min(slash, std::size_t{NAME_MAX}));
    folder =
        Descriptor(::openat(folder.get(), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    path.remove_prefix(slash + 1);
  }
  return folder;
}

/// To read; where it is not open errno says why.
Descriptor open_beneath(const std::string& path) {
  const Descriptor folder = open_folder_of(path);
  if (!folder.open()) return {};
  const char* const name = path.c_str() + path.rfind('/') + 1;
  return Descriptor(::openat(folder.get(), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

enum class Match { Same, Different, Unreadable };

/// Needs no memory.
Match compare(const Descriptor& file, const struct stat& status, std::string_view wanted) {
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) != wanted.size())
    return Match::Different;
  char buffer[4096];
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(file.get(), buffer, sizeof buffer, at);
    if (count < 0) return Match::Unreadable;
    if (count == 0) return wanted.empty() ? Match::Same : Match::Different;
    const auto length = static_cast<std::size_t>(count);
    if (!wanted.starts_with({buffer, length})) return Match::Different;
    wanted.remove_prefix(length);
    at += count;
  }
}

bool sync(const Descriptor& folder) {
  const Descriptor opened(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.open() && ::fsync(opened.get()) == 0;
}

}  // namespace

Snapshot ReplacedFile::snapshot_of(const std::string& path) {
  Snapshot before;
  before.taken = true;
  before.path = real_path_of(path);
  const Descriptor file = open_beneath(before.path);
  if (!file.open() && errno == ENOENT) return before;
  struct stat status {};
  if (!file.open() || ::fstat(file.get(), &status) != 0) fail_system(path);
  if (!S_ISREG(status.st_mode)) throw GuardError(path + ": not a regular file");
  before.existed = true;
  before.mode = status.st_mode & kModeBits;
  before.user = status.st_uid;
  before.group = status.st_gid;
  before.content = read_whole(file, path, kFileLimit);
  return before;
}

ReplacedFile::ReplacedFile(Snapshot before, std::string written)
    : before_(std::move(before)), written_(std::move(written)) {
  assert(before_.path.starts_with('/'));
  name_ = before_.path.substr(before_.path.rfind('/') + 1);
  beside_ = ".muster-" + file_name_for(name_);
}

ReplacedFile::Content ReplacedFile::content() const {
  const Descriptor file = open_beneath(before_.path);
  struct stat status {};
  if (!file.open() || ::fstat(file.get(), &status) != 0) {
    if (errno == ENOENT) return before_.existed ? Content::Foreign : Content::Before;
    const bool is_led_elsewhere = errno == ELOOP || errno == ENOTDIR;
    return is_led_elsewhere ? Content::Foreign : Content::Unreadable;
  }
  const bool has_owner = before_.existed && (status.st_mode & kModeBits) == before_.mode &&
                         status.st_uid == before_.user && status.st_gid == before_.group;
  const Match before = has_owner ? compare(file, status, before_.content) : Match::Different;
  if (before == Match::Same) return Content::Before;
  const Match written = compare(file, status, written_);
  if (before == Match::Unreadable || written == Match::Unreadable) return Content::Unreadable;
  return written == Match::Same ? Content::Written : Content::Foreign;
}

Done ReplacedFile::replace_with(const std::string& content) const {
  const Descriptor folder = open_folder_of(before_.path);
  ::unlinkat(folder.get(), beside_.c_str(), 0);
  const mode_t mode = before_.existed ? before_.mode : kNewFileMode;
  const Descriptor file(::openat(
      folder.get(), beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool written =
      file.open() && write_all(file.get(), content) &&
      (!before_.existed || ::fchown(file.get(), before_.user, before_.group) == 0) &&
      ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0 &&
      ::renameat(folder.get(), beside_.c_str(), folder.get(), name_.c_str()) == 0;
  Done done;
  if (!written) done.text.print("%.200s: %s", before_.path.c_str(), std::strerror(errno));
  if (!written) ::unlinkat(folder.get(), beside_.c_str(), 0);
  if (written && sync(folder)) done.how = Done::How::Done;
  return done;
}

Done ReplacedFile::write() const {
  if (content() == Content::Before) return replace_with(written_);
  Done done;
  done.text.print("the file was changed by somebody else since it was looked at");
  return done;
}

Done ReplacedFile::restore() const {
  const Descriptor folder = open_folder_of(before_.path);
  ::unlinkat(folder.get(), beside_.c_str(), 0);
  const char* const path = before_.path.c_str();
  const Content found = content();
  Done done;
  if (found == Content::Unreadable)
    done.text.print("%.200s cannot be read: %s", path, std::strerror(errno));
  if (found == Content::Foreign) {
    done.how = Done::How::Conflict;
    done.text.print("%.200s is no longer what was written: somebody changed it", path);
  }
  if (found == Content::Before) done.how = Done::How::Done;
  if (found != Content::Written) return done;
  assert(before_.taken);  // I4: only what we wrote is replaced, by what stood there
  if (before_.existed) return replace_with(before_.content);
  const bool removed = ::unlinkat(folder.get(), name_.c_str(), 0) == 0 && sync(folder);
  if (removed) done.how = Done::How::Done;
  if (!removed) done.text.print("%.200s cannot be removed: %s", path, std::strerror(errno));
  return done;
}

}  // namespace muster::guard
