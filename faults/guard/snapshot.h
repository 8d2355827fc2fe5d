#pragma once

#include <string>

#include "faults/guard/record.h"
#include "faults/guard/system.h"

namespace muster::guard {

/// What became of an operation.
struct Done {
  enum class How { Done, Failed, TargetGone, Conflict };
  How how = How::Failed;
  Line text;

  bool ok() const { return how == How::Done; }
};

/// A file that a change replaces: content, mode and owner are kept and put back, unless somebody
/// else wrote to it meanwhile. All names are laid out when it is
/// constructed; no link is followed that came to lie on its path meanwhile. Extended attributes
/// and times are not kept.
class ReplacedFile {
 public:
  ReplacedFile() = default;
  ReplacedFile(Snapshot before, std::string written);

  /// Looks at the file; throws GuardError where it is no regular file or larger than 4 MiB.
  static Snapshot snapshot_of(const std::string& path);

  enum class Content { Before, Written, Foreign, Unreadable };
  Content content() const;

  Done write() const;    ///< puts the new content in place, if the file is still as it was before
  Done restore() const;  ///< idempotent
  const Snapshot& before() const { return before_; }

 private:
  Done replace_with(const std::string& content) const;

  Snapshot before_;
  std::string written_;
  std::string name_;  ///< within its folder, as the one below
  std::string beside_;
};

}  // namespace muster::guard
