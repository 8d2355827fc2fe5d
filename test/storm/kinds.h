#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "faults/guard/protocol.h"

namespace muster {

/// A class of faults as the storm sees it: a target, a change of it, and an oracle that looks at
/// the kernel and at processes by itself, never through muster.
class StormKind {
 public:
  virtual ~StormKind() = default;
  /// Makes the target whole again, whatever the last round left, and says what to do to it.
  virtual PlainChange prepare() = 0;
  /// What is left of the fault, as a person would say it; empty if nothing.
  virtual std::string left() = 0;
  /// The target byte for byte, as far as a fault could reach: to be compared with itself.
  virtual std::string snapshot() { return left(); }
  /// Whether its undo needs nothing but the order: then it may come without any record, too.
  virtual bool undone_without_record() const { return true; }
};

/// pause, start, file, nft, qdisc, holder, touch.
const std::vector<std::string_view>& storm_kinds();
/// `directory` is its own; nothing else is in it.
std::unique_ptr<StormKind> make_storm_kind(std::string_view name, const std::string& directory);

/// Runs a program to its end, `input` on its stdin; returns what it printed, `status` gets what it
/// ended with.
std::string output_of(const std::vector<std::string>& argv,
                      int& status,
                      std::string_view input = "");

/// The programs that the kinds start: `storm --start PIDFILE`, `storm --hold PORT`.
/// Returns -1 where `arguments` is none of them.
int run_storm_helper(const std::vector<std::string>& arguments);

}  // namespace muster
