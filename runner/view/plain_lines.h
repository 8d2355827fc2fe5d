#pragma once

#include <set>
#include <string>

#include "runner/view/observer.h"

namespace muster {

/// What happens in a run as lines of text that can be searched: UTC clock, seconds from the
/// injection, what kind of thing it is, what it was. No line break, no escape sequence.
class PlainLines {
 public:
  void begin(const RunHead& head) { head_ = head; }
  /// "muster 0.1.0  drain-us-east on lab (lab)  run 146 (01K...)  seed 7".
  std::string title() const;
  /// "" for an event that says what a milestone has said already.
  std::string event(const EventRecord& event);
  /// "" for one that the events around it tell.
  std::string milestone(const LiveMilestone& reached);
  /// The words of it: "readers good again everywhere  38.2 s  budget 30 s  OVER by 8.2 s".
  static std::string text_of(const LiveMilestone& reached);
  /// A line for every 10 s without one: the failing share of each row. "" while none is due.
  std::string heartbeat(const Snapshot& now);

 private:
  std::string line(Time at, std::string_view kind, std::string_view text);

  RunHead head_;
  std::optional<Time> injected_;
  Time last_line_{};
  std::set<std::string> said_;  ///< milestones, as the events that say the same begin
};

}  // namespace muster
