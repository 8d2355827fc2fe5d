#include "runner/drill/hold_keeper.h"

#include <algorithm>

#include <boost/asio.hpp>
#include <fmt/format.h>

#include "base/error.h"

namespace muster {

namespace {

constexpr Duration kProlongEvery = std::chrono::seconds(10);
constexpr Duration kAskAgain = std::chrono::seconds(2);
/// Before the hold may be another's, everything is to be undone.
constexpr Duration kToUndo = std::chrono::seconds(20);

}  // namespace

HoldKeeper::HoldKeeper(boost::asio::any_io_executor executor,
                       Clock& clock,
                       std::unique_ptr<SharedStore> store,
                       const StackHold& hold,
                       Leash* beside)
    : clock_(clock),
      store_(std::move(store)),
      stack_(hold.stack()),
      lease_(hold.lease()),
      safe_until_(hold.safe_until()),
      beside_(beside),
      ended_(std::move(executor)) {}

Task<> HoldKeeper::keep() {
  auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup tasks(executor);
  tasks.spawn(prolong());
  if (beside_ != nullptr) tasks.spawn(hear());
  co_await tasks.join();
}

Task<> HoldKeeper::prolong() {
  Duration pause = kProlongEvery;
  while (!is_anothers_) {
    co_await clock_.sleep_for(pause);
    const std::string problem = co_await ask();
    pause = problem.empty() ? kProlongEvery : kAskAgain;
  }
}

Task<> HoldKeeper::hear() {
  Pull pull = co_await beside_->pulled();
  end(std::move(pull));
}

/// Prolongs it once; why the store could not be asked, or "". Counted from before the question was
/// sent, on the clock that nobody can set: the hold is given up here before the store gives it to
/// another.
Task<std::string> HoldKeeper::ask() {
  const Time asked = clock_.now();
  std::string problem;
  try {
    auto prolong = [lease = lease_](Store& store) {
      return store.lease(lease.name, lease.holder, kStackHold);
    };
    std::optional<Lease> held = co_await store_->ask(std::move(prolong));
    if (!held) {
      is_anothers_ = true;
      end({fmt::format("the hold on the stack {} is another run's now", stack_)});
      co_return "";
    }
    if (held->generation != lease_.generation)
      end({fmt::format("the hold on the stack {} was over: this run stood still for too long",
                       stack_)});
    lease_ = *std::move(held);
    safe_until_ = std::max(safe_until_, asked + kStackHold);
  } catch (const Error& error) {
    problem = error.what();
  }
  if (!problem.empty() && clock_.now() + kToUndo >= safe_until_)
    end({fmt::format("the hold on the stack {} could not be prolonged: {}", stack_, problem)});
  co_return problem;
}

void HoldKeeper::end(Pull pull) {
  if (pull_) return;
  pull_ = std::move(pull);
  ended_.set();
}

Task<std::vector<std::string>> HoldKeeper::why_not_inject(std::string run_id) {
  std::string problem = "not asked yet";
  while (!pull_ && !problem.empty()) {
    problem = co_await ask();
    if (!problem.empty()) co_await clock_.sleep_for(kAskAgain);
  }
  if (pull_) {
    // Whoever ends the run for it cancels this wait: it then ends as interrupted, not as refused.
    co_await clock_.sleep_for(kAskAgain);
    co_return std::vector<std::string>{pull_->reason};
  }
  if (beside_ == nullptr) co_return std::vector<std::string>{};
  co_return co_await beside_->why_not_inject(std::move(run_id));
}

Task<Pull> HoldKeeper::pulled() {
  co_await ended_.wait();
  co_return *pull_;
}

}  // namespace muster
