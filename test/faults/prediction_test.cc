#include "faults/prediction.h"

#include <boost/test/unit_test.hpp>

namespace muster {
namespace {

using namespace std::chrono_literals;

/// The lab's settings.
Routing routing() {
  Routing routing;
  routing.kind = "gdnsd";
  routing.check_interval = 2s;
  routing.check_timeout = 1s;
  routing.fall = 2;
  routing.ttl = 6s;
  routing.lb_interval = 500ms;
  routing.lb_timeout = 800ms;
  routing.lb_fall = 2;
  return routing;
}

struct Span {
  Duration best{};
  Duration worst{};
  bool operator==(const Span&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Span& span) {
  return out << format_duration(span.best) << ".." << format_duration(span.worst);
}

Span total(const std::vector<PredictedStage>& stages) {
  Span sum;
  for (const PredictedStage& stage : stages) {
    sum.best += stage.best;
    sum.worst += stage.worst;
  }
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prediction)

BOOST_AUTO_TEST_CASE(told_name_servers_leave_only_the_answers_to_expire) {
  BOOST_TEST(total(predict_told_name_servers(routing())) == (Span{0s, 7s}));
  BOOST_TEST(total(predict_told_name_servers(routing(), 1100ms)) == (Span{0s, 8100ms}));
}

BOOST_AUTO_TEST_CASE(a_region_that_fails_its_check_is_seen_after_fall_minus_one_to_fall_intervals) {
  BOOST_TEST(total(predict_failing_region(routing(), CheckFails::AtOnce)) == (Span{2s, 11s}));
}

BOOST_AUTO_TEST_CASE(a_hanging_region_costs_one_timeout_of_the_name_servers_check) {
  BOOST_TEST(total(predict_failing_region(routing(), CheckFails::ByTimeout)) == (Span{3s, 12s}));
}

BOOST_AUTO_TEST_CASE(the_load_balancer_has_to_notice_dead_servers_before_anybody_else_can) {
  BOOST_TEST(total(predict_no_servers(routing(), CheckFails::AtOnce)) == (Span{2500ms, 12s}));
}

BOOST_AUTO_TEST_CASE(each_check_of_a_frozen_server_costs_the_load_balancer_its_timeout) {
  BOOST_TEST(total(predict_no_servers(routing(), CheckFails::ByTimeout)) ==
             (Span{4100ms, 13600ms}));
}

BOOST_AUTO_TEST_CASE(one_lost_server_may_go_unnoticed_and_is_dropped_within_fall_intervals) {
  BOOST_TEST(total(predict_lost_server(routing(), CheckFails::AtOnce)) == (Span{0s, 1s}));
}

BOOST_AUTO_TEST_CASE(nothing_is_predicted_from_settings_that_are_not_given) {
  Routing bare = routing();
  bare.ttl.reset();
  BOOST_TEST(predict_told_name_servers(bare).empty());
  BOOST_TEST(predict_failing_region(bare, CheckFails::AtOnce).empty());
  bare = routing();
  bare.lb_fall = 0;
  BOOST_TEST(predict_no_servers(bare, CheckFails::AtOnce).empty());
  BOOST_TEST(predict_lost_server(bare, CheckFails::AtOnce).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
