#pragma once

#include <string>

namespace muster {

/// Who runs this program, for whoever reads it later: "alice (uid 1000)", or "root (uid 0) for
/// alice" under sudo.
std::string this_person();

}  // namespace muster
