#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "probes/vantage.h"
#include "reports/live/live.h"
#include "reports/measure/run_record.h"

namespace muster {

/// The measuring side of one run: launches the agents, collects what they saw into the record, the
/// samples file and the live metrics, and lets every agent know which numbers the others wrote.
class Measurement final : public SampleSink {
 public:
  /// All references must outlive it; `record` is filled as samples come.
  Measurement(Clock& clock, Agents& agents, SampleFile& file, RunRecord& record);
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;
  ~Measurement() override;

  Task<> launch();
  /// The instant of the first due request.
  Task<Time> start();
  /// Ends sending, waits for what is in flight and for the read-back; then health and digest are in
  /// the record.
  Task<> stop();

  const LiveMetrics& live() const { return *live_; }

  std::uint16_t intern(std::string_view text) override;
  void samples(std::string_view probe,
               std::string_view vantage,
               const std::vector<Sample>& block) override;

 private:
  Task<> launch_one(AgentTask task, std::size_t place);
  void note_health();
  void relay_writes(std::string_view probe,
                    std::string_view writer,
                    const std::vector<Sample>& block);

  Clock& clock_;
  Agents& agents_;
  SampleFile& file_;
  RunRecord& record_;
  std::unique_ptr<LiveMetrics> live_;
  std::vector<std::unique_ptr<Agent>> running_;
  std::unique_ptr<TaskGroup> pumps_;
};

}  // namespace muster
