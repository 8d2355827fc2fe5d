#include "base/columns.h"

#include <algorithm>
#include <cstdint>

namespace muster {

namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Coarse on purpose: what names of hosts, regions and people are made of.
constexpr Range kJoining[] = {{0x300, 0x36F},
                              {0x483, 0x489},
                              {0x591, 0x5BD},
                              {0x610, 0x61A},
                              {0x64B, 0x65F},
                              {0x900, 0x902},
                              {0x1AB0, 0x1AFF},
                              {0x1DC0, 0x1DFF},
                              {0x200B, 0x200D},
                              {0x2060, 0x2064},
                              {0x20D0, 0x20FF},
                              {0xFE00, 0xFE0F},
                              {0xFE20, 0xFE2F},
                              {0xFEFF, 0xFEFF},
                              {0xE0000, 0xE0FFF}};
constexpr Range kWide[] = {{0x1100, 0x115F},
                           {0x231A, 0x231B},
                           {0x2E80, 0x303E},
                           {0x3041, 0x4DBF},
                           {0x4E00, 0xA4CF},
                           {0xA960, 0xA97F},
                           {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},
                           {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},
                           {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF},
                           {0x1F900, 0x1F9FF},
                           {0x20000, 0x3FFFD}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], std::uint32_t letter) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return letter >= range.first && letter <= range.last;
  });
}

std::size_t columns_of_letter(std::uint32_t letter) {
  if (letter < 0x300) return 1;
  return is_in(kJoining, letter) ? 0 : is_in(kWide, letter) ? 2 : 1;
}

/// Takes one letter off the front of well-formed UTF-8; of anything else one byte.
std::uint32_t next_letter(std::string_view& utf8) {
  const auto first = static_cast<unsigned char>(utf8[0]);
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (length == 1 || utf8.size() < length) {
    utf8.remove_prefix(1);
    return first;
  }
  std::uint32_t letter = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    letter = (letter << 6U) | (static_cast<unsigned char>(utf8[i]) & 0x3FU);
  utf8.remove_prefix(length);
  return letter;
}

}  // namespace

std::size_t columns_of(std::string_view utf8) {
  std::size_t columns = 0;
  while (!utf8.empty()) columns += columns_of_letter(next_letter(utf8));
  return columns;
}

std::string cut_to(std::string_view utf8, std::size_t columns) {
  if (columns_of(utf8) <= columns) return std::string(utf8);
  if (columns == 0) return "";
  std::size_t used = 1;  // of the mark that something is missing
  std::string_view rest = utf8;
  std::string_view kept = utf8.substr(0, 0);
  while (!rest.empty()) {
    used += columns_of_letter(next_letter(rest));
    if (used > columns) break;
    kept = utf8.substr(0, utf8.size() - rest.size());
  }
  return std::string(kept) + "…";
}

std::string left_in(std::string_view utf8, std::size_t columns) {
  std::string text = cut_to(utf8, columns);
  const std::size_t used = columns_of(text);
  return text + std::string(columns - used, ' ');
}

std::string right_in(std::string_view utf8, std::size_t columns) {
  std::string text = cut_to(utf8, columns);
  const std::size_t used = columns_of(text);
  return std::string(columns - used, ' ') + text;
}

}  // namespace muster
