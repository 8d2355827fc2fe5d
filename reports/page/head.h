#pragma once

#include <string>
#include <string_view>

namespace muster {

/// From the doctype to </head>: the style sheet that is embedded in the program, a policy that
/// allows it and what `scripts` names, and nothing else. `title` is plain text; `mark` is the class
/// of a StatusWord, for the icon's colour, or "".
std::string page_head(std::string_view title, std::string_view mark, std::string_view scripts = "");

}  // namespace muster
