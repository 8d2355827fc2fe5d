// badge-json: what shields.io's endpoint badge reads.
#include "base/text.h"
#include "reports/formats/badge_words.h"
#include "reports/formats/kinds.h"

namespace muster {

namespace {

constexpr std::size_t kLongest = 60;
constexpr int kCacheSeconds = 300;  // the least that shields.io takes

std::string badge(const Result& result, bool expired) {
  const BadgeWords words = badge_words(result, expired);
  json::object out;
  out["schemaVersion"] = 1;
  out["label"] = printable(words.label, kLongest);
  out["message"] = printable(words.message, kLongest);
  out["color"] = words.colour.substr(1);
  out["isError"] = words.is_error;
  out["cacheSeconds"] = kCacheSeconds;
  return pretty_json(out);
}

std::string render_badge(const Result& result) {
  return badge(result, false);
}

std::string render_expired_badge(const Result& result) {
  return badge(result, true);
}

}  // namespace

ReportFormat badge_json_format() {
  return {"badge-json",
          "the same for shields.io's endpoint badge",
          "badge.json",
          &render_badge,
          &render_expired_badge};
}

}  // namespace muster
