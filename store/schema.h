#pragma once

#include <string>

#include <soci/session.h>

#include "store/dialect.h"

namespace muster {

/// Makes the tables in an empty database and brings those of an older muster up to date. Throws
/// Error where they are somebody else's or of a newer muster; `name` is what the store is called
/// there. To be done in a transaction that may write.
void adopt_schema(soci::session& sql, const Dialect& dialect, const std::string& name);

}  // namespace muster
