#include "reports/formats/badge_words.h"

#include <fmt/format.h>

#include "reports/page/page.h"
#include "reports/page/svg.h"
#include "reports/values.h"

namespace muster {

namespace {

std::string in_small_letters(std::string_view words) {
  std::string out(words);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z')
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

/// How long the failover took, where the run could tell.
std::string failover(const Result& result) {
  if (result.verdict.status != "pass" && result.verdict.status != "fail") return "";
  const Result::Metric* metric = overall_metric(result, "time_to_failover");
  if (metric == nullptr || !metric->value) return "";
  return ", failover " + show_metric(*metric);
}

std::string_view colour_of(std::string_view css) {
  if (css == "pass") return paint::kOk.colour;
  if (css == "fail" || css == "broken") return paint::kFail.colour;
  return paint::kMuted.colour;
}

}  // namespace

BadgeWords badge_words(const Result& result, bool expired) {
  const StatusWord& word = status_word(result.verdict.status);
  BadgeWords out;
  out.label = result.run.drill;
  out.message = in_small_letters(word.word) + failover(result);
  out.colour = colour_of(word.css);
  out.is_error = result.verdict.status != "pass";
  // What is broken stays broken, however long ago that was.
  if (expired && result.verdict.status != "broken") {
    out.message = "expired, was " + in_small_letters(word.word);
    out.colour = paint::kMuted.colour;
    out.is_error = true;
  }
  out.title = fmt::format("{}: {} (run {}, {})",
                          out.label,
                          out.message,
                          result.run.number,
                          show_minute(result.run.ended_at));
  return out;
}

}  // namespace muster
