#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/json.h"

namespace muster {

/// The run's journal: what is about to be done, durable before it is done. One record a line:
///   <crc32c, 8 hex digits> <sequence number> <chain, 16 hex digits> <JSON object>\n
/// The check covers all that follows it. The chain is the start of
/// SHA-256(chain of the record before + number + JSON), so that a record that was taken away, moved
/// or put in is noticed as well. A record that is bad at the end of the file is a torn write and
/// ignored; one before a good record means the file was damaged, and then every intent in it counts
/// as possibly in force.
///
/// Room is set aside on disk beforehand: the record of an undo finds its place on a full disk, too.
class Journal {
 public:
  /// Creates the file, with its room; throws if it exists or the disk is full.
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
  /// then stop injecting. After a failed fdatasync, or half a record that cannot be taken back,
  /// nothing is written any more: what is on disk is not known, and a retry that succeeds says
  /// nothing about it.
  ///
  /// What is not durable gives way where the disk is full, and leaves the room that was set aside
  /// to what is.
  void append(std::string_view kind, json::object detail, bool durable);

 private:
  struct End {
    std::uint64_t next = 1;  ///< sequence number
    std::string chain;       ///< of the last record
    off_t bytes = 0;
  };
  Journal(int descriptor, End end);
  void make_room(std::size_t bytes, bool durable);
  void write_whole(std::string_view line);

  int descriptor_;
  End end_;
  off_t room_ = 0;    ///< bytes from the start of the file that the disk holds for it
  std::string lost_;  ///< why nothing is written any more
};

struct JournalRecord {
  std::uint64_t sequence = 0;
  std::string kind;
  json::object detail;
  std::string chain;
};

struct JournalContent {
  std::vector<JournalRecord> records;
  std::size_t good_bytes = 0;  ///< up to the end of the last good record
  bool torn = false;           ///< what follows the last good record was cut off
  bool damaged = false;        ///< a bad record stands before a good one, or the chain is broken
};

JournalContent read_journal(const std::filesystem::path& path);
JournalContent parse_journal(std::string_view text);

}  // namespace muster
