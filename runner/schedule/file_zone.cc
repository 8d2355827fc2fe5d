#include "runner/schedule/file_zone.h"

#include <algorithm>

namespace muster {

namespace {

/// No offset from UTC is larger, so that only changes so near matter to a time.
constexpr std::chrono::hours kFurthest(26);

}  // namespace

FileZone::FileZone(std::vector<ZoneChange> changes) : changes_(std::move(changes)) {
  std::stable_sort(changes_.begin(), changes_.end(), [](const ZoneChange& a, const ZoneChange& b) {
    return a.at < b.at;
  });
  for (std::size_t i = 1; i < changes_.size(); ++i) changes_[i].before = changes_[i - 1].after;
}

UtcTime FileZone::begin_of(std::size_t part) const {
  return part == 0 ? UtcTime::min() : changes_[part - 1].at;
}

UtcTime FileZone::end_of(std::size_t part) const {
  return part == changes_.size() ? UtcTime::max() : changes_[part].at;
}

std::chrono::seconds FileZone::offset_of(std::size_t part) const {
  return part == 0 ? changes_.front().before : changes_[part - 1].after;
}

Instants FileZone::instants(LocalTime time) const {
  const UtcTime as_utc(time.time_since_epoch());
  const auto near =
      std::partition_point(changes_.begin(), changes_.end(), [&](const ZoneChange& each) {
        return each.at < as_utc - kFurthest;
      });
  Instants found;
  for (auto part = static_cast<std::size_t>(near - changes_.begin()); part <= changes_.size();
       ++part) {
    const UtcTime at = as_utc - offset_of(part);
    if (at >= end_of(part)) continue;
    if (found.second || (found.first && at < begin_of(part))) break;
    found.jump = begin_of(part);
    if (at < begin_of(part)) break;  // the part before ended too early for it
    (found.first ? found.second : found.first) = at;
  }
  return found;
}

LocalTime FileZone::local(UtcTime at) const {
  const auto next = std::partition_point(
      changes_.begin(), changes_.end(), [&](const ZoneChange& each) { return each.at <= at; });
  return LocalTime(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()) +
                   offset_of(static_cast<std::size_t>(next - changes_.begin())));
}

}  // namespace muster
