#pragma once

#include <string>

#include "faults/guard/record.h"
#include "faults/guard/system.h"

namespace muster {

/// A file that a change replaces: content, mode and owner are kept and put back, unless somebody
/// else wrote to it meanwhile. All paths are laid out when it is constructed. Extended attributes
/// and times are not kept.
class ReplacedFile {
 public:
  ReplacedFile() = default;
  ReplacedFile(Snapshot before, std::string written);

  /// Looks at the file; throws GuardError where it is no regular file or larger than 4 MiB.
  static Snapshot snapshot_of(const std::string& path);

  enum class Content { Before, Written, Foreign, Unreadable };
  Content content() const;

  bool write(Line& why) const;  ///< puts the new content in place
  enum class Restored { Yes, Conflict, Failed };
  Restored restore(Line& why) const;  ///< idempotent
  const Snapshot& before() const { return before_; }

 private:
  enum class Match { Same, Different, Absent, Unreadable };
  Match compare(const std::string& wanted, bool with_owner) const;
  bool replace_with(const std::string& content, Line& why) const;

  Snapshot before_;
  std::string written_;
  std::string beside_;
};

}  // namespace muster
