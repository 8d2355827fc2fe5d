#include "runner/view/picture_line.h"

#include "base/columns.h"
#include "base/text.h"

namespace muster {

PictureLine& PictureLine::add(std::string_view text, std::optional<Colour> colour) {
  const std::string fitting = cut_to(printable(text), left());
  used_ += columns_of(fitting);
  if (!fitting.empty()) out_ += colour ? paint(fitting, *colour, colours_) : fitting;
  return *this;
}

PictureLine& PictureLine::to(std::size_t column) {
  return column > used_ ? add(std::string(column - used_, ' ')) : *this;
}

}  // namespace muster
