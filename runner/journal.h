#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace muster {

/// The run's journal: what is about to be done, durable before it is done. One record a line:
///   <crc32c of the rest, 8 hex digits> <sequence number> <JSON object>\n
/// A record whose check fails at the end of the file is a torn write and ignored; one before a good
/// record means the file was damaged, and then every intent in it counts as possibly in force.
class Journal {
 public:
  /// Creates the file; throws if it exists.
  static Journal create(const std::filesystem::path& path);
  /// Opens the journal of a dead run to append what recovery did; cuts off a torn record at its
  /// end.
  static Journal reopen(const std::filesystem::path& path);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  /// Appends; `durable` returns only after fdatasync. Throws Error on any failure: the caller must
  /// then stop injecting (an fsync that failed once is not tried again).
  void append(std::string_view kind, json::object detail, bool durable);

 private:
  Journal(int descriptor, std::uint64_t next);
  int descriptor_;
  std::uint64_t next_;
};

struct JournalRecord {
  std::uint64_t sequence = 0;
  std::string kind;
  json::object detail;
};

struct JournalContent {
  std::vector<JournalRecord> records;
  std::size_t good_bytes = 0;  ///< up to the end of the last good record
  bool torn = false;           ///< the last record was cut off
  bool damaged = false;        ///< a bad record stands before a good one
};

JournalContent read_journal(const std::filesystem::path& path);

}  // namespace muster
