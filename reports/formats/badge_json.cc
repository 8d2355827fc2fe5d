// badge-json: what shields.io's endpoint badge reads.
#include "base/text.h"
#include "reports/formats/badge_words.h"
#include "reports/formats/kinds.h"

namespace muster {

namespace {

constexpr std::size_t kLongestBadgeText = 60;
constexpr int kCacheSeconds = 300;  // the least that shields.io takes

std::string badge_object(const Result& result, bool expired) {
  const BadgeWords words = badge_words(result, expired);
  json::object out;
  out["schemaVersion"] = 1;
  out["label"] = printable(words.label, kLongestBadgeText);
  out["message"] = printable(words.message, kLongestBadgeText);
  out["color"] = words.colour.substr(1);
  out["isError"] = words.is_error;
  out["cacheSeconds"] = kCacheSeconds;
  return pretty_json(out);
}

std::string render_badge_json(const Result& result) {
  return badge_object(result, false);
}

std::string render_expired_badge_json(const Result& result) {
  return badge_object(result, true);
}

}  // namespace

ReportFormat badge_json_format() {
  return {"badge-json",
          "the same for shields.io's endpoint badge",
          "badge.json",
          &render_badge_json,
          &render_expired_badge_json};
}

}  // namespace muster
