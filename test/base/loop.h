#pragma once

#include <exception>

#include <boost/asio.hpp>

#include "base/tasks.h"

namespace muster {

/// Runs one task on a loop of its own to its end; throws what it throws.
inline void run_task(Task<> task) {
  boost::asio::io_context loop(1);
  std::exception_ptr error;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown) { error = thrown; });
  loop.run();
  if (error) std::rethrow_exception(error);
}

}  // namespace muster
