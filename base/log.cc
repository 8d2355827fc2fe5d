#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace muster {

void log_to_stderr(bool verbose) {
  auto logger =
      std::make_shared<spdlog::logger>("muster", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("muster: %v");
  logger->set_level(verbose ? spdlog::level::debug : spdlog::level::warn);
  spdlog::set_default_logger(logger);
}

void log_debug(std::string_view message) {
  spdlog::debug("{}", message);
}
void log_warning(std::string_view message) {
  spdlog::warn("{}", message);
}

}  // namespace muster
