#include "base/files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

std::string read_all(int descriptor, const fs::path& path, std::size_t limit) {
  std::string content;
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
    content.reserve(std::min(static_cast<std::size_t>(status.st_size), limit));
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_errno("cannot read " + path.string());
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > limit) fail("{} is larger than {} bytes", path.string(), limit);
  }
}

void write_all(int descriptor, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_errno("cannot write " + path.string());
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::optional<std::string> read_file_if_exists(const fs::path& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_errno("cannot read " + path.string());
  }
  return read_all(file.number, path, limit);
}

std::string read_file(const fs::path& path, std::size_t limit) {
  auto content = read_file_if_exists(path, limit);
  if (!content) fail("cannot read {}: no such file", path.string());
  return *std::move(content);
}

void write_file_atomically(const fs::path& path, std::string_view content, int mode) {
  const fs::path beside = path.string() + ".new";
  const Descriptor file{
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (file.number < 0) fail_errno("cannot write " + beside.string());
  try {
    write_all(file.number, content, beside);
    if (::fsync(file.number) != 0) fail_errno("cannot sync " + beside.string());
    if (::rename(beside.c_str(), path.c_str()) != 0)
      fail_errno("cannot rename to " + path.string());
  } catch (const Error&) {
    ::unlink(beside.c_str());  // half a file would help to keep a full disk full
    throw;
  }
  sync_directory(path.parent_path());
}

void make_private_directories(const fs::path& path) {
  if (path.empty() || fs::is_directory(path)) return;
  make_private_directories(path.parent_path());
  if (::mkdir(path.c_str(), 0700) == 0)
    sync_directory(path.parent_path());  // what is made durable in it must be found again
  else if (errno != EEXIST)
    fail_errno("cannot make the directory " + path.string());
}

void sync_directory(const fs::path& path) {
  const fs::path folder = path.empty() ? fs::path(".") : path;
  const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.number < 0 || ::fsync(directory.number) != 0)
    fail_errno("cannot sync " + folder.string());
}

fs::path muster_home() {
  if (const char* home = std::getenv("MUSTER_HOME"); home != nullptr && *home != '\0')
    return fs::absolute(home);
  if (::geteuid() == 0) return "/var/lib/muster";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0')
    fail("neither MUSTER_HOME nor HOME is set; set MUSTER_HOME to a directory");
  return fs::path(home) / ".local/state/muster";
}

fs::path program_directory() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace muster
