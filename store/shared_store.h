#pragma once

#include <memory>
#include <string>

#include "base/worker.h"
#include "store/store.h"

namespace muster {

/// The store, asked on a thread of its own, so that a database that hangs keeps nobody else
/// waiting. Opened when it is first asked, and again after it failed: a database that comes back is
/// used again.
class SharedStore {
 public:
  explicit SharedStore(std::string location) : location_(std::move(location)) {}
  /// For virtual time, in which no thread may work: asked at once, on the caller's own.
  explicit SharedStore(Store& store) : here_(&store) {}

  /// Runs `work(Store&)` there. Throws Error where the store cannot be asked.
  template <class Work>
  Task<std::invoke_result_t<Work&, Store&>> ask(Work work) {
    if (here_ != nullptr) co_return work(*here_);
    auto call = [this, work = std::move(work)]() mutable {
      if (!store_) store_ = open_store(location_);
      return work(*store_);
    };
    co_return co_await worker_.run(std::move(call));
  }

  const std::string& location() const { return location_; }

 private:
  std::string location_;
  Store* here_ = nullptr;
  std::unique_ptr<Store> store_;  ///< touched by the worker alone
  Worker worker_;                 ///< its thread ends before the store goes
};

}  // namespace muster
