#pragma once

#include <cstdint>
#include <string_view>

namespace muster {

/// What a cache said of an answer; the value of a cdn probe's request (Sample::value).
enum class CacheStatus : std::uint8_t {
  NotTold,
  Hit,
  Miss,
  Stale,     ///< too old, served because the origin did not answer
  Expired,   ///< too old, fetched again
  Updating,  ///< too old, served while it is fetched again
  Bypass,
  Revalidated
};

/// Understands nginx ("STALE"), CDNs ("Hit from cloudfront", "MISS, HIT": the last is the edge's
/// own) and Varnish's X-Varnish (a pair of numbers: a hit).
CacheStatus cache_status_from(std::string_view header);

/// Whether the origin was spared.
constexpr bool from_cache(CacheStatus status) {
  return status == CacheStatus::Hit || status == CacheStatus::Stale ||
         status == CacheStatus::Updating || status == CacheStatus::Revalidated;
}
constexpr bool is_stale(CacheStatus status) {
  return status == CacheStatus::Stale || status == CacheStatus::Updating;
}

}  // namespace muster
