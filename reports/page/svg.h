#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A paint: the class that lets style.css retheme it (dark, print) and the light colour that stands
/// in the attribute, which is all that is left where a viewer's policy forbids styles.
struct Paint {
  std::string_view css;
  std::string_view colour;
};

namespace paint {
inline constexpr Paint kInk{"ink", "#16181d"};
inline constexpr Paint kMuted{"muted", "#5f6670"};
inline constexpr Paint kRule{"rule", "#dfe2e6"};
inline constexpr Paint kFail{"fail", "#c62f1c"};
inline constexpr Paint kWarn{"warn", "#d98e04"};
inline constexpr Paint kData{"data", "#1d4b77"};
inline constexpr Paint kOk{"ok", "#1a7048"};
}  // namespace paint

/// A coordinate with one decimal, trailing zero dropped: the same number gives the same text on
/// every machine.
std::string coordinate(double value);

/// Appends SVG elements to a string. Text is escaped here; classes and paints come from the source.
class Svg {
 public:
  explicit Svg(std::string& out) : out_(out) {}

  enum class Anchor { Start, Middle, End };
  struct TextStyle {
    double size = 11;
    Anchor anchor = Anchor::Start;
    bool bold = false;
    bool halo = false;  ///< a rim in the colour of the paper, for text over data
  };

  void text(double x, double y, Paint fill, TextStyle style, std::string_view content);
  /// A name in ink and bold, and right after it, however wide that is, what it is of in a muted and
  /// smaller hand.
  void label(double x, double y, double size, std::string_view name, std::string_view of);
  void line(std::string_view path,
            Paint stroke,
            double width = 1,
            double opacity = 1,
            std::string_view dashes = "");
  void shape(std::string_view path,
             Paint fill,
             double opacity = 1,
             std::string_view transform = "");
  void rect(double x, double y, double width, double height, Paint fill, double opacity);
  /// The downward triangle that marks a budget; its tip is at (x, y).
  void budget(double x, double y, Paint fill);
  void raw(std::string_view markup) { out_ += markup; }

 private:
  std::string& out_;
};

/// A field of small whole numbers, one a cell; 0 is empty. Row 0 is the lowest.
struct CellGrid {
  std::size_t columns = 0;
  std::size_t rows = 0;
  std::vector<std::uint8_t> cells;

  CellGrid(std::size_t column_count, std::size_t row_count)
      : columns(column_count), rows(row_count), cells(column_count * row_count) {}
  std::uint8_t& at(std::size_t column, std::size_t row) { return cells[row * columns + column]; }
  std::uint8_t at(std::size_t column, std::size_t row) const {
    return cells[row * columns + column];
  }
};

/// A path, in grid units, whose stroke of width 1 covers all cells with this value; equal
/// neighbours in a row become one stroke. A third as long as the outline would be, and pages are
/// mostly this.
std::string cells_path(const CellGrid& grid, std::uint8_t value);

/// Bars in grid units with equal neighbours merged: x in columns, y upwards from 0 to the height
/// given (0 to 1).
std::string bars_path(const std::vector<double>& heights);

/// Roughly how wide a text is set at this size, for placing labels without measuring.
double text_width(std::string_view text, double size);

/// Round steps for an axis: the smallest of 1, 2, 5 times a power of ten (and 15, 30, 60, 120, 300
/// ... for seconds) with which at most `most` steps cover the span.
double axis_step(double span, int most);
/// "+15 s", "−5 s", "0": what stands at a step of a time axis.
std::string axis_label(double t_s);

}  // namespace muster
