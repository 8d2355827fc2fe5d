#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace muster {

/// What a person wrote, understood; or what is wrong with it and what would be right, in one line.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string complaint;
};

/// What `read` returns, or the message of the Error that it throws.
template <class Read>
auto parsed(Read read) -> Parsed<decltype(read())> {
  try {
    return {read(), {}};
  } catch (const Error& error) {
    return {std::nullopt, error.message()};
  }
}

}  // namespace muster
