#pragma once

#include <string>

#include "runner/settings/settings.h"

namespace muster {

/// What --settings names; else ./muster.yaml, else /etc/muster/muster.yaml. Throws UsageError where
/// there is none, or what is in it is wrong.
Settings settings_as_asked(const std::string& option);

}  // namespace muster
