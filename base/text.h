#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);

/// `text` with every `name` in it replaced by `value`, in which nothing is looked for again.
std::string replaced(std::string text, std::string_view name, std::string_view value);

/// argv as a person would type it; quotes only where needed. For display: nothing in muster is run
/// by a shell.
std::string show_argv(const std::vector<std::string>& argv);

/// Levenshtein distance with transpositions.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidate a person most likely meant, or "" if none is near (at most a third of the letters,
/// at least one).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Makes bytes from the system under test inert for a terminal: control characters (ESC included)
/// and broken UTF-8 become U+FFFD, line breaks become blanks; cut to `limit` characters.
std::string printable(std::string_view bytes, std::size_t limit = 400);

/// "1 drill", "3 drills".
std::string count_of(std::size_t count, std::string_view noun);

}  // namespace muster
