#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "reports/judge/judge.h"

namespace muster::synthetic {

using namespace std::chrono_literals;

/// The start of every synthetic run, on the run's clock.
inline const Time kStart{1000s};
inline Time at(Duration since_start) {
  return kStart + since_start;
}

/// Makes the record of a run that never happened. Instants count from the start of the run;
/// requests are due evenly in [from, to).
class RecordBuilder {
 public:
  RecordBuilder() {
    record_.id = "01KA3H6Q9T3V8Y2N5W7B4C6D8E";
    record_.number = 7;
    record_.playbook.drill = "synthetic";
    record_.playbook.title = "A run that never happened";
    record_.playbook.file = "synthetic.yaml";
    record_.playbook.digest = record_.playbook.series_key = "sha256:0123";
    record_.stack.name = "nowhere";
    record_.started = kStart;
    record_.ended = kStart;
    record_.started_utc = UtcTime(std::chrono::seconds(1'760'000'000));
    record_.texts = {"", "us-east", "eu-west"};
    record_.sample_digest = "sha256:abc";
  }

  RecordBuilder& probe(const std::string& name,
                       double rate,
                       Duration settle = 5s,
                       const std::string& kind = "http") {
    ProbeSpec spec;
    spec.name = name;
    spec.kind = kind;
    spec.rate = rate;
    spec.settle = settle;
    record_.playbook.probes.push_back(spec);
    return *this;
  }

  RecordBuilder& clients(int count) {
    clients_ = count;
    return *this;
  }
  /// Region that answers from now on; "" for none.
  RecordBuilder& served_by(const std::string& region) {
    region_ = text(region);
    return *this;
  }
  RecordBuilder& kind(SampleKind kind) {
    kind_ = kind;
    return *this;
  }

  RecordBuilder& good(const std::string& probe,
                      const std::string& vantage,
                      Duration from,
                      Duration to,
                      double rate,
                      Duration took = 2ms) {
    return requests(probe, vantage, from, to, rate, Outcome::Good, took);
  }
  RecordBuilder& bad(const std::string& probe,
                     const std::string& vantage,
                     Duration from,
                     Duration to,
                     double rate,
                     Outcome outcome = Outcome::Refused,
                     Duration took = 1ms) {
    return requests(probe, vantage, from, to, rate, outcome, took);
  }

  RecordBuilder& sample(const std::string& probe, const std::string& vantage, Sample sample) {
    series(probe, vantage).samples.push_back(sample);
    record_.ended = std::max(record_.ended, sample.done);
    return *this;
  }

  /// A change applied in [began, ended] and seen.
  RecordBuilder& fault(Duration began, Duration ended, const std::string& step = "drain") {
    ActionRecord action;
    action.step = step;
    action.fault = "drain_region";
    action.change.id = step + "/" + std::to_string(record_.actions.size() + 1);
    action.change.what = "force us-east down";
    action.change.host = "ns1";
    action.applied = Applied{at(began), at(ended), at(ended), "us-east is DOWN"};
    record_.actions.push_back(action);
    InjectStep inject;
    inject.name = step;
    inject.kind = action.fault;
    record_.playbook.steps.push_back({inject, {}});
    return *this;
  }
  RecordBuilder& fault(Duration when) { return fault(when, when); }
  /// Undoes every change that is not undone yet.
  RecordBuilder& undo(Duration began, Duration ended, Undone::State state = Undone::State::Clean) {
    for (ActionRecord& action : record_.actions) {
      if (!action.undone)
        action.undone = Undone{state, at(began), at(ended), at(ended) + 5ms, "us-east is UP", {}};
    }
    return *this;
  }
  RecordBuilder& undo(Duration when) { return undo(when, when); }
  RecordBuilder& out(const std::string& region) {
    record_.regions_out.push_back(region);
    return *this;
  }

  RecordBuilder& objective(const std::string& metric, const std::string& probe, double max) {
    Condition condition;
    condition.metric = metric;
    condition.probe = probe;
    condition.max = max;
    record_.playbook.objectives.push_back(condition);
    return *this;
  }
  /// An agent that did well.
  RecordBuilder& agent(const std::string& vantage) {
    AgentHealth health;
    health.vantage = vantage;
    health.due = health.sent = 1000;
    health.send_lag_p99 = 200us;
    record_.agents.push_back(health);
    return *this;
  }

  RunRecord& record() { return record_; }
  Result judged() { return judge(record_); }
  std::uint16_t text(const std::string& text) {
    for (std::size_t i = 0; i < record_.texts.size(); ++i) {
      if (record_.texts[i] == text) return static_cast<std::uint16_t>(i);
    }
    record_.texts.push_back(text);
    return static_cast<std::uint16_t>(record_.texts.size() - 1);
  }
  SampleSeries& series(const std::string& probe_name, const std::string& vantage) {
    for (SampleSeries& each : record_.series) {
      if (each.probe == probe_name && each.vantage == vantage) return each;
    }
    record_.series.push_back({probe_name, vantage, {}});
    return record_.series.back();
  }

 private:
  RecordBuilder& requests(const std::string& name,
                          const std::string& vantage,
                          Duration from,
                          Duration to,
                          double rate,
                          Outcome outcome,
                          Duration took) {
    if (record_.playbook.probe(name) == nullptr) probe(name, rate);
    const Duration period = from_seconds(1 / rate);
    int number = 0;
    for (Duration due = from; due < to; due += period) {
      Sample one;
      one.due = one.sent = at(due);
      one.done = one.due + took;
      one.outcome = outcome;
      one.kind = kind_;
      one.client = static_cast<std::uint32_t>(number++ % clients_);
      one.text = region_;
      sample(name, vantage, one);
    }
    record_.ended = std::max(record_.ended, at(to));
    return *this;
  }

  RunRecord record_;
  int clients_ = 1;
  std::uint16_t region_ = 0;
  SampleKind kind_ = SampleKind::Request;
};

inline RecordBuilder records() {
  return {};
}

/// The overall (or one vantage's) metric over the whole drill; fails the test where there is none.
inline Result::Metric metric(const Result& result,
                             const std::string& id,
                             const std::string& vantage = "",
                             const std::string& phase = "") {
  for (const Result::Metric& each : result.metrics) {
    if (each.id == id && each.scope_vantage == vantage && each.scope_phase == phase) return each;
  }
  fail("the result has no metric {}", id);
}

inline Result::Milestone milestone(const Result& result,
                                   const std::string& id,
                                   const std::string& vantage = "") {
  for (const Result::Milestone& each : result.milestones) {
    if (each.id == id && each.vantage == vantage) return each;
  }
  fail("the result has no milestone {}", id);
}

}  // namespace muster::synthetic
