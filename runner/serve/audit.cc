#include "runner/serve/audit.h"

#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "runner/serve/rate_limit.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestLine = 64U << 10U;
constexpr std::size_t kMostProblems = 20;
constexpr Duration kSummedUp = std::chrono::minutes(1);
constexpr const char* kOthers = "other addresses";

json::object to_json(const AuditEntry& entry) {
  json::object object;
  object["at"] = format_utc(entry.at);
  object["who"] = printable(entry.who, 100);
  object["peer"] = printable(entry.peer, 100);
  object["method"] = printable(entry.method, 20);
  object["path"] = printable(entry.path);
  if (entry.status != 0) object["status"] = entry.status;
  if (entry.times != 1) object["times"] = entry.times;
  object["what"] = printable(entry.what);
  return object;
}

/// The digest of the line before, as the line says it; nothing where it is no whole line.
std::optional<std::string> previous_of(const std::string& line) {
  try {
    const json::value value = parse_json(line, "a line");
    if (!value.is_object()) return std::nullopt;
    return text_at(value.get_object(), "previous");
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

AuditLog::AuditLog(const fs::path& file) : file_(file), descriptor_(-1) {
  make_private_directories(file.parent_path());
  descriptor_ =
      ::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (descriptor_ < 0) fail_errno("cannot open the audit log " + file.string());
  try {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode))
      fail("the audit log {} is no regular file", file.string());
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
      fail("another muster serve writes the audit log {}; give each its own MUSTER_HOME",
           file.string());
    open_end();
    sync_directory(file.parent_path());
  } catch (const Error&) {
    ::close(descriptor_);
    throw;
  }
}

AuditLog::~AuditLog() {
  ::close(descriptor_);
}

void AuditLog::open_end() {
  const off_t size = ::lseek(descriptor_, 0, SEEK_END);
  if (size < 0) fail_errno("cannot read " + file_.string());
  const auto wanted = std::min(static_cast<std::size_t>(size), kLongestLine);
  std::string end(wanted, '\0');
  const ssize_t count = ::pread(descriptor_, end.data(), wanted, size - static_cast<off_t>(wanted));
  if (count != static_cast<ssize_t>(wanted)) fail_errno("cannot read " + file_.string());
  if (end.empty()) return;
  torn_ = !end.ends_with('\n');
  if (!torn_) end.pop_back();
  const std::size_t line_break = end.rfind('\n');
  previous_ = sha256(line_break == std::string::npos ? end : end.substr(line_break + 1));
}

void AuditLog::write(const AuditEntry& entry) {
  json::object object = to_json(entry);
  object["previous"] = previous_;
  const std::string line = without_secrets(compact_json(object));
  append((torn_ ? "\n" : "") + line + "\n");
  torn_ = false;
  previous_ = sha256(line);
}

void AuditLog::append(const std::string& line) {
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  std::size_t written = 0;
  while (before >= 0 && written < line.size()) {
    const ssize_t count = ::write(descriptor_, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  if (written == line.size() && ::fdatasync(descriptor_) == 0) return;
  const int reason = errno;
  // Half a line would be taken for a torn one later, and helps to keep a full disk full.
  if (before < 0 || ::ftruncate(descriptor_, before) != 0) open_end();
  errno = reason;
  fail_errno("cannot write the audit log " + file_.string());
}

RefusalTally::~RefusalTally() {
  try {
    write_sums();
  } catch (const Error&) {
    // The disk is full or gone, which was said when it began.
  }
}

void RefusalTally::add(const AuditEntry& entry) {
  settle(entry.at);
  if (sums_.empty()) began_ = entry.at;
  std::string key = address_key(entry.peer);
  const bool crowded = !sums_.contains(key) && sums_.size() >= most_addresses_;
  if (crowded) key = kOthers;
  const auto [place, first] = sums_.try_emplace(key);
  place->second.last = entry;
  place->second.last.who = key;
  if (crowded) place->second.last.peer = key;
  if (first) {
    log_.write(entry);
  } else {
    ++place->second.times;
  }
}

void RefusalTally::settle(UtcTime now) {
  // A clock that was set back must not make the minute last for longer.
  if (sums_.empty() || (now >= began_ && now - began_ < kSummedUp)) return;
  write_sums();
  began_ = now;
}

void RefusalTally::write_sums() {
  for (auto sum = sums_.begin(); sum != sums_.end();) {
    if (sum->second.times == 0) {
      sum = sums_.erase(sum);
      continue;
    }
    sum->second.last.times = sum->second.times;
    log_.write(sum->second.last);
    // Whoever goes on stays known, and so has one line in the next minute as well.
    sum->second.times = 0;
    ++sum;
  }
}

AuditCheck verify_audit(const fs::path& file) {
  std::ifstream lines(file, std::ios::binary);
  if (!lines) fail("cannot read the audit log {}", file.string());
  AuditCheck check;
  std::string before;  // digest
  for (std::string line; std::getline(lines, line);) {
    ++check.lines;
    const auto previous = previous_of(line);
    if (!previous) {
      ++check.torn;
    } else if (*previous != before && check.problems.size() < kMostProblems) {
      check.problems.push_back(
          check.lines == 1
              ? "line 1 is not the first that was written: lines before it are missing"
              : fmt::format("line {} does not follow line {}: between them or in the latter "
                            "something was changed, taken out or put in",
                            check.lines,
                            check.lines - 1));
    }
    before = sha256(line);
  }
  if (lines.bad()) fail("cannot read the audit log {} to its end", file.string());
  return check;
}

}  // namespace muster
