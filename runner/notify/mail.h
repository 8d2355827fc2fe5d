#pragma once

#include <string>

#include "runner/notify/notify.h"

namespace muster {

/// A whole message, head and body, lines ending in "\r\n". It is ASCII: what is not is encoded
/// (RFC 2047, quoted-printable), so that no word of a notice can begin a header or end the body.
/// The same for each try of a delivery, its Message-ID included. The addresses must be ones that
/// mail_address_complaint has nothing against.
std::string mail_message(const NotifySettings& receiver,
                         const Notice& notice,
                         const std::string& delivery);

}  // namespace muster
