#include "runner/view/failure_strip.h"

#include <boost/test/unit_test.hpp>

#include "base/columns.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr Time kFrom{1000s};

std::string drawn(const std::vector<LiveBin>& bins, const StripScale& scale) {
  std::string out;
  for (const auto& share : strip_shares({kFrom, 200ms, bins}, scale)) out += share_sign(share);
  return out;
}

/// Five bins for each letter: '.' none failed, 'x' all, 'h' half, ' ' none was answered.
std::vector<LiveBin> seconds(std::string_view letters) {
  std::vector<LiveBin> bins;
  for (const char letter : letters) {
    const std::uint32_t answered = letter == ' ' ? 0 : 10;
    const std::uint32_t failed = letter == 'x' ? 10 : letter == 'h' ? 5 : 0;
    bins.insert(bins.end(), 5, LiveBin{answered, failed});
  }
  return bins;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failure_strip)

BOOST_AUTO_TEST_CASE(a_column_is_the_share_that_failed_in_it) {
  const auto scale = strip_scale(13, kFrom + 4s, kFrom + 10s);
  BOOST_TEST((scale.per_column == 1s));
  BOOST_TEST(drawn(seconds("....xxh. ."), scale) == "···· ██▄· ·  ");
}

BOOST_AUTO_TEST_CASE(before_the_injection_the_newest_second_is_the_last_column_before_it) {
  const auto scale = strip_scale(12, std::nullopt, kFrom + 6s);
  BOOST_TEST(drawn(seconds("xx...x"), scale) == "···█        ");
}

BOOST_AUTO_TEST_CASE(columns_get_longer_so_that_all_since_the_injection_fits) {
  const Time injected = kFrom + 10s;
  for (const Duration since : {5s, 100s, 3600s, 86400s}) {
    const auto scale = strip_scale(45, injected, injected + since);
    const auto after = static_cast<std::int64_t>(scale.width - scale.before - 1);
    BOOST_TEST((scale.per_column * after >= since));
  }
}

BOOST_AUTO_TEST_CASE(one_failure_among_thousands_is_seen) {
  BOOST_TEST(share_sign(0.0) == "·");
  BOOST_TEST(share_sign(0.0001) == "▁");
  BOOST_TEST(share_sign(0.999) == "█");
  BOOST_TEST(share_sign(1.0) == "█");
  BOOST_TEST(share_sign(std::nullopt) == " ");
}

BOOST_AUTO_TEST_CASE(the_axis_is_as_wide_as_the_strips_and_names_both_ends) {
  const auto scale = strip_scale(30, kFrom, kFrom + 12s);
  const std::string axis = strip_axis(scale);
  BOOST_TEST(columns_of(axis) == 30u);
  BOOST_TEST(axis.starts_with("−10 s"));
  BOOST_TEST(axis.find("+12 s") != std::string::npos);
  BOOST_TEST(columns_of(strip_axis(strip_scale(30, std::nullopt, kFrom))) == 30u);
}

BOOST_AUTO_TEST_SUITE_END()
