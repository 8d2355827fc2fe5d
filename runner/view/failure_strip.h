#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/live/live.h"

namespace muster {

/// How the failing shares of all rows lie on the screen: each column stands for the same length of
/// time, and the instant of the injection is one column in all of them.
struct StripScale {
  std::size_t width = 0;   ///< columns, with that of the injection
  std::size_t before = 0;  ///< columns before the injection
  Duration per_column{};   ///< the shortest for which all since the injection fits
  std::optional<Time> injected;
  Time now;
};
StripScale strip_scale(std::size_t width, std::optional<Time> injected, Time now);

/// The failing share of each column; nothing where no request was answered. The column of the
/// injection itself is nothing.
std::vector<std::optional<double>> strip_shares(const LiveStrip& strip, const StripScale& scale);

/// One character for a share: "·" where none failed, a bar that grows with the share, " " for
/// nothing.
std::string_view share_sign(const std::optional<double>& share);

/// "−20 s         0       +12 s", to stand above the strips.
std::string strip_axis(const StripScale& scale);

}  // namespace muster
