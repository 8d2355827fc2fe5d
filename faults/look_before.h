#pragma once

#include <string>

#include "base/host.h"
#include "drills/schema.h"
#include "faults/change.h"

namespace muster {

// What a plan looks at before it promises that a fault, and its end, could be seen.

/// Throws where only the beginning of the output came: that something is not in it says nothing.
void require_whole(const CommandResult& result, const std::string& what, const Where& where);

/// `gone` is what will see that the fault is gone. Where it does not see that even now, the fault
/// would count as in force though it did nothing, and never as gone: throws, saying of whom.
Task<> require_not_seen_yet(Host& host, Operation gone, std::string who, Where where);

/// What sees the effect where `gone`, which asks that something is lacking, sees its end.
Operation opposite(Operation gone);

}  // namespace muster
