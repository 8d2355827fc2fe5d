#pragma once

#include <string>

namespace muster {

/// The last step of a format that is XML: its text went through escape(), which knows what HTML
/// forbids; this replaces by U+FFFD what XML 1.0 forbids besides (U+FFFE and U+FFFF).
std::string xml_document(std::string text);

}  // namespace muster
