#include "reports/measure/split_brain.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// Two servers that are asked every second and answer within 10 ms; the fault comes at 10 s.
class PairRun {
 public:
  explicit PairRun(const std::string& kind = "postgres_lag") {
    run_.probe("replication", 1, 5s, kind).fault(10s).undo(30s);
  }

  /// What `host` says of itself in [from, to), in seconds.
  PairRun& says(const std::string& host, int from, int to, const std::string& role) {
    for (int second = from; second < to; ++second) {
      Sample sample;
      sample.due = sample.sent = at(second * 1s);
      sample.done = at(second * 1s + 10ms);
      sample.kind = SampleKind::Gauge;
      sample.value = second;
      sample.text = run_.text(role);
      if (role.empty()) sample.outcome = Outcome::Refused;
      run_.sample("replication", host, sample);
    }
    return *this;
  }
  Result judged() { return run_.judged(); }

 private:
  RecordBuilder run_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(split_brain)

BOOST_AUTO_TEST_CASE(two_primaries_at_once_are_counted_with_what_the_looks_leave_open) {
  // db-us is primary until its last answer at 20 s; db-eu from 15 s on.
  const Result result = PairRun()
                            .says("db-us", 0, 21, "primary")
                            .says("db-us", 21, 31, "replica")
                            .says("db-eu", 0, 15, "replica")
                            .says("db-eu", 15, 31, "primary")
                            .judged();
  const Result::Metric both = metric(result, "split_brain_seconds");
  BOOST_TEST(*both.value == 5.0, tt::tolerance(1e-9));  // 15.01 to 20.01
  BOOST_TEST(*both.lo == 4.99, tt::tolerance(1e-9));    // 15.01 to 20
  BOOST_TEST(*both.hi == 7.01, tt::tolerance(1e-9));    // 14 to 21.01
}

BOOST_AUTO_TEST_CASE(a_turn_in_good_order_is_none_but_nobody_looked_in_between) {
  const Result result = PairRun("redis_lag")
                            .says("db-us", 0, 15, "primary")
                            .says("db-us", 15, 31, "")
                            .says("db-eu", 0, 15, "replica")
                            .says("db-eu", 15, 31, "primary")
                            .judged();
  const Result::Metric both = metric(result, "split_brain_seconds");
  BOOST_TEST(*both.value == 0.0);
  BOOST_TEST(*both.lo == 0.0);
  BOOST_TEST(*both.hi == 1.01, tt::tolerance(1e-9));  // 14 to 15.01
}

BOOST_AUTO_TEST_CASE(where_only_one_server_was_heard_there_is_nothing_to_say) {
  const Result result = PairRun().says("db-us", 0, 31, "primary").says("db-eu", 0, 31, "").judged();
  for (const Result::Metric& each : result.metrics) BOOST_TEST(each.id != "split_brain_seconds");
}

BOOST_AUTO_TEST_SUITE_END()
