#pragma once

#include <string>
#include <string_view>

namespace muster {

/// Columns that printable UTF-8 takes on a terminal: two for a wide East Asian letter or a picture,
/// none for a mark that joins the letter before it.
std::size_t columns_of(std::string_view utf8);
/// As much of `utf8` as fits, with "…" at the end where something is left out.
std::string cut_to(std::string_view utf8, std::size_t columns);
/// Exactly so many columns: cut, or filled up with blanks behind or before it.
std::string left_in(std::string_view utf8, std::size_t columns);
std::string right_in(std::string_view utf8, std::size_t columns);

}  // namespace muster
