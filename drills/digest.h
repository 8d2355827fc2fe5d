#pragma once

#include <string>

#include "drills/playbook.h"

namespace muster {

/// "sha256:..." of the playbook in canonical form: keys sorted, values in their base units,
/// variables filled in. Two files that mean the same have the same digest, however they are
/// written.
std::string digest_of(const Playbook& playbook);

/// "sha256:..." of what makes the figures of two runs comparable: the stack, what users do, what is
/// broken and for how long, and the steady limits, which decide what counts as served well. Not
/// objectives, stop conditions or words.
std::string series_key_of(const Playbook& playbook, const std::string& stack);

}  // namespace muster
