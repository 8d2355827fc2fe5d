#pragma once

#include <optional>

#include "base/time.h"

// How long something took, and how well that is known.
//
// The anchor (the fault, the undo) is not an instant: a change is applied somewhere between the
// guard's "began" and "ended", and takes hold by the time it was observed or failed its first
// request, whichever is sooner (milestones.cc). Nor is the edge (the system serves again): it is
// only seen through requests. So both are brackets, and a span is the difference of two brackets:
//
//   value = edge.at - anchor.at        lo = edge.lo - anchor.hi        hi = edge.hi - anchor.lo
//
// widened on both sides by the bound of the vantage's clock.
//
// What brackets an edge. A request is a question that the system answers at some unknown instant
// between `sent` and `done`; `due` says when a user wanted it and is what latency and the
// definition of the window count from, but nothing had reached the system before `sent`.
//
//   it serves again   It failed a request sent at s: had it been well from s on, that request would
//                     have been answered. So the edge is later than s: lo = sent of the last bad
//                     request. It answered a request at d: it was well somewhere before d. So
//                     hi = the earliest done of the good requests of the window; the earliest,
//                     because the first one sent may be a slow one (a packet sent again).
//   it stops serving  It had failed a request by d: hi = done of the first failed one. A time-out
//                     says so only much later; but the request would have been answered within the
//                     longest time L that any took which was answered before it left, so then
//                     hi = min(done, sent + L). It answered a request sent at s before hi, so it
//                     was still well at s: lo = sent of the last such. One answered after hi says
//                     nothing: what a frozen system finds when it goes on, and what a lost packet
//                     held until it was sent again, was sent in the dark and is answered all the
//                     same.
//
// With requests due every p and answers that take r, the brackets are p + r wide at most. They are
// wider where the measurement cannot know better: requests that a frozen system answers late were
// good to their users, so the window starts with them, up to a time-out before the system went on;
// [lo, hi] then holds both instants.
namespace muster {

/// An instant known to lie in [lo, hi]; `at` is the one to quote.
struct Instant {
  Time lo, at, hi;
};

/// An edge seen in the requests.
struct Edge {
  enum class State {
    Absent,  ///< never left: there was nothing to come back from
    Seen,
    NotSeen,  ///< not before the observation ended, at `instant.at`; `instant.lo` is the last bad
              ///< one
  };
  State state = State::Absent;
  Instant instant{};
};

/// Seconds; nothing where there is nothing to say.
struct Span {
  std::optional<double> value, lo, hi;
  bool censored = false;  ///< not over when the observation ended; value is how long that was
};

/// `width` is the least width of an edge that was absent: a failure between two requests is not
/// seen.
Span span_between(const Instant& anchor, const Edge& edge, Duration width, Duration clock_bound);

/// The longest of several: of the last user, the last vantage.
Span longest(const Span& a, const Span& b);
/// The shortest: of the first one.
Span shortest(const Span& a, const Span& b);

/// Rounds to microseconds, so that reports do not carry digits that nobody measured.
double rounded_seconds(Duration value);

}  // namespace muster
