#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "faults/guard/identity.h"
#include "faults/guard/protocol.h"
#include "faults/guard/system.h"

namespace muster::guard {

/// Where a change stands. The first four may have an effect in force; Conflict and Unknown are
/// over, but not clean.
enum class Stage {
  Armed,
  Injecting,
  Active,
  Undoing,
  Clean,
  CleanByGuard,
  TargetGone,
  Conflict,
  Unknown
};

const char* name_of(Stage stage);
bool is_clean(Stage stage);

/// A file as it was before the change.
struct Snapshot {
  bool taken = false;
  bool existed = false;
  std::uint32_t mode = 0;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::string path;  ///< symbolic links resolved
  std::string content;

  static auto fields(auto& self) {
    return std::tie(
        self.taken, self.existed, self.mode, self.user, self.group, self.path, self.content);
  }
};

/// What is known when a change is armed: all that its undo needs. Never looked up again later.
struct Facts : Order {
  Identity guard;
  Identity process;
  Snapshot file;

  static auto fields(auto& self) {
    return std::tie(self.run_id, self.epoch, self.change, self.guard, self.process, self.file);
  }
};

/// The durable memory of one change: facts, written once and whole, then one small frame for each
/// transition. Data, never code. A torn last frame is what a crash leaves and is ignored; a bad
/// frame before a good one is not.
class Record {
 public:
  /// Keeps nothing.
  Record() = default;
  /// Creates it in stage Armed, durable when this returns: file, name and room for all transitions.
  /// Throws GuardError, and leaves no file, where the disk has no such room.
  static Record create(const std::string& path, const Facts& facts);
  /// Opens an existing one to append to it; cuts off what follows its first `good` bytes.
  static Record open(const std::string& path, std::size_t good);

  /// Durable when this returns true. A failed fsync is final: what was written is lost, whatever a
  /// retry says. Needs no memory.
  bool append(Stage stage, const char* detail);

 private:
  explicit Record(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

/// A record as it was found on disk.
struct FoundRecord {
  std::string path;
  std::optional<Facts> facts;  ///< absent where they cannot be read
  Stage stage = Stage::Armed;
  std::string detail;
  bool corrupt = false;  ///< more than a torn tail
  std::size_t good = 0;  ///< bytes before a torn tail

  bool clean() const { return !corrupt && is_clean(stage); }
  bool may_be_in_force() const { return corrupt || stage <= Stage::Undoing; }
};

FoundRecord parse_record(const std::string& path, std::string_view bytes);
std::optional<FoundRecord> find_record(const std::string& path);

/// The guard's directory: locks/, epochs/ and records/, all 0700.
class Store {
 public:
  /// Makes what is missing of it; throws GuardError where that is not durable.
  explicit Store(std::string directory);
  /// Why nothing may be armed here: who else may write here could have put any record in place of
  /// ours. Empty where nobody can. What is in force already is undone all the same.
  std::string distrust() const;

  const std::string& directory() const { return directory_; }
  std::string record_path(const std::string& run_id, const PlainChange& change) const;
  /// Of one resource, or all of them; sorted.
  std::vector<std::string> record_paths(const PlainChange* same_resource = nullptr) const;

 private:
  std::string directory_;
};

/// The lock of one resource of one host (an flock, so the kernel frees it with its holder) and its
/// fencing number. Whoever applies or undoes a change there holds it for its whole life.
class ResourceLock {
 public:
  /// Nothing where another holds it; `holder` then says who.
  static std::optional<ResourceLock> take(const Store& store,
                                          const Order& order,
                                          std::string& holder);

  /// Throws GuardError where a later run has been here; makes `epoch` the highest seen, durably.
  void raise_epoch(std::int64_t epoch);

 private:
  ResourceLock(Descriptor file, std::string epoch_path)
      : file_(std::move(file)), epoch_path_(std::move(epoch_path)) {}
  Descriptor file_;
  std::string epoch_path_;
};

}  // namespace muster::guard
