// grafana: the run and its phases as regions, for POST /api/annotations.
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/formats/kinds.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"

namespace muster {

namespace {

std::int64_t milliseconds(UtcTime at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::int64_t milliseconds(const Result& result, double t_s) {
  const UtcTime zero = result.run.injected_at.value_or(result.run.started_at);
  return milliseconds(zero) + std::llround(t_s * 1e3);
}

/// `tag` is a word of its own to search for, beside muster, the drill and the run. Grafana shows
/// `text` as HTML.
json::object region(const Result& result,
                    std::int64_t from,
                    std::int64_t to,
                    std::string_view tag,
                    const std::string& text) {
  json::array tags;
  for (const std::string_view one : {std::string_view("muster"),
                                     std::string_view(result.run.drill),
                                     tag,
                                     std::string_view(result.run.id)}) {
    tags.push_back(json::string(printable(one, 100)));
  }
  json::object out;
  out["time"] = from;
  out["timeEnd"] = std::max(from, to);
  out["tags"] = std::move(tags);
  out["text"] = escape(text);
  return out;
}

std::string render_grafana(const Result& result) {
  const Result::Run& run = result.run;
  const StatusWord& word = status_word(result.verdict.status);
  json::array regions;
  regions.push_back(
      region(result,
             milliseconds(run.started_at),
             milliseconds(run.ended_at),
             "run",
             fmt::format(
                 "{}, run {}: {}. {}", run.drill, run.number, word.word, result.verdict.headline)));
  for (const Result::Phase& phase : result.phases) {
    const std::int64_t end =
        phase.to_s ? milliseconds(result, *phase.to_s) : milliseconds(run.ended_at);
    regions.push_back(
        region(result,
               milliseconds(result, phase.from_s),
               end,
               phase.id,
               fmt::format("{} (run {})", phase.name.empty() ? phase.id : phase.name, run.number)));
  }
  return pretty_json(regions);
}

}  // namespace

ReportFormat grafana_format() {
  return {"grafana",
          "the run and its phases as annotations, for POST /api/annotations",
          "annotations.json",
          &render_grafana};
}

}  // namespace muster
