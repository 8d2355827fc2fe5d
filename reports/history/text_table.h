#pragma once

#include <string>
#include <vector>

namespace muster {

struct TextColumn {
  std::string head;
  bool right = false;
};

/// For a terminal: columns as wide as their widest cell, two blanks apart, nothing after the last.
std::string text_table(const std::vector<TextColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace muster
