#include "runner/view/keys.h"

namespace muster {

namespace {

constexpr char kEscape = '\x1b';

/// Takes an escape sequence off the front: ESC [ ... letter, ESC O letter, or ESC letter.
void drop_sequence(std::string_view& typed) {
  typed.remove_prefix(1);
  if (typed.empty()) return;
  const char kind = typed[0];
  typed.remove_prefix(1);
  if (kind == 'O' && !typed.empty()) typed.remove_prefix(1);
  if (kind != '[') return;
  while (!typed.empty() && (typed[0] < '@' || typed[0] > '~')) typed.remove_prefix(1);
  if (!typed.empty()) typed.remove_prefix(1);
}

}  // namespace

std::optional<char> single_key(std::string_view typed) {
  std::optional<char> key;
  while (!typed.empty()) {
    if (typed[0] == kEscape) {
      drop_sequence(typed);
      continue;
    }
    if (key) return std::nullopt;
    key = typed[0];
    typed.remove_prefix(1);
  }
  return key;
}

}  // namespace muster
