#pragma once

#include <string>
#include <string_view>

namespace muster {

/// The one boundary between data and markup: everything that is not written in this source goes
/// through here. Control characters, direction overrides and broken UTF-8 become U+FFFD; & < > " '
/// become references, so the result is inert as text and inside a quoted attribute. Line breaks
/// become blanks.
std::string escape(std::string_view data);

/// Escaped, and a number never parts from its unit at the end of a line: for headlines.
std::string escape_headline(std::string_view data);

/// As `escape`, for <pre>: line breaks stay.
std::string escape_lines(std::string_view data);

}  // namespace muster
