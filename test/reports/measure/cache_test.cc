#include "reports/measure/cache.h"

#include <boost/test/unit_test.hpp>

#include "probes/cache_status.h"
#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// A run of one cdn probe; the fault comes at 10 s.
class EdgeRun {
 public:
  EdgeRun() { run_.probe("readers", 1, 5s, "cdn").fault(10s).undo(20s); }

  EdgeRun& answer(Duration when,
                  CacheStatus status,
                  const std::string& vantage = "us",
                  std::uint16_t http_status = 200) {
    Sample sample = look(when, SampleKind::Request, static_cast<double>(status));
    sample.status = http_status;
    if (http_status != 200)
      sample.outcome = http_status == 0 ? Outcome::Timeout : Outcome::HttpError;
    run_.sample("readers", vantage, sample);
    return *this;
  }
  EdgeRun& age(Duration when, double seconds) {
    run_.sample("readers", "us", look(when, SampleKind::Gauge, seconds));
    return *this;
  }
  Result judged() { return run_.judged(); }

 private:
  static Sample look(Duration when, SampleKind kind, double value) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = at(when + 2ms);
    sample.kind = kind;
    sample.value = value;
    return sample;
  }

  RecordBuilder run_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(cache)

BOOST_AUTO_TEST_CASE(hits_spare_the_origin_and_count_among_all_answers_from_the_fault_on) {
  const Result result = EdgeRun()
                            .answer(5s, CacheStatus::Miss)  // before the fault
                            .answer(11s, CacheStatus::Hit)
                            .answer(12s, CacheStatus::Stale)
                            .answer(13s, CacheStatus::Updating)
                            .answer(14s, CacheStatus::Revalidated)
                            .answer(15s, CacheStatus::Miss)
                            .answer(16s, CacheStatus::Expired)
                            .answer(17s, CacheStatus::Bypass)
                            .answer(18s, CacheStatus::Miss, "us", 502)
                            .answer(19s, CacheStatus::NotTold, "us", 0)  // no answer
                            .judged();
  BOOST_TEST(*metric(result, "hit_ratio").value == 0.5, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "stale_ratio").value == 0.25, tt::tolerance(1e-9));
  BOOST_TEST(metric(result, "hit_ratio").better == "higher");
}

BOOST_AUTO_TEST_CASE(overall_is_the_edge_with_the_fewest_hits) {
  const Result result =
      EdgeRun().answer(11s, CacheStatus::Hit).answer(11s, CacheStatus::Miss, "eu").judged();
  BOOST_TEST(*metric(result, "hit_ratio").value == 0.0);
  BOOST_TEST(*metric(result, "hit_ratio", "us").value == 1.0);
}

BOOST_AUTO_TEST_CASE(what_no_answer_said_is_not_made_up) {
  const Result result = EdgeRun().answer(11s, CacheStatus::NotTold).judged();
  BOOST_TEST(!metric(result, "hit_ratio").value.has_value());
  BOOST_TEST(metric(result, "hit_ratio").reason ==
             "no answer said what the cache did; see 'cache_header'");
  BOOST_TEST(!metric(result, "cache_age_max").value.has_value());
}

BOOST_AUTO_TEST_CASE(the_oldest_answer_is_as_old_as_the_cache_said) {
  const Result result =
      EdgeRun().answer(11s, CacheStatus::Hit).age(5s, 99).age(11s, 3).age(12s, 7).judged();
  BOOST_TEST(*metric(result, "cache_age_max").value == 7.0);
}

BOOST_AUTO_TEST_SUITE_END()
