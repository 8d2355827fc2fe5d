#include "base/log.h"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

namespace muster {

struct Log::Sink {
  bool as_json;
  spdlog::logger logger{"muster", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>()};

  void say(spdlog::level::level_enum level, std::string_view event, const Fields& fields) {
    if (!as_json) {
      std::string line(event);
      for (const auto& [name, value] : fields)
        line += fmt::format("  {}={}", name, printable(value));
      logger.log(level, "{}", without_secrets(std::move(line)));
      return;
    }
    json::object object;
    object["event"] = json::string(event.data(), event.size());
    for (const auto& [name, value] : fields)
      object[json::string_view(name.data(), name.size())] = value;
    const std::string text = without_secrets(compact_json(object));
    logger.log(level, "{}", std::string_view(text).substr(1));
  }
};

Log::Log(bool as_json) : sink_(std::make_unique<Sink>(as_json)) {
  // Both in UTC, as everything that muster writes.
  sink_->logger.set_pattern(
      as_json ? R"({"at":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v)" : "%Y-%m-%dT%H:%M:%SZ %^%l%$ %v",
      spdlog::pattern_time_type::utc);
  sink_->logger.flush_on(spdlog::level::info);
}

Log::~Log() = default;

void Log::info(std::string_view event, const Fields& fields) {
  sink_->say(spdlog::level::info, event, fields);
}

void Log::warning(std::string_view event, const Fields& fields) {
  sink_->say(spdlog::level::warn, event, fields);
}

void Log::error(std::string_view event, const Fields& fields) {
  sink_->say(spdlog::level::err, event, fields);
}

}  // namespace muster
