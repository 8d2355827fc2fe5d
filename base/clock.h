#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "base/tasks.h"
#include "base/time.h"

namespace muster {

/// The only way muster learns the time or waits for it (held by test/tidy), so that a test can run
/// a whole drill in virtual time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual UtcTime utc_now() const = 0;
  /// Returns at `at` or at once if it has passed; throws operation_aborted when cancelled.
  virtual Task<> sleep_until(Time at) = 0;

  Task<> sleep_for(Duration length);
};

/// CLOCK_MONOTONIC and the system's UTC. The same instants as in every process of this machine,
/// whatever its namespaces (time namespaces excepted, which muster never makes).
class SystemClock final : public Clock {
 public:
  Time now() const override;
  UtcTime utc_now() const override;
  Task<> sleep_until(Time at) override;
};

}  // namespace muster
