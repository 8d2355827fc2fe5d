#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster {

/// Who asked for what. All texts may come from strangers; the log makes them inert.
struct AuditEntry {
  UtcTime at;
  std::string who;  ///< name of a token, or an address
  std::string peer;
  std::string method;
  std::string path;
  int status = 0;         ///< of the answer; 0: it was begun, and its end is a line of its own
  std::string what;       ///< "start a drill"
  std::size_t times = 1;  ///< more: so many were summed up, and this was the last of them
};

/// An append-only file of JSON lines, for its owner alone. Each line holds the SHA-256 of the one
/// before, so that a line which was changed, taken out or put in shows. Lines missing at the end do
/// not: whoever wants to know keeps the last line elsewhere.
class AuditLog {
 public:
  /// Makes the file where there is none. Throws Error where it cannot be opened, or another process
  /// writes it.
  explicit AuditLog(const std::filesystem::path& file);
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  ~AuditLog();

  /// Durable when it returns. Throws Error where that cannot be had; the next one tries again.
  void write(const AuditEntry& entry);

 private:
  void open_end();
  void append(const std::string& line);

  std::filesystem::path file_;
  int descriptor_;
  std::string previous_;  ///< digest of the last line
  bool torn_ = false;     ///< the last line has no end
};

/// What strangers were refused, in few lines, for they must not fill the disk: the first of an
/// address (address_key) is written at once, and those that follow as one line a minute with their
/// number. So many addresses have lines of their own in a minute; the others share one.
class RefusalTally {
 public:
  explicit RefusalTally(AuditLog& log, std::size_t most_addresses = 20)
      : log_(log), most_addresses_(most_addresses) {}
  RefusalTally(const RefusalTally&) = delete;
  RefusalTally& operator=(const RefusalTally&) = delete;
  /// Writes what was counted and can be written.
  ~RefusalTally();

  /// Throws Error where a line cannot be written; it is counted all the same.
  void add(const AuditEntry& entry);
  /// Writes what was counted, where the minute is over. Throws Error as `add`.
  void settle(UtcTime now);

 private:
  struct Sum {
    AuditEntry last;
    std::size_t times = 0;  ///< that no line was written for
  };
  void write_sums();

  AuditLog& log_;
  std::size_t most_addresses_;
  UtcTime began_;  ///< this minute
  std::map<std::string, Sum> sums_;
};

struct AuditCheck {
  std::size_t lines = 0;
  /// Lines that a crash or a full disk cut short; the lines after them stand for them.
  std::size_t torn = 0;
  std::vector<std::string> problems;  ///< one sentence each, at most twenty
};

/// Reads the whole file and follows its chain. Throws Error where it cannot be read.
AuditCheck verify_audit(const std::filesystem::path& file);

}  // namespace muster
