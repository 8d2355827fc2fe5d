#include "reports/measure/gauges.h"

#include <boost/test/unit_test.hpp>

#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;
namespace tt = boost::test_tools;

namespace {

/// A run of one prometheus_query probe. The fault is in force from 10 s to 20 s.
class QueryRun {
 public:
  explicit QueryRun(json::object params = {}) {
    run_.probe("load", 1, 5s, "prometheus_query").fault(10s).undo(20s);
    run_.record().playbook.probes.back().params = Params(std::move(params));
  }

  QueryRun& value(Duration when,
                  double value,
                  const std::string& vantage = "me",
                  Outcome outcome = Outcome::Good) {
    return look(when, vantage, SampleKind::Gauge, value, "", outcome);
  }
  QueryRun& state(Duration when,
                  const std::string& state,
                  Outcome outcome = Outcome::Good,
                  const std::string& vantage = "me") {
    return look(when, vantage, SampleKind::Signal, 0, state, outcome);
  }
  Result judged() { return run_.judged(); }

 private:
  QueryRun& look(Duration when,
                 const std::string& vantage,
                 SampleKind kind,
                 double value,
                 const std::string& text,
                 Outcome outcome) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = at(when + 10ms);
    sample.kind = kind;
    sample.value = value;
    sample.text = run_.text(text);
    sample.outcome = outcome;
    run_.sample("load", vantage, sample);
    return *this;
  }

  RecordBuilder run_;
};

QueryRun alert() {
  return QueryRun({{"alert", "OriginIsBusy"}});
}

bool has_metric(const Result& result, const std::string& id) {
  return std::ranges::any_of(result.metrics,
                             [&](const Result::Metric& metric) { return metric.id == id; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gauges)

BOOST_AUTO_TEST_CASE(the_factor_is_the_most_under_the_fault_over_the_mean_before_it) {
  const Result result = QueryRun()
                            .value(1s, 50)
                            .value(2s, 150)
                            .value(12s, 400)
                            .value(13s, 900, "me", Outcome::WrongBody)  // was no value
                            .value(25s, 700)                            // after the undo
                            .judged();
  BOOST_TEST(*metric(result, "value_factor").value == 4.0, tt::tolerance(1e-9));
  BOOST_TEST(*metric(result, "value_min").value == 400.0);
  BOOST_TEST(*metric(result, "value_max").value == 700.0);
  BOOST_TEST(metric(result, "value_max").unit == "number");
}

BOOST_AUTO_TEST_CASE(overall_is_the_worst_vantage) {
  const Result result = QueryRun().value(12s, 3, "us").value(12s, 8, "eu").judged();
  BOOST_TEST(*metric(result, "value_max").value == 8.0);
  BOOST_TEST(*metric(result, "value_min").value == 3.0);
  BOOST_TEST(*metric(result, "value_max", "us").value == 3.0);
}

BOOST_AUTO_TEST_CASE(a_factor_of_nothing_is_not_said) {
  BOOST_TEST(metric(QueryRun().value(12s, 5).judged(), "value_factor").reason ==
             "there was no value before the fault");
  BOOST_TEST(metric(QueryRun().value(2s, 0).value(12s, 5).judged(), "value_factor").reason ==
             "the mean before the fault is not above 0");
  const Result silent = QueryRun().value(12s, 0, "me", Outcome::Refused).judged();
  BOOST_TEST(!metric(silent, "value_max").value.has_value());
}

BOOST_AUTO_TEST_CASE(
    an_alert_fired_between_the_look_that_did_not_find_it_firing_and_the_one_that_did) {
  const Result result = alert()
                            .state(5s, "inactive")
                            .state(11s, "inactive")
                            .state(13s, "pending")
                            .state(14s, "", Outcome::Timeout)
                            .state(15s, "firing")
                            .judged();
  const Result::Metric time = metric(result, "time_to_alert");
  BOOST_TEST(*time.value == 5.01, tt::tolerance(1e-9));
  BOOST_TEST(*time.lo == 3.0, tt::tolerance(1e-9));
  BOOST_TEST(*time.hi == 5.01, tt::tolerance(1e-9));
  BOOST_TEST(!has_metric(result, "value_max"));
}

BOOST_AUTO_TEST_CASE(an_alert_that_is_pending_is_the_first_sign_and_a_silent_prometheus_is_none) {
  const Result result = alert()
                            .state(5s, "inactive")
                            .state(11s, "", Outcome::Timeout)
                            .state(13s, "pending")
                            .state(15s, "firing")
                            .judged();
  BOOST_TEST(*metric(result, "time_to_detect").value == 3.01, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(an_alert_that_fires_only_after_the_undo_is_censored) {
  const Result result =
      alert().state(5s, "inactive").state(19s, "pending").state(21s, "firing").judged();
  BOOST_TEST(metric(result, "time_to_alert").censored);
  BOOST_TEST(*metric(result, "time_to_alert").value == 9.01, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(an_alert_that_fired_before_tells_nothing) {
  const Result result = alert().state(5s, "firing").state(11s, "firing").judged();
  BOOST_TEST(!metric(result, "time_to_alert").value.has_value());
  BOOST_TEST(metric(result, "time_to_alert").reason == "it fired before the fault already");
}

BOOST_AUTO_TEST_CASE(the_certificate_that_ends_first_counts_and_why_one_failed_is_said) {
  RecordBuilder run = records();
  run.probe("front", 1, 5s, "tls").fault(10s).undo(20s);
  const auto look = [&](Duration when, double days, Outcome outcome, std::uint16_t status) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = at(when + 10ms);
    sample.value = days;
    sample.status = status;
    sample.outcome = outcome;
    if (outcome == Outcome::Tls) sample.text = run.text("certificate has expired");
    run.sample("front", "me", sample);
  };
  look(11s, 30, Outcome::Good, 1);
  look(12s, -2, Outcome::Tls, 1);
  look(13s, 0, Outcome::Refused, 0);
  const Result::Metric days = metric(run.judged(), "certificate_days_min");
  BOOST_TEST(*days.value == -2.0);
  BOOST_TEST(days.reason == "certificate has expired");
  BOOST_TEST(days.better == "higher");
}

BOOST_AUTO_TEST_CASE(only_an_answer_says_that_there_is_no_such_name) {
  RecordBuilder run = records();
  run.probe("names", 1, 5s, "dns").fault(10s).undo(20s);
  const auto look = [&](Duration when, Outcome outcome, std::uint16_t rcode) {
    Sample sample;
    sample.due = sample.sent = at(when);
    sample.done = at(when + 10ms);
    sample.kind = SampleKind::Signal;
    sample.outcome = outcome;
    sample.status = rcode;
    run.sample("names", "me", sample);
  };
  look(5s, Outcome::Dns, 3);  // before the fault
  look(11s, Outcome::Good, 0);
  look(12s, Outcome::Dns, 3);
  look(13s, Outcome::Dns, 2);
  look(14s, Outcome::Timeout, 0);
  BOOST_TEST(*metric(run.judged(), "nxdomain_ratio").value == 0.25, tt::tolerance(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()
