#include "runner/serve/rate_limit.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

namespace muster {

RateLimiter::RateLimiter(int per_minute, std::size_t most_keys)
    : full_(std::max(per_minute, 1)), per_second_(full_ / 60), most_keys_(most_keys) {}

std::optional<Duration> RateLimiter::take(const std::string& key, double cost, Time now) {
  Bucket& from = bucket(key, now);
  const double wanted = std::min(cost, full_);
  if (from.level >= wanted) {
    from.level -= wanted;
    return std::nullopt;
  }
  return from_seconds((wanted - from.level) / per_second_);
}

RateLimiter::Bucket& RateLimiter::bucket(const std::string& key, Time now) {
  if (const auto known = places_.find(key); known != places_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, known->second);
    Bucket& found = buckets_.front();
    found.level = std::min(full_, found.level + to_seconds(now - found.filled) * per_second_);
    found.filled = now;
    return found;
  }
  if (buckets_.size() >= most_keys_) {
    places_.erase(buckets_.back().key);
    buckets_.pop_back();
  }
  buckets_.push_front(Bucket{key, full_, now});
  places_[key] = buckets_.begin();
  return buckets_.front();
}

std::string address_key(const std::string& address) {
  boost::system::error_code problem;
  const auto parsed = boost::asio::ip::make_address(address, problem);
  if (problem || !parsed.is_v6()) return address;
  auto bytes = parsed.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace muster
