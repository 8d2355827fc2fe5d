#pragma once

#include <cstddef>
#include <string_view>

namespace muster {

/// How many characters `text` has, for columns; the text is well-formed.
int utf8_length(std::string_view text);

/// At most `bytes` bytes of it, never half a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// Offset of the first byte that is not UTF-8, or that is a control character other than tab and
/// line ends; npos where the text is clean.
std::size_t first_bad_utf8(std::string_view text);

}  // namespace muster
