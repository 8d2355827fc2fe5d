#include "base/tasks.h"

#include <boost/asio.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include "base/clock.h"

namespace muster {

namespace asio = boost::asio;

struct TaskGroup::State {
  explicit State(asio::any_io_executor where)
      : executor(std::move(where)), idle(executor, asio::steady_timer::time_point::max()) {}

  asio::any_io_executor executor;
  asio::steady_timer idle;
  std::list<asio::cancellation_signal> running;
  std::exception_ptr first_error;

  void cancel() {
    // A task that ends at once erases itself from the list while its signal is being emitted.
    for (auto next = running.begin(); next != running.end();) {
      auto current = next++;
      current->emit(asio::cancellation_type::all);
    }
  }

  void ended(std::list<asio::cancellation_signal>::iterator task, std::exception_ptr error) {
    running.erase(task);
    if (error && !first_error) {
      first_error = error;
      cancel();
    }
    if (running.empty()) idle.cancel();
  }
};

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  state_->cancel();
}

void TaskGroup::spawn(Task<> task) {
  auto entry = state_->running.emplace(state_->running.end());
  asio::co_spawn(state_->executor,
                 std::move(task),
                 asio::bind_cancellation_slot(
                     entry->slot(), [state = state_, entry](std::exception_ptr error) {
                       // The entry holds the very signal whose handler this may be: leave the
                       // handler first.
                       asio::post(state->executor,
                                  [state, entry, error] { state->ended(entry, error); });
                     }));
}

void TaskGroup::cancel() {
  state_->cancel();
}

bool TaskGroup::empty() const {
  return state_->running.empty();
}

Task<> TaskGroup::join() {
  auto state = state_;
  auto cancellation = co_await asio::this_coro::cancellation_state;
  bool cancelled_from_outside = false;
  while (!state->running.empty()) {
    co_await state->idle.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!cancelled_from_outside && cancellation.cancelled() != asio::cancellation_type::none) {
      cancelled_from_outside = true;
      co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
      state->cancel();
    }
  }
  if (cancelled_from_outside) throw boost::system::system_error(asio::error::operation_aborted);
  if (state->first_error) std::rethrow_exception(std::exchange(state->first_error, nullptr));
}

Task<> TaskGroup::stop() {
  cancel();
  std::exception_ptr error;
  try {
    co_await join();
  } catch (const boost::system::system_error& ended) {
    if (ended.code() != asio::error::operation_aborted) error = std::current_exception();
  }
  if (error) std::rethrow_exception(error);
}

struct Happening::State {
  explicit State(asio::any_io_executor where)
      : gate(std::move(where), asio::steady_timer::time_point::max()) {}
  asio::steady_timer gate;
  bool happened = false;
};

Happening::Happening(asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

Happening::~Happening() = default;

void Happening::set() {
  state_->happened = true;
  state_->gate.cancel();
}

bool Happening::is_set() const {
  return state_->happened;
}

Task<> Happening::wait() {
  auto state = state_;
  while (!state->happened) {
    auto [error] = co_await state->gate.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!state->happened)
      throw boost::system::system_error(error ? error : asio::error::operation_aborted);
  }
}

namespace {

Task<> sleep(Clock& clock, Duration limit) {
  co_await clock.sleep_until(clock.now() + limit);
}

}  // namespace

Task<bool> with_deadline(Clock& clock, Task<> work, Duration limit) {
  auto executor = co_await asio::this_coro::executor;
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(work), asio::deferred),
      asio::co_spawn(executor, sleep(clock, limit), asio::deferred));
  auto [order, work_error, sleep_error] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 0) {
    if (work_error) std::rethrow_exception(work_error);
    co_return true;
  }
  if (sleep_error) std::rethrow_exception(sleep_error);
  if (work_error && !is_cancellation(work_error)) std::rethrow_exception(work_error);
  co_return !work_error;
}

Task<> uncancelled(Task<> work) {
  auto state = co_await asio::this_coro::cancellation_state;
  const bool was_cancelled = state.cancelled() != asio::cancellation_type::none;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  std::exception_ptr error;
  try {
    co_await std::move(work);
  } catch (const std::exception&) {
    error = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  if (error) std::rethrow_exception(error);
  if (was_cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

bool is_cancellation(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& ended) {
    return ended.code() == asio::error::operation_aborted;
  } catch (const std::exception&) {
    return false;
  }
}

Task<> throw_if_cancelled() {
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace muster
