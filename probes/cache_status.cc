#include "probes/cache_status.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/text.h"

namespace muster {

namespace {

struct Word {
  std::string_view word;
  CacheStatus status;
};
constexpr Word kWords[] = {{"hit", CacheStatus::Hit},
                           {"miss", CacheStatus::Miss},
                           {"stale", CacheStatus::Stale},
                           {"expired", CacheStatus::Expired},
                           {"updating", CacheStatus::Updating},
                           {"bypass", CacheStatus::Bypass},
                           {"dynamic", CacheStatus::Bypass},
                           {"pass", CacheStatus::Bypass},
                           {"revalidated", CacheStatus::Revalidated},
                           {"refreshhit", CacheStatus::Revalidated}};

/// The request's own number, and that of the request which filled the cache.
CacheStatus status_of_numbers(std::string_view text) {
  return text.find(' ') == std::string_view::npos ? CacheStatus::Miss : CacheStatus::Hit;
}

}  // namespace

CacheStatus cache_status_from(std::string_view header) {
  const std::size_t comma = header.rfind(',');
  const std::string_view last =
      trim(comma == std::string_view::npos ? header : header.substr(comma + 1));
  std::string text(last);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (!text.empty() && text.find_first_not_of("0123456789 ") == std::string::npos)
    return status_of_numbers(text);
  const auto known =
      std::ranges::find_if(kWords, [&](const Word& each) { return text.starts_with(each.word); });
  return known == std::end(kWords) ? CacheStatus::NotTold : known->status;
}

}  // namespace muster
