#include "reports/markup.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

// A page is read by people: longer texts help nobody and would let the system under test fill the
// file.
constexpr std::size_t kLongestText = 20'000;

}  // namespace

std::string escape(std::string_view data) {
  std::string out;
  for (const char c : printable(data, kLongestText)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_lines(std::string_view data) {
  std::string out;
  for (const std::string& line : split(data, '\n')) {
    if (!out.empty()) out += '\n';
    out += escape(line.ends_with('\r') ? std::string_view(line).substr(0, line.size() - 1) : line);
  }
  return out;
}

}  // namespace muster
