#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "drills/lab/programs/app/jwt.h"

/// The two kinds of entries in the list of revoked tokens.
namespace muster::app {

/// Says that one token is revoked; any value.
std::string denied_key(const Claims& claims);
/// Says until when a user's tokens, all of them, are revoked; the value is that second since 1970.
std::string too_old_key(const Claims& claims);

/// Whether the token is of the second that the entry names, or older: who logs in again within that
/// second is refused, since nobody can tell that token from those before. `revoked_until` is the
/// entry's value; empty: there is none. One that is no number revokes everything.
bool is_too_old(const Claims& claims, std::string_view revoked_until);

}  // namespace muster::app
