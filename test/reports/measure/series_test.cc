#include "reports/measure/series.h"

#include <numeric>

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

BOOST_AUTO_TEST_SUITE(series)

BOOST_AUTO_TEST_CASE(latency_bins_are_quarter_octaves_from_one_millisecond) {
  BOOST_TEST(latency_bin(500us) == 0);
  BOOST_TEST(latency_bin(1ms) == 0);
  BOOST_TEST(latency_bin(1180us) == 0);
  BOOST_TEST(latency_bin(1200us) == 1);
  BOOST_TEST(latency_bin(2ms) == 4);
  BOOST_TEST(latency_bin(4ms) == 8);
  BOOST_TEST(latency_bin(1024ms) == 40);
  BOOST_TEST(latency_bin(1h) == 52);
}

BOOST_AUTO_TEST_CASE(bins_have_an_edge_at_the_fault_and_lose_no_request) {
  const Result result = records()
                            .served_by("us-east")
                            .good("readers", "client-us", 300ms, 10300ms, 100)
                            .bad("readers", "client-us", 10300ms, 12300ms, 100, Outcome::Reset)
                            .bad("readers", "client-us", 12300ms, 13300ms, 100, Outcome::Unknown)
                            .good("readers", "client-us", 13300ms, 20300ms, 100)
                            .fault(10300ms)
                            .undo(19s)
                            .judged();
  BOOST_REQUIRE(result.series.segments.size() == 1u);
  const auto& segment = result.series.segments[0];
  BOOST_TEST(segment.bin_s == 1.0);
  BOOST_TEST(segment.from_s == std::floor(segment.from_s));
  BOOST_REQUIRE(result.series.rows.size() == 1u);
  const auto& row = result.series.rows[0];
  const auto zero = static_cast<std::size_t>(-segment.from_s);
  BOOST_TEST(row.fail[zero].at("reset") == 100);
  BOOST_TEST(row.unknown[zero + 2] == 100);
  BOOST_TEST(row.fail[zero + 2].empty());
  BOOST_TEST(row.served_by[zero - 1].at("us-east") == 100);
  BOOST_TEST(std::accumulate(row.due.begin(), row.due.end(), 0.0) == 2000.0);
  for (std::size_t i = 0; i < row.due.size(); ++i) {
    double seen = row.unknown[i];
    for (const auto& [reason, count] : row.fail[i]) seen += count;
    for (const auto& [bin, count] : row.ok[i]) seen += count;
    BOOST_TEST(seen == row.due[i]);
  }
}

BOOST_AUTO_TEST_CASE(a_run_of_hours_has_at_most_3600_bins) {
  const Result result = records().good("readers", "client-us", 0s, 3h, 0.5).judged();
  const auto& segment = result.series.segments[0];
  BOOST_TEST(segment.bin_s >= 3.0);
  BOOST_TEST(result.series.rows[0].due.size() <= 3601u);
}

BOOST_AUTO_TEST_CASE(a_run_without_samples_has_no_rows_but_a_segment) {
  const Result result = records().judged();
  BOOST_TEST(result.series.rows.empty());
  BOOST_TEST(result.series.segments.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
