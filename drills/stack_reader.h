#pragma once

#include <optional>
#include <string>

#include "drills/fields.h"
#include "drills/reading.h"
#include "drills/stack.h"

namespace muster {

/// Reads a stack; what is wrong is reported, and the stack then holds what could be read. Nothing
/// where the file is missing or no YAML. `asked_by` is the place that names the file.
std::optional<Stack> read_stack(const std::string& file, const Where& asked_by, Reading& reading);

/// What a playbook on this stack may refer to.
Names names_of(const Stack& stack);

}  // namespace muster
