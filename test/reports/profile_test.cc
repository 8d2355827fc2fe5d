#include "reports/profile.h"

#include <cmath>
#include <numeric>

#include <boost/test/unit_test.hpp>

#include "test/reports/sample_result.h"

using namespace muster;

namespace {

double failed_at(const Result::Profile& profile, double t_s) {
  const auto place = static_cast<std::size_t>((t_s - profile.from_s) / profile.bin_s);
  return profile.failed.at(place);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(profile)

BOOST_AUTO_TEST_CASE(it_rises_at_the_injection_and_falls_when_users_are_well) {
  const Result::Profile profile = profile_of(sample::passed());
  BOOST_TEST(profile.from_s < 0);
  BOOST_TEST(failed_at(profile, -1.5) < 0.01);
  BOOST_TEST(failed_at(profile, 1.5) > 0.3);
  BOOST_TEST(failed_at(profile, 12.5) < 0.01);
}

BOOST_AUTO_TEST_CASE(it_shows_a_long_failure_to_its_end_in_at_most_90_bins) {
  const Result::Profile profile = profile_of(sample::never_detected());
  BOOST_TEST(profile.failed.size() <= 90U);
  BOOST_TEST(failed_at(profile, 25) > 0.1);
}

BOOST_AUTO_TEST_CASE(probes_of_the_control_plane_are_no_users) {
  Result result = sample::passed();
  const Result::Profile before = profile_of(result);
  for (auto& row : result.series.rows) {
    if (row.probe != "names") continue;
    for (auto& bin : row.fail) bin["timeout"] = 1000;
  }
  BOOST_TEST(profile_of(result).failed == before.failed, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_aligned_where_nothing_was_injected) {
  BOOST_TEST(profile_of(sample::nothing_injected()).failed.empty());
}

BOOST_AUTO_TEST_CASE(its_line_of_text_gives_it_back) {
  Result::Profile profile = profile_of(sample::failed());
  profile.failed.at(2) = std::nan("");
  const Result::Profile read = profile_from(to_text(profile));
  BOOST_TEST(read.from_s == profile.from_s);
  BOOST_TEST(read.bin_s == profile.bin_s);
  BOOST_REQUIRE(read.failed.size() == profile.failed.size());
  BOOST_TEST(std::isnan(read.failed[2]));
  for (std::size_t i = 0; i < read.failed.size(); ++i)
    if (i != 2) BOOST_TEST(std::abs(read.failed[i] - profile.failed[i]) <= 0.0005);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_something_else_gives_an_empty_one) {
  for (const char* text : {"", "1", "1 0 0.5", "a b c", "1 -1 0.5", "nan 1 0.5"})
    BOOST_TEST(profile_from(text).failed.empty(), text);
}

BOOST_AUTO_TEST_SUITE_END()
