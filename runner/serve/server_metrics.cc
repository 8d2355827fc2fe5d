#include "runner/serve/server_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "runner/interlocks/lever.h"
#include "runner/record/run_store.h"

namespace muster {

namespace {

const prometheus::Histogram::BucketBoundaries kBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};

double utc_seconds(UtcTime at) {
  return static_cast<double>(at.time_since_epoch().count()) / 1e6;
}

}  // namespace

struct ServerMetrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("muster_server_requests_total")
          .Help("Requests answered, by route and status")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("muster_server_request_duration_seconds")
          .Help("From the whole request to the answer")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& gates = prometheus::BuildCounter()
                                                       .Name("muster_gate_answers_total")
                                                       .Help("Answers of the gate, by verdict")
                                                       .Register(registry);
  prometheus::Family<prometheus::Gauge>& state =
      prometheus::BuildGauge()
          .Name("muster_server_state")
          .Help("1 where it is so: lever engaged, faults left in force, store away, clock in doubt")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& running = prometheus::BuildGauge()
                                                       .Name("muster_server_drills_running")
                                                       .Help("Drills that this server runs now")
                                                       .Register(registry);
  prometheus::Family<prometheus::Gauge>& turns =
      prometheus::BuildGauge()
          .Name("muster_server_turns")
          .Help("Turns since this server began, by what became of them")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& notices =
      prometheus::BuildGauge()
          .Name("muster_server_notices")
          .Help("Notices since this server began, by receiver and what became of them")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& last =
      prometheus::BuildGauge()
          .Name("muster_drill_last_run_timestamp_seconds")
          .Help("End of the newest run of a drill on schedule, by its status")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& overdue =
      prometheus::BuildGauge()
          .Name("muster_drill_overdue")
          .Help("1 where a drill has not passed for longer than muster.yaml allows")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& next =
      prometheus::BuildGauge()
          .Name("muster_drill_next_turn_timestamp_seconds")
          .Help("The next turn of a drill: its moment where that is drawn, else its begin")
          .Register(registry);
};

ServerMetrics::ServerMetrics() : families_(std::make_unique<Families>()) {}
ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::count_request(const std::string& route, int status, Duration took) {
  families_->requests.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
  families_->durations.Add({{"route", route}}, kBuckets).Observe(to_seconds(took));
}

void ServerMetrics::count_gate(const std::string& verdict) {
  families_->gates.Add({{"verdict", verdict}}).Increment();
}

std::string ServerMetrics::render(const Desk& desk,
                                  const std::vector<HistoryRun>& runs,
                                  const KnownTurns& known,
                                  const std::vector<Notifier::Counts>& told) {
  Families& all = *families_;
  const auto set = [&](const char* what, bool so) {
    all.state.Add({{"what", what}}).Set(so ? 1 : 0);
  };
  set("lever", engaged_lever().has_value());
  set("store_away", !desk.scheduler.store_trouble().empty());
  set("clock_doubt", desk.scheduler.clock_doubt());
  bool left = false;
  for (const RunTrace& trace : unfinished_runs()) left = left || trace.needs_recovery();
  set("left_in_force", left);
  all.running.Add({}).Set(static_cast<double>(desk.scheduler.running().size()));
  all.turns.Add({{"end", "started"}}).Set(static_cast<double>(desk.scheduler.started()));
  all.turns.Add({{"end", "skipped"}}).Set(static_cast<double>(desk.scheduler.skipped()));
  for (const Notifier::Counts& each : told) {
    const auto deliveries = [&](const char* end, std::uint64_t count) {
      all.notices.Add({{"receiver", each.receiver}, {"end", end}}).Set(static_cast<double>(count));
    };
    deliveries("delivered", each.delivered);
    deliveries("given_up", each.given_up);
    deliveries("dropped", each.dropped);
    deliveries("waiting", each.waiting);
  }
  for (const ScheduledDrill& drill : desk.drills) {
    const prometheus::Labels name{{"drill", drill.name()}};
    all.overdue.Add(name).Set(desk.scheduler.overdue().contains(drill.name()) ? 1 : 0);
    auto& next = all.next.Add(name);
    if (const auto turn = next_turn(drill, known, desk.clock.utc_now()))
      next.Set(utc_seconds(turn->when()));
    else
      all.next.Remove(&next);
    for (const HistoryRun& run : runs) {
      if (run.drill != drill.drill || run.environment != drill.environment) continue;
      auto& gauge = all.last.Add({{"drill", drill.name()}, {"status", run.status}});
      gauge.Set(std::max(gauge.Value(), utc_seconds(run.ended)));
    }
  }
  return prometheus::TextSerializer().Serialize(all.registry.Collect());
}

}  // namespace muster
