#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/tasks.h"

namespace muster {

/// One thread beside the event loop, for libraries that only know how to block: SQL. Its calls run
/// one after the other, in the order they came, so what only they touch needs no lock.
class Worker {
 public:
  /// Runs `work` there and returns what it returns, or throws what it throws, on the caller's loop.
  /// Once begun it is not cut short; cancelling the caller waits for it.
  template <class Work>
  Task<std::invoke_result_t<Work&>> run(Work work) {
    Task<std::invoke_result_t<Work&>> call = called(std::move(work));
    co_return co_await boost::asio::co_spawn(
        thread_.get_executor(), std::move(call), boost::asio::use_awaitable);
  }

 private:
  template <class Work>
  static Task<std::invoke_result_t<Work&>> called(Work work) {
    co_return work();
  }

  boost::asio::thread_pool thread_{1};
};

}  // namespace muster
