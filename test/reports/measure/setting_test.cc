#include "reports/measure/setting.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

void stall(RecordBuilder& run, const std::string& probe, Duration from, Duration length) {
  Sample sample;
  sample.due = sample.sent = at(from);
  sample.done = at(from + length);
  sample.kind = SampleKind::Stall;
  run.sample(probe, "client-us", sample);
}

std::vector<Result::Event> stalls_of(const Result& result) {
  std::vector<Result::Event> stalls;
  for (const Result::Event& event : result.events)
    if (event.kind == "stall") stalls.push_back(event);
  return stalls;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(setting)

BOOST_AUTO_TEST_CASE(a_prober_that_stood_still_is_an_event_once_however_many_of_its_probes_saw_it) {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 20s, 100).good("writers", "client-us", 0s, 20s, 100);
  stall(run, "readers", 12s, 180ms);
  stall(run, "writers", 12005ms, 170ms);
  stall(run, "readers", 15s, 6ms);  // not worth telling
  const auto stalls = stalls_of(run.fault(10s).undo(15s).judged());
  BOOST_TEST_REQUIRE(stalls.size() == 1U);
  BOOST_TEST(stalls[0].t_s == 2.0);
  BOOST_TEST(stalls[0].source == "client-us");
  BOOST_TEST(stalls[0].text == "the prober's machine let it stand still for 180 ms");
}

BOOST_AUTO_TEST_SUITE_END()
