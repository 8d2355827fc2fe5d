#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster {

/// How one request ended. Everything but Good counts as failed for its users; Unknown is a write of
/// which nobody knows whether it happened, NotSent one that the prober itself could not send.
enum class Outcome : std::uint8_t {
  Good,
  Refused,
  Reset,
  Timeout,
  Dns,
  Tls,
  HttpError,
  WrongBody,
  Unreachable,
  Other,
  Unknown,
  NotSent
};
std::string_view name_of(
    Outcome outcome);  ///< "ok", "refused", "reset", "timeout", "dns", "tls", "http-error", ...
Outcome outcome_from(std::string_view name);

/// What a sample is of. Only requests and writes are what users wanted.
enum class SampleKind : std::uint8_t {
  Request,
  Write,
  ReadBack,
  Gauge,
  Signal,   ///< how the system's own control plane looks: a DNS answer, a health state
  Closed,   ///< the other end closed a connection on which nothing was asked: `done` is when that
            ///< was seen, `client` whose it was; Good: in good order, else Reset
  Stall,    ///< the prober's own machine let it stand still from `due` to `done`
  Watching  ///< a request beyond the schedule, while a user's requests fail, to see sooner when
            ///< they are answered again
};
std::string_view name_of(SampleKind kind);  ///< "request", "write", "read-back", ...

/// One observation of one probe. Instants on the run's clock; latency for users is `done - due`.
struct Sample {
  Time due;
  Time sent;  ///< == due's epoch zero where it was not sent
  Time done;
  std::uint32_t client = 0;
  std::uint32_t dns_us =
      0;  ///< split of the time from `sent`, microseconds, each from its own start;
  std::uint32_t connect_us = 0;  ///< 0 where the step did not happen (connection kept)
  std::uint32_t tls_us = 0;
  std::uint32_t first_byte_us = 0;
  double value = 0;          ///< Gauge: the value. Write/ReadBack: the number written or read
  std::uint16_t status = 0;  ///< HTTP status, exit code
  std::uint16_t text = 0;    ///< index into the run's texts: served_by region, DNS answer; 0 is ""
  Outcome outcome = Outcome::Good;
  SampleKind kind = SampleKind::Request;
};

/// The samples of one probe from one vantage, in the order of `done`.
struct SampleSeries {
  std::string probe;
  std::string vantage;
  std::vector<Sample> samples;
};

/// What an agent says of itself at the end; the inputs of validity.
struct AgentHealth {
  std::string vantage;
  std::uint64_t due = 0;  ///< requests the schedule called for
  std::uint64_t sent = 0;
  std::uint64_t not_sent = 0;  ///< saturated: the in-flight cap was reached
  Duration send_lag_p50{};     ///< sent - due
  Duration send_lag_p99{};
  Duration send_lag_max{};
  Duration longest_hiccup{};  ///< longest gap of the agent's own timer
  Duration clock_offset{};    ///< of its clock to the runner's, at the end; already taken out
  Duration clock_bound{};     ///< at most so far off; 0 on the runner's machine: one clock
  int clock_steps = 0;        ///< how often one of the clocks was set meanwhile
  bool realtime = false;      ///< SCHED_FIFO was granted
  std::string died;           ///< why, where it did not end by itself; makes the run inconclusive
};

}  // namespace muster
