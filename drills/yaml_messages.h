#pragma once

#include <optional>
#include <string_view>

#include "base/source.h"

namespace muster {

/// A '{' or '[' that was open when the parser gave up.
struct OpenBracket {
  Where where;
  bool list = false;
};

/// What a parser's message means to the person who wrote the file. `where` is the parser's place,
/// `innermost` the last map or list it was in.
Diagnostic explain_yaml_error(std::string_view message,
                              const Where& where,
                              const Source& source,
                              const std::optional<OpenBracket>& innermost);

}  // namespace muster
