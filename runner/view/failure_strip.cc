#include "runner/view/failure_strip.h"

#include <algorithm>
#include <cmath>

#include "base/columns.h"
#include "reports/values.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr Duration kLengths[] = {
    1s, 2s, 5s, 10s, 15s, 30s, 1min, 2min, 5min, 10min, 15min, 30min, 1h, 2h, 6h, 24h};

std::optional<double> share_between(const LiveStrip& strip, Time from, Time to) {
  const auto place = [&](Time at) {
    return std::clamp<std::int64_t>(
        (at - strip.from + strip.bin / 2) / strip.bin, 0, std::ssize(strip.bins));
  };
  if (strip.bins.empty() || to <= strip.from) return std::nullopt;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  for (auto each = place(from); each < place(to); ++each) {
    answered += strip.bins[static_cast<std::size_t>(each)].answered;
    failed += strip.bins[static_cast<std::size_t>(each)].failed;
  }
  if (answered == 0) return std::nullopt;
  return static_cast<double>(failed) / static_cast<double>(answered);
}

/// Writes `text` into a row from column `first` on, a letter a column.
void put_at(std::vector<std::string>& row, std::size_t first, std::string_view text) {
  std::size_t column = first;
  for (std::size_t i = 0; i < text.size() && column < row.size(); ++column) {
    std::size_t length = 1;
    while (i + length < text.size() &&
           (static_cast<unsigned char>(text[i + length]) & 0xC0U) == 0x80U)
      ++length;
    row[column] = text.substr(i, length);
    i += length;
  }
}

}  // namespace

StripScale strip_scale(std::size_t width, std::optional<Time> injected, Time now) {
  StripScale scale{width, width / 3, kLengths[0], injected, now};
  if (!injected) return scale;
  const auto after = static_cast<std::int64_t>(width - scale.before - 1);
  for (const Duration length : kLengths) {
    scale.per_column = length;
    if (now - *injected <= length * after) break;
  }
  return scale;
}

std::vector<std::optional<double>> strip_shares(const LiveStrip& strip, const StripScale& scale) {
  std::vector<std::optional<double>> shares(scale.width);
  const Time zero = scale.injected.value_or(scale.now);
  const auto before = static_cast<std::int64_t>(scale.before);
  for (std::size_t column = 0; column < scale.width; ++column) {
    auto place = static_cast<std::int64_t>(column) - before;
    if (place == 0) continue;  // the injection
    if (place > 0) --place;
    const Time from = zero + place * scale.per_column;
    if (from < scale.now) shares[column] = share_between(strip, from, from + scale.per_column);
  }
  return shares;
}

std::string_view share_sign(const std::optional<double>& share) {
  constexpr std::string_view kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (!share) return " ";
  if (*share <= 0) return "·";
  const auto height = static_cast<std::size_t>(std::ceil(std::min(1.0, *share) * 8));
  return kBars[std::max<std::size_t>(height, 1) - 1];
}

std::string strip_axis(const StripScale& scale) {
  std::vector<std::string> row(scale.width, " ");
  const double before = static_cast<double>(scale.before) * to_seconds(scale.per_column);
  put_at(row, 0, show_seconds(-before));
  if (!scale.injected) {
    put_at(row, scale.before - 3, "now");
  } else {
    put_at(row, scale.before, "0");
    const std::string now = "+" + show_seconds(std::floor(to_seconds(scale.now - *scale.injected)));
    const auto column = scale.before + 1 +
                        static_cast<std::size_t>((scale.now - *scale.injected) / scale.per_column);
    const std::size_t length = columns_of(now);
    // Its end stands above the newest column; it does not fit in the first seconds.
    if (column >= scale.before + 1 + length) put_at(row, column + 1 - length, now);
  }
  std::string out;
  for (const std::string& letter : row) out += letter;
  return out;
}

}  // namespace muster
