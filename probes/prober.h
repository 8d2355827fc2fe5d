#pragma once

#include <memory>
#include <string_view>

#include "base/random.h"
#include "base/tasks.h"
#include "probes/sample.h"
#include "probes/vantage.h"

/// The agent's side of a probe: what runs on the vantage's host.
namespace muster {

/// Where a prober's samples go; they leave for the runner at least every 100 ms.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void record(const Sample& sample) = 0;
  /// The index of a text for Sample::text; the same text has the same index. 0 where there are too
  /// many already.
  virtual std::uint16_t text(std::string_view text) = 0;
};

/// What a prober is given; all of it outlives the prober.
struct Watch {
  boost::asio::any_io_executor executor;
  Clock& clock;
  const AgentTask& task;
  const AgentTask::Item& item;
  Recorder& recorder;
};

/// One request the schedule calls for.
struct Due {
  std::uint64_t number = 0;
  Time at;
  std::uint32_t client = 0;
};

/// Sends the requests of one probe and records each exactly once.
class Prober {
 public:
  virtual ~Prober() = default;
  /// Before the schedule starts: opens what can be opened in advance. Failures are the samples' to
  /// tell.
  virtual Task<> prepare();
  /// Sends now; never waits.
  virtual void send(const Due& due) = 0;
  /// Requests of the schedule that were sent and not yet recorded.
  virtual std::size_t in_flight() const = 0;
  /// How many of them there may be before further ones count as not sent.
  virtual std::size_t most_in_flight() const = 0;
  /// Of what kind a request that was not sent is.
  virtual SampleKind sample_kind() const { return SampleKind::Request; }
  /// Ledger: these numbers of `writer` are written.
  virtual void written(std::string_view writer, const std::vector<std::uint64_t>& numbers);
  /// The schedule has ended: waits until nothing is in flight, and for what has to be looked at
  /// once more.
  virtual Task<> settle();

 protected:
  /// Waits, at most `limit`, until nothing of the schedule is in flight.
  Task<> drained(Clock& clock, Duration limit);
};

/// A prober whose requests are coroutines; for the kinds that are asked seldom.
class TaskProber : public Prober {
 public:
  TaskProber(const Watch& watch, Duration timeout, SampleKind kind);
  void send(const Due& due) override;
  std::size_t in_flight() const override { return in_flight_; }
  std::size_t most_in_flight() const override { return most_in_flight_; }
  SampleKind sample_kind() const override { return kind_; }
  Task<> settle() override;

 protected:
  /// Makes one request and fills in what came of it: outcome, status, value, text, and times where
  /// they are known. `due`, `sent`, `done`, `client` and `kind` are filled in around it; what it
  /// throws is recorded as Other.
  virtual Task<> measure(Sample& sample) = 0;

  const Watch watch_;
  const Duration timeout_;

 private:
  Task<> one(Due due);

  const SampleKind kind_;
  const std::size_t most_in_flight_;
  std::size_t in_flight_ = 0;
  TaskGroup running_;
};

/// Enough that an endpoint which answers nothing for `timeout` does not saturate the prober.
std::size_t in_flight_limit(double rate, Duration timeout);

/// Microseconds for a sample's split, saturating.
std::uint32_t microseconds(Duration length);

}  // namespace muster
