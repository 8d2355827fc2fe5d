#include "runner/commands/settings_option.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace muster {

Settings settings_as_asked(const std::string& option) {
  if (!option.empty()) return load_settings(option);
  for (const char* file : {"muster.yaml", "/etc/muster/muster.yaml"}) {
    std::error_code unknown;
    if (std::filesystem::exists(file, unknown)) return load_settings(file);
  }
  throw UsageError(
      "there is no muster.yaml here and none in /etc/muster; name one with --settings FILE, or "
      "begin with the sample in packaging/muster.yaml");
}

}  // namespace muster
