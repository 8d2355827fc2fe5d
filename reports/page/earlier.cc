#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/canvas.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/profile.h"
#include "reports/values.h"

namespace muster {

namespace {

double end_of(const Result::Profile& profile) {
  return profile.from_s + profile.bin_s * static_cast<double>(profile.failed.size());
}

struct ShareScale {
  double from, to, most;
  double left = 46, right, top = 18, bottom = 190;

  double x(double t_s) const {
    return left + (right - left) * (std::clamp(t_s, from, to) - from) / (to - from);
  }
  double y(double share) const { return bottom - (bottom - top) * share / most; }
};

ShareScale share_scale(const Result::Profile& now,
                       const std::vector<const Result::EarlierRun*>& earlier,
                       double width) {
  ShareScale scale{now.from_s, end_of(now), 0.05, 46, width - 8};
  const auto include = [&](const Result::Profile& profile) {
    for (const double share : profile.failed)
      if (std::isfinite(share)) scale.most = std::max(scale.most, share);
  };
  include(now);
  for (const auto* run : earlier) {
    include(run->profile);
    scale.from = std::max(scale.from, run->profile.from_s);
    // One run that took very long does not make all others a stroke.
    scale.to = std::max(scale.to, std::min(end_of(run->profile), 3 * end_of(now)));
  }
  scale.from = std::min(scale.from, -0.02 * scale.to);
  scale.most = std::min(1.0, std::ceil(scale.most * 10 + 1e-9) / 10);
  return scale;
}

std::string share_path(const Result::Profile& profile, const ShareScale& scale) {
  std::string path;
  bool open = false;
  for (std::size_t i = 0; i < profile.failed.size(); ++i) {
    const double at = profile.from_s + profile.bin_s * static_cast<double>(i);
    const double until = at + profile.bin_s;
    if (!std::isfinite(profile.failed[i]) || until <= scale.from || at >= scale.to) {
      open = false;
      continue;
    }
    const std::string y = coordinate(scale.y(profile.failed[i]));
    path += fmt::format("{}{} {}H{}",
                        open ? "V" : "M",
                        open ? "" : coordinate(scale.x(at)),
                        y,
                        coordinate(scale.x(until)));
    open = true;
  }
  return path;
}

void share_axes(const ShareScale& scale, Svg& svg) {
  const double step = scale.most > 0.5 ? 0.2 : scale.most > 0.2 ? 0.1 : 0.05;
  for (double share = 0; share <= scale.most + 1e-9; share += step) {
    const double y = scale.y(share);
    svg.line(
        fmt::format("M{} {}H{}", coordinate(scale.left), coordinate(y), coordinate(scale.right)),
        paint::kRule);
    svg.text(scale.left - 6, y + 4, paint::kMuted, {11, Svg::Anchor::End}, show_percent(share));
  }
  const double seconds = axis_step(scale.to - scale.from, scale.right > 700 ? 9 : 5);
  for (double at = std::ceil(scale.from / seconds) * seconds; at <= scale.to + 1e-9;
       at += seconds) {
    const bool zero = std::abs(at) < 1e-9;
    const bool at_the_edge = scale.x(at) > scale.right - 20;
    svg.text(scale.x(at),
             scale.bottom + 16,
             zero ? paint::kInk : paint::kMuted,
             {11, at_the_edge ? Svg::Anchor::End : Svg::Anchor::Middle, zero},
             axis_label(at));
  }
  svg.line(
      fmt::format(
          "M{} {}V{}", coordinate(scale.x(0)), coordinate(scale.top - 4), coordinate(scale.bottom)),
      paint::kInk);
}

std::string shares_picture(const Result& result, std::string_view name, const Canvas& canvas) {
  constexpr std::size_t kMostLines = 9;
  const Result::Profile now = profile_of(result);
  std::vector<const Result::EarlierRun*> earlier;
  for (const Result::EarlierRun& run : result.earlier) {
    if (!run.profile.failed.empty() && earlier.size() < kMostLines) earlier.push_back(&run);
  }
  if (now.failed.empty() || earlier.empty()) return "";
  const ShareScale scale = share_scale(now, earlier, canvas.width);
  std::string out = canvas.open(scale.bottom + 24);
  Svg svg(out);
  share_axes(scale, svg);
  std::ranges::reverse(earlier);  // the newest on top
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    const double age =
        static_cast<double>(earlier.size() - 1 - i) / static_cast<double>(earlier.size());
    svg.line(share_path(earlier[i]->profile, scale), paint::kMuted, 1.2, 0.75 - 0.5 * age);
  }
  svg.line(share_path(now, scale), paint::kFail, 2);
  const Result::Metric* failover = overall_metric(result, "time_to_failover");
  if (failover != nullptr && failover->budget && *failover->budget < scale.to)
    svg.budget(scale.x(*failover->budget), scale.top - 2, paint::kMuted);
  svg.text(scale.right, scale.top + 10, paint::kFail, {12, Svg::Anchor::End, true}, name);
  const std::string others =
      earlier.size() == 1
          ? fmt::format("run {}", earlier.front()->number)
          : fmt::format("runs {} to {}", earlier.front()->number, earlier.back()->number);
  svg.text(scale.right, scale.top + 26, paint::kMuted, {12, Svg::Anchor::End}, others);
  return out + "</svg>";
}

/// Whether any of them has something to draw.
bool ever_failed(const Result& result) {
  const auto failed = [](const Result::Profile& profile) {
    return std::ranges::any_of(profile.failed, [](double share) { return share > 0; });
  };
  return failed(profile_of(result)) ||
         std::ranges::any_of(result.earlier, [&](const auto& run) { return failed(run.profile); });
}

}  // namespace

std::string failures_over_time(const Result& result, std::string_view name) {
  return both_widths(
      fmt::format("Share of failed requests over time, {} and what was before", name),
      [&](const Canvas& canvas) { return shares_picture(result, name, canvas); });
}

std::string earlier_section(const Result& result) {
  if (result.earlier.empty()) return "";
  if (!ever_failed(result)) {
    return section(
        "earlier",
        "Against earlier runs",
        fmt::format("<p class=\"lead\">No user’s request failed, neither in this run nor in "
                    "the {} before it.</p>\n",
                    result.earlier.size() == 1 ? "one" : count_of(result.earlier.size(), "run")));
  }
  const std::string picture = failures_over_time(result);
  if (picture.empty()) return "";
  return section("earlier",
                 "Against earlier runs",
                 "<p class=\"lead\">Share of all users’ requests that failed, aligned at the "
                 "injection. Darker: newer.</p>\n" +
                     picture);
}

}  // namespace muster
