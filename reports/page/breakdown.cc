// Where the failover time went: a bar a stage on one scale, each beginning where the last ended.
#include <algorithm>

#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

constexpr double kWidth = 300;

std::string bar(const Result::BreakdownStage& stage, double end) {
  const auto x = [&](double at) {
    return 4 + kWidth * std::clamp(at / std::max(end, 1e-9), 0.0, 1.0);
  };
  std::string out =
      R"(<svg class="range" viewBox="0 0 308 18" width="308" height="18" aria-hidden="true">)";
  Svg svg(out);
  svg.line("M4 9H304", paint::kRule);
  svg.rect(
      x(stage.from_s), 4, std::max(1.5, x(stage.to_s) - x(stage.from_s)), 10, paint::kData, 0.7);
  return out + "</svg>";
}

std::string width_of(const Result::BreakdownStage& stage) {
  const double half = (stage.hi - stage.lo) / 2;
  return half > 0 ? "± " + show_seconds(half) : "";
}

}  // namespace

std::string breakdown_section(const Result& result) {
  if (result.breakdown.size() < 2) return "";  // one stage is the failover itself
  const double end = result.breakdown.back().to_s;
  HtmlTable table(
      "plain",
      {{"Stage"}, {"Took", true}, {"Accuracy", true}, {"From the fault on"}, {"Ends with"}});
  for (const Result::BreakdownStage& stage : result.breakdown) {
    table.row({escape(stage.name),
               "<b>" + show_seconds(stage.to_s - stage.from_s) + "</b>",
               width_of(stage),
               bar(stage, end),
               escape(stage.evidence)});
  }
  return section("breakdown", "Where the failover time went", table.text());
}

}  // namespace muster
