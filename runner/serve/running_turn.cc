#include "runner/serve/running_turn.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace muster {

namespace {

std::string text_if(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

double seconds_if(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

/// The `text` of each object in a list.
std::vector<std::string> texts_if(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* value = find(object, key);
  if (value == nullptr || !value->is_array()) return texts;
  for (const json::value& each : value->get_array())
    if (each.is_object()) texts.push_back(text_if(each.get_object(), "text"));
  return texts;
}

}  // namespace

RunningTurn::RunningTurn(TurnOrder order, std::string drill, UtcTime began)
    : order_(std::move(order)), drill_(std::move(drill)), began_(began) {}

Task<TurnOutcome> RunningTurn::run(Host& here, std::string settings_file) {
  std::vector<std::string> words{(program_directory() / "muster").string(),
                                 "turn",
                                 "--settings",
                                 std::move(settings_file),
                                 "--order",
                                 to_text(order_)};
  channel_ = co_await here.open(std::move(words));
  if (!stop_reason_.empty()) {
    std::string reason = stop_reason_;
    co_await stop(std::move(reason));
  }
  std::string pending;
  for (;;) {
    const std::string bytes = co_await channel_->read();
    if (bytes.empty()) break;
    pending += bytes;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = pending.find('\n', begin)) != std::string::npos;
         begin = end + 1)
      take_line(pending.substr(begin, end - begin));
    pending.erase(0, begin);
    if (pending.size() > kLongestLine) pending.clear();
  }
  outcome_.exit_code = co_await channel_->wait();
  outcome_.errors = printable(trim(channel_->errors()), 1000);
  ended_ = true;
  channel_.reset();
  co_return outcome_;
}

Task<> RunningTurn::stop(std::string reason) {
  stop_reason_ = reason;
  if (channel_ == nullptr || ended_) co_return;
  try {
    std::string line = "stop " + printable(reason) + "\n";
    co_await channel_->write(std::move(line));
  } catch (const Error&) {
    // It has ended meanwhile, which is what was asked for.
  }
}

/// What the process says is JSON of ours, but holds words of the system under test, and may be cut.
void RunningTurn::take_line(const std::string& line) {
  try {
    const json::value value = parse_json(line, "a line of a turn");
    if (!value.is_object()) return;
    const json::object& object = value.get_object();
    const std::string kind = text_if(object, "kind");
    if (find(object, "verdict") != nullptr) return take_result(object);
    if (kind == "begin") {  // of a trial; how the one before it ended says nothing of this one
      run_id_ = text_if(object, "run");
      outcome_.status.clear();
      outcome_.headline.clear();
    }
    if (kind == "progress") {
      step_ = text_if(object, "text");
      in_force_ = texts_if(object, "in_force");
      progress_ = line;
      return;
    }
    keep({line,
          from_seconds(seconds_if(object, "at_s")),
          kind,
          text_if(object, "source"),
          text_if(object, "text")});
  } catch (const Error&) {
    // A line that is none costs only itself.
  }
}

void RunningTurn::take_result(const json::object& result) {
  const json::value* verdict = find(result, "verdict");
  if (!verdict->is_object()) return;
  outcome_.status = text_if(verdict->get_object(), "status");
  outcome_.headline = text_if(verdict->get_object(), "headline");
  json::object end;
  end["kind"] = "result";
  end["status"] = outcome_.status;
  end["headline"] = outcome_.headline;
  keep({compact_json(end), {}, "result", "muster", outcome_.headline});
}

void RunningTurn::keep(TurnLine line) {
  lines_.push_back(std::move(line));
  if (lines_.size() <= kLinesKept) return;
  lines_.pop_front();
  ++first_;
}

std::vector<TurnLine> RunningTurn::lines_from(std::uint64_t from) const {
  const std::uint64_t begin = std::clamp(from, first_, first_ + lines_.size());
  return {lines_.begin() + static_cast<std::ptrdiff_t>(begin - first_), lines_.end()};
}

}  // namespace muster
