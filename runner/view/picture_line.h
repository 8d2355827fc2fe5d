#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runner/view/terminal.h"

namespace muster {

/// One row of a picture, made from left to right and never wider than the screen. Text is made
/// inert for the terminal here, so that no other place has to think of it.
class PictureLine {
 public:
  PictureLine(std::size_t columns, bool colours) : columns_(columns), colours_(colours) {}

  PictureLine& add(std::string_view text, std::optional<Colour> colour = {});
  /// Blanks up to this column.
  PictureLine& to(std::size_t column);
  std::size_t used() const { return used_; }
  std::size_t left() const { return columns_ - used_; }
  std::string take() { return std::move(out_); }

 private:
  std::size_t columns_;
  bool colours_;
  std::size_t used_ = 0;
  std::string out_;
};

}  // namespace muster
