#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A person looks at stdout: a terminal that can move its cursor, and no CI.
bool stdout_is_for_people();
/// Colours only where a person looks who did not say NO_COLOR.
bool colours_are_wanted();

enum class Colour { Red, Green, Amber, Blue, Grey, Bold };
/// `text` in colour where `on`, else as it is.
std::string paint(std::string_view text, Colour colour, bool on);

/// Columns and rows of stdout's terminal; 80 x 24 where it is none.
struct ScreenSize {
  int columns = 80;
  int rows = 24;
  friend bool operator==(const ScreenSize&, const ScreenSize&) = default;
};
ScreenSize screen_size();

/// The terminal behind stdout, for a picture in place of lines and for single keys. It gets its own
/// settings, screen and cursor back when this object goes, when the process is suspended, and when
/// it dies of a signal that can be caught; at most one object at a time. Never blocks: what a
/// terminal does not take is left out, and the next picture is drawn whole.
class Terminal {
 public:
  /// nullptr where stdout is no terminal of ours: a pipe, another session's, or in the background.
  static std::unique_ptr<Terminal> open();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  /// Keys come one by one and unseen, and the other screen is there. False in the background, where
  /// a terminal is somebody else's. May be called again, as after a suspension.
  bool enter();
  /// Back to lines, while keys still come one by one.
  void show_lines();
  /// As it was found.
  void leave();

  /// The whole picture; only what differs from the one before is sent. Each line at most as wide as
  /// the screen.
  void draw(const std::vector<std::string>& lines, const ScreenSize& size);

  /// Text on the screen that is there; how many bytes of it were taken, 0 where none can be now.
  std::size_t write(std::string_view text) const;

  bool in_foreground() const;
  /// For waiting until keys can be read.
  int descriptor() const { return descriptor_; }
  /// What was typed since; "" where nothing was. False once nothing can come any more.
  bool read_keys(std::string& typed) const;

 private:
  explicit Terminal(int descriptor);

  int descriptor_;
  std::vector<std::string> shown_;
  ScreenSize shown_size_;
};

}  // namespace muster
