#include "base/random.h"

#include <cmath>
#include <string_view>

#include <sys/random.h>

#include "base/error.h"

namespace muster {

namespace {
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
}

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::uint64_t Random::below(std::uint64_t limit) {
  return next() % limit;
}

double Random::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Random::exponential(double mean) {
  return -mean * std::log1p(-unit());
}

std::uint64_t entropy() {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof value, 0) != sizeof value) fail_errno("getrandom");
  return value;
}

std::string make_run_id(UtcTime now, Random& random) {
  std::string id(26, '0');
  auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count() / 1000);
  for (int i = 9; i >= 0; --i, milliseconds >>= 5) id[i] = kCrockford[milliseconds & 31];
  for (int i = 10; i < 26; ++i) id[i] = kCrockford[random.below(32)];
  return id;
}

bool is_run_id(std::string_view text) {
  return text.size() == 26 && text.find_first_not_of(kCrockford) == std::string_view::npos;
}

}  // namespace muster
