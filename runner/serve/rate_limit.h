#pragma once

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace muster {

/// How often each may ask: a bucket for each key, which holds a minute's worth and fills steadily.
/// Of so many keys as `most_keys` the bucket is kept; that of the one unseen for longest is
/// forgotten first, and is full when it comes back.
class RateLimiter {
 public:
  explicit RateLimiter(int per_minute, std::size_t most_keys = 4096);

  /// Nothing: taken. Else nothing was taken, and there will be enough after so long.
  std::optional<Duration> take(const std::string& key, double cost, Time now);

  std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::string key;
    double level;
    Time filled;
  };

  Bucket& bucket(const std::string& key, Time now);

  double full_;
  double per_second_;
  std::size_t most_keys_;
  std::list<Bucket> buckets_;  ///< the one asked last in front
  std::unordered_map<std::string, std::list<Bucket>::iterator> places_;
};

/// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, in which one host
/// can take as many as it likes.
std::string address_key(const std::string& address);

}  // namespace muster
