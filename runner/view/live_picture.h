#pragma once

#include <deque>
#include <string>
#include <vector>

#include "runner/view/observer.h"
#include "runner/view/terminal.h"

namespace muster {

/// Something that happened, as the picture shows it.
struct PictureEvent {
  Time at;
  std::string kind;
  std::string text;
};

/// Everything that the picture of a running drill is made of.
struct Picture {
  RunHead head;
  Snapshot now;
  std::deque<PictureEvent> events;  ///< oldest first
  std::deque<std::string> notices;  ///< to whoever sits there, oldest first
  std::string question;             ///< that waits for an answer, or ""
  bool help = false;                ///< what the keys do, in place of the events
  bool keys = true;                 ///< whether any can be pressed
};

/// The picture for a screen of this size, one string a row, none wider than the screen; 80 x 24 at
/// least. Pure: the same picture gives the same lines. Escape sequences only for colours, and only
/// where they are wanted.
std::vector<std::string> draw_picture(const Picture& picture, const ScreenSize& size, bool colours);

}  // namespace muster
