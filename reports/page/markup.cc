#include "reports/page/markup.h"

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

std::string escape_headline(std::string_view data) {
  constexpr std::string_view kTogether = "\xc2\xa0";
  std::string out;
  const std::string text = escape(data);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool behind_number = i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
    const std::string_view rest = std::string_view(text).substr(i);
    const bool before_unit =
        rest.starts_with(" s") || rest.starts_with(" ms") || rest.starts_with(" %");
    if (text[i] == ' ' && behind_number && before_unit) {
      out += kTogether;
    } else {
      out += text[i];
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
