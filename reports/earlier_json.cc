#include "reports/earlier_json.h"

#include <limits>

#include "reports/json_parts.h"

namespace muster {

namespace {

using json_parts::array_at;
using json_parts::each;
using json_parts::each_if_any;
using json_parts::nullable_at;
using json_parts::number;
using json_parts::object_at;
using json_parts::optional_number;
using json_parts::optional_text;
using json_parts::texts;
using json_parts::texts_of;
using json_parts::utc_at;

std::vector<std::optional<double>> numbers_of(const json::object& from, std::string_view key) {
  std::vector<std::optional<double>> out;
  for (const json::value& item : array_at(from, key)) {
    if (item.is_null()) {
      out.emplace_back();
      continue;
    }
    if (!item.is_number()) fail("an item of '{}' is not a number", key);
    out.emplace_back(item.to_number<double>());
  }
  return out;
}

json::object run_json(const Result::EarlierRun& run) {
  json::array failed;
  for (const double share : run.profile.failed) failed.emplace_back(number(share));
  return {{"id", run.id},
          {"number", run.number},
          {"started_at", format_utc(run.started_at)},
          {"status", run.status},
          {"from_s", run.profile.from_s},
          {"bin_s", run.profile.bin_s},
          {"failed", std::move(failed)}};
}

json::object setting_json(const Result::SettingChange& change) {
  return {{"key", change.key}, {"before", change.before}, {"now", change.now}};
}

json::object moved_json(const Result::SeriesStep::Moved& moved) {
  return {{"metric", moved.metric},
          {"probe", moved.probe},
          {"unit", moved.unit},
          {"before", number(moved.before)},
          {"after", number(moved.after)}};
}

Result::EarlierRun read_run(const json::object& from) {
  Result::EarlierRun run{text_at(from, "id"),
                         integer_at(from, "number"),
                         utc_at(from, "started_at"),
                         text_at(from, "status"),
                         {}};
  run.profile.from_s = number_at(from, "from_s");
  run.profile.bin_s = number_at(from, "bin_s");
  for (const auto& share : numbers_of(from, "failed"))
    run.profile.failed.push_back(share.value_or(std::numeric_limits<double>::quiet_NaN()));
  return run;
}

Result::SettingChange read_setting(const json::object& from) {
  return {text_at(from, "key"), text_at(from, "before"), text_at(from, "now")};
}

Result::SeriesStep::Moved read_moved(const json::object& from) {
  return {text_at(from, "metric"),
          optional_text(from, "probe"),
          text_at(from, "unit"),
          nullable_at(from, "before"),
          nullable_at(from, "after")};
}

}  // namespace

json::value history_json(const std::optional<Result::MetricHistory>& history) {
  if (!history) return nullptr;
  json::array values;
  for (const auto& value : history->values) values.emplace_back(number(value));
  return json::object{{"runs", texts(history->runs)},
                      {"values", std::move(values)},
                      {"median", number(history->median)}};
}

json::value change_json(const std::optional<Result::MetricChange>& change) {
  if (!change) return nullptr;
  return json::object{{"test", change->test},
                      {"n_new", change->n_new},
                      {"n_old", change->n_old},
                      {"ratio", number(change->ratio)},
                      {"lo", number(change->lo)},
                      {"hi", number(change->hi)},
                      {"p", number(change->p)},
                      {"alpha", change->alpha},
                      {"min_effect", change->min_effect},
                      {"usual_up_to", number(change->usual_up_to)},
                      {"result", change->result},
                      {"text", change->text}};
}

json::array earlier_json(const std::vector<Result::EarlierRun>& runs) {
  return each(runs, run_json);
}

json::value changed_json(const std::optional<std::vector<Result::SettingChange>>& changed) {
  if (!changed) return nullptr;
  return each(*changed, setting_json);
}

json::value step_json(const std::optional<Result::SeriesStep>& step) {
  if (!step) return nullptr;
  return json::object{{"run", step->run},
                      {"number", step->number},
                      {"moved", each(step->moved, moved_json)},
                      {"changed", changed_json(step->changed)}};
}

std::optional<Result::MetricHistory> history_from(const json::object& metric) {
  if (find(metric, "history") == nullptr) return std::nullopt;
  const json::object& from = object_at(metric, "history");
  return Result::MetricHistory{
      texts_of(from, "runs"), numbers_of(from, "values"), nullable_at(from, "median")};
}

std::optional<Result::MetricChange> change_from(const json::object& metric) {
  if (find(metric, "change") == nullptr) return std::nullopt;
  const json::object& from = object_at(metric, "change");
  Result::MetricChange change;
  change.test = text_at(from, "test");
  change.n_new = static_cast<std::size_t>(integer_at(from, "n_new"));
  change.n_old = static_cast<std::size_t>(integer_at(from, "n_old"));
  change.ratio = nullable_at(from, "ratio");
  change.lo = nullable_at(from, "lo");
  change.hi = nullable_at(from, "hi");
  change.p = nullable_at(from, "p");
  change.alpha = number_at(from, "alpha");
  change.min_effect = number_at(from, "min_effect");
  change.usual_up_to = optional_number(from, "usual_up_to");
  change.result = text_at(from, "result");
  change.text = optional_text(from, "text");
  return change;
}

std::vector<Result::EarlierRun> earlier_from(const json::object& result) {
  return each_if_any(result, "earlier", read_run);
}

std::optional<std::vector<Result::SettingChange>> changed_from(const json::object& result) {
  if (find(result, "changed") == nullptr) return std::nullopt;
  return each(result, "changed", read_setting);
}

std::optional<Result::SeriesStep> step_from(const json::object& result) {
  if (find(result, "series_step") == nullptr) return std::nullopt;
  const json::object& from = object_at(result, "series_step");
  return Result::SeriesStep{text_at(from, "run"),
                            integer_at(from, "number"),
                            each(from, "moved", read_moved),
                            changed_from(from)};
}

}  // namespace muster
