#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "faults/guard/protocol.h"

namespace muster {

/// Ends the program, so that the fuzzer keeps the input.
inline void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::uint32_t length_at(std::string_view bytes, std::size_t place) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[place + i])} << (8 * i);
  return value;
}

/// The bytes, with the checksum of every whole frame in them put right: else no input that a fuzzer
/// makes up would get past it.
inline std::string with_checksums(std::string bytes) {
  std::size_t place = 0;
  while (bytes.size() - place >= 8) {
    const std::size_t length = length_at(bytes, place);
    if (length == 0 || length > bytes.size() - place - 8) break;
    const std::uint32_t sum = crc32c(std::string_view(bytes).substr(place + 4, length));
    for (std::size_t i = 0; i < 4; ++i)
      bytes[place + 4 + length + i] = static_cast<char>((sum >> (8 * i)) & 0xFFU);
    place += length + 8;
  }
  return bytes;
}

}  // namespace muster
