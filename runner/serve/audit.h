#pragma once

#include <filesystem>
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
  int status = 0;    ///< of the answer; 0: it was begun, and its end is a line of its own
  std::string what;  ///< "start a drill"
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

struct AuditCheck {
  std::size_t lines = 0;
  /// Lines that a crash or a full disk cut short; the lines after them stand for them.
  std::size_t torn = 0;
  std::vector<std::string> problems;  ///< one sentence each, at most twenty
};

/// Reads the whole file and follows its chain. Throws Error where it cannot be read.
AuditCheck verify_audit(const std::filesystem::path& file);

}  // namespace muster
