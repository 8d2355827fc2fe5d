#pragma once

#include <string>
#include <string_view>

#include "reports/result.h"

namespace muster {

/// What a badge says of a drill. Texts are as they came and not cleaned.
struct BadgeWords {
  std::string label;    ///< "drain-us-east"
  std::string message;  ///< "failed, failover 38.2 s"; "expired, was passed" of a run too old
  std::string title;    ///< both, with the run and its date
  std::string_view colour;
  bool is_error = false;
};
BadgeWords badge_words(const Result& result, bool expired);

}  // namespace muster
