#include <algorithm>

#include "base/text.h"
#include "reports/formats/markdown.h"

namespace muster {

namespace {

/// Breaks a token that would become a link or a picture; it cannot be seen, and survives the
/// decoding of references, after which mentions are looked for.
constexpr std::string_view kBreak = "&#8203;";

/// After a colon: of an emoji's name, or of what makes a scheme a link.
bool may_go_on(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '/';
}

}  // namespace

std::string markdown_text(std::string_view data, std::size_t limit) {
  const std::string text = printable(trim(data), limit);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
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
      case '|':
        out += "&#124;";
        break;
      case '`':
        out += "&#96;";
        break;
      case '@':
      case '#':
        out += c;
        out += kBreak;
        break;
      case '.':
        out += c;
        if (std::string_view(text).substr(0, at).ends_with("www")) out += kBreak;
        break;
      case ':':
        out += c;
        if (at + 1 < text.size() && may_go_on(text[at + 1])) out += kBreak;
        break;
      case '\\':
      case '*':
      case '_':
      case '~':
      case '[':
      case ']':
      case '$':
        out += '\\';
        out += c;
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string markdown_code(std::string_view data, std::size_t limit) {
  const std::string text = printable(trim(data), limit);
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  // A span ends at as many backticks as it begins with; the blanks inside are not shown.
  const std::string fence(longest + 1, '`');
  return fence + ' ' + text + ' ' + fence;
}

}  // namespace muster
