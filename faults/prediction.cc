#include "faults/prediction.h"

namespace muster {
namespace {

PredictedStage load_balancer_notices(const Routing& routing, CheckFails how) {
  // The balancer's next check starts when the last one has failed: each of them costs its timeout.
  const Duration waits = how == CheckFails::ByTimeout
                             ? routing.lb_timeout.value_or(Duration{}) * routing.lb_fall
                             : Duration{};
  const Duration interval = *routing.lb_interval;
  return {"detect",
          fmt::format("load balancer: fall {} x interval {}{}",
                      routing.lb_fall,
                      human_duration(interval),
                      waits > Duration{} ? ", each until its timeout" : ""),
          (routing.lb_fall - 1) * interval + waits,
          routing.lb_fall * interval + waits};
}

PredictedStage name_servers_decide(const Routing& routing, CheckFails how) {
  // Name servers check on a fixed beat, so that only the last check's timeout adds to it.
  const Duration wait =
      how == CheckFails::ByTimeout ? routing.check_timeout.value_or(Duration{}) : Duration{};
  const Duration interval = *routing.check_interval;
  return {"decide",
          fmt::format("health check: fall {} x interval {}{}",
                      routing.fall,
                      human_duration(interval),
                      wait > Duration{} ? fmt::format(" + timeout {}", human_duration(wait)) : ""),
          (routing.fall - 1) * interval + wait,
          routing.fall * interval + wait};
}

PredictedStage answers_expire(const Routing& routing) {
  return {"propagate",
          fmt::format("DNS TTL {}, counted in whole seconds", human_duration(*routing.ttl)),
          Duration{},
          *routing.ttl + std::chrono::seconds(1)};
}

bool knows_load_balancer(const Routing& routing) {
  return routing.lb_interval.has_value() && routing.lb_fall > 0;
}

}  // namespace

std::vector<PredictedStage> predict_told_name_servers(const Routing& routing, Duration until_read) {
  if (!routing.ttl) return {};
  return {{"detect", "the name servers are told", {}, {}},
          {"decide", "forced as soon as they have read it", {}, until_read},
          answers_expire(routing)};
}

std::vector<PredictedStage> predict_failing_region(const Routing& routing, CheckFails how) {
  if (!routing.ttl || !routing.check_interval) return {};
  return {{"detect", "part of the health check", {}, {}},
          name_servers_decide(routing, how),
          answers_expire(routing)};
}

std::vector<PredictedStage> predict_no_servers(const Routing& routing, CheckFails how) {
  if (!routing.ttl || !routing.check_interval || !knows_load_balancer(routing)) return {};
  return {load_balancer_notices(routing, how),
          name_servers_decide(routing, CheckFails::AtOnce),
          answers_expire(routing)};
}

std::vector<PredictedStage> predict_lost_server(const Routing& routing, CheckFails how) {
  if (!knows_load_balancer(routing)) return {};
  PredictedStage stage = load_balancer_notices(routing, how);
  stage.why += "; at once where requests are retried elsewhere";
  stage.best = Duration{};
  return {std::move(stage)};
}

}  // namespace muster
