#include "reports/measure/spans.h"

#include <algorithm>
#include <cmath>

namespace muster {

namespace {

double rounded(double seconds) {
  return std::round(seconds * 1e6) / 1e6 + 0.0;
}

std::optional<double> greater(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::max(*a, *b);
}

std::optional<double> lesser(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

double rounded_seconds(Duration value) {
  return rounded(to_seconds(value));
}

Span span_between(const Instant& anchor, const Edge& edge, Duration width, Duration clock_bound) {
  Span span;
  span.censored = edge.state == Edge::State::NotSeen;
  if (edge.state == Edge::State::Absent) {
    span.value = 0;
    span.lo = rounded_seconds(anchor.lo - anchor.hi - clock_bound);
    span.hi =
        rounded_seconds(std::max(anchor.lo + width + (anchor.hi - anchor.lo), edge.instant.hi) -
                        anchor.lo + clock_bound);
    return span;
  }
  span.value = rounded_seconds(std::max(Duration::zero(), edge.instant.at - anchor.at));
  span.lo = rounded_seconds(edge.instant.lo - anchor.hi - clock_bound);
  if (!span.censored) {
    span.hi =
        rounded_seconds(std::max(edge.instant.hi - anchor.lo + clock_bound, Duration::zero()));
  }
  return span;
}

Span longest(const Span& a, const Span& b) {
  if (!a.value || !b.value) return a.value ? a : b;
  Span worst{greater(a.value, b.value),
             greater(a.lo, b.lo),
             greater(a.hi, b.hi),
             a.censored || b.censored};
  if (worst.censored) {
    worst.value = a.censored && b.censored ? worst.value : a.censored ? a.value : b.value;
    worst.hi.reset();
  }
  return worst;
}

Span shortest(const Span& a, const Span& b) {
  if (!a.value || !b.value) return a.value ? a : b;
  if (a.censored != b.censored) return a.censored ? b : a;
  return {lesser(a.value, b.value), lesser(a.lo, b.lo), lesser(a.hi, b.hi), a.censored};
}

}  // namespace muster
