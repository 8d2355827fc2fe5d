#pragma once

#include <string>
#include <string_view>

namespace muster {

/// Colours and the live view only where a person looks: a terminal, no NO_COLOR, no CI.
bool stdout_is_for_people();

enum class Colour { Red, Green, Amber, Blue, Grey, Bold };
/// `text` in colour where `on`, else as it is.
std::string paint(std::string_view text, Colour colour, bool on);

/// Columns and rows of stdout's terminal; 80 x 24 where it is none.
struct ScreenSize {
  int columns = 80;
  int rows = 24;
};
ScreenSize screen_size();

}  // namespace muster
