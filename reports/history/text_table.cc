#include "reports/history/text_table.h"

#include <algorithm>

#include "base/columns.h"

namespace muster {

std::string text_table(const std::vector<TextColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> heads;
  std::vector<std::size_t> widths;
  heads.reserve(columns.size());
  widths.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    heads.push_back(columns[i].head);
    widths.push_back(columns_of(columns[i].head));
    for (const auto& row : rows) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string blanks(widths[i] - columns_of(cells[i]), ' ');
      text += (i == 0 ? "" : "  ") + (columns[i].right ? blanks + cells[i] : cells[i] + blanks);
    }
    while (text.ends_with(' ')) text.pop_back();
    return text + "\n";
  };
  std::string out = line(heads);
  for (const auto& row : rows) out += line(row);
  return out;
}

}  // namespace muster
