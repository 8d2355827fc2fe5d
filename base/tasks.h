#pragma once

#include <exception>
#include <list>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "base/time.h"

/// The only three task shapes of muster. The awaitable operators of asio are not used: in
/// Boost 1.81 `a && b` throws multiple_exceptions past a `catch (const Error&)`, and `a || b` waits
/// for the first success, so that a failure reads as a timeout.
///
/// Rule for every `co_await f(args)`, held by test/tidy: each argument is a name,
/// `std::move(name)`, a literal or a call; never a brace, a capturing lambda or `?:`. g++ 12
/// destroys such temporaries twice, without a warning.
namespace muster {

template <class T = void>
using Task = boost::asio::awaitable<T>;

class Clock;

/// Owns tasks that run side by side. The first error wins: the others are cancelled and awaited,
/// then `join` throws it. Cancelling the joiner cancels all. Not movable; must be joined (or
/// `stop`ped) before it is destroyed.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  void spawn(Task<> task);
  /// Asks every task to end (all cancellation types); `join` still has to be awaited.
  void cancel();
  /// Waits until every task has ended; throws the first error.
  Task<> join();
  /// cancel(), then waits; swallows the cancellation the tasks end with, throws any other first
  /// error.
  Task<> stop();
  bool empty() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Something that happened once, awaited by any number of tasks. `set` wakes all; later waits
/// return at once.
class Happening {
 public:
  explicit Happening(boost::asio::any_io_executor executor);
  Happening(const Happening&) = delete;
  Happening& operator=(const Happening&) = delete;
  ~Happening();

  void set();
  bool is_set() const;
  Task<> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Runs `work` for at most `limit` of the clock's time. Returns false if the limit came first; the
/// work was then cancelled and awaited. A failure of the work is thrown, never read as a timeout.
Task<bool> with_deadline(Clock& clock, Task<> work, Duration limit);

/// Runs `work` to its end whatever cancellation arrives meanwhile. One that came before is
/// delivered afterwards; one that comes during the work is dropped, so whoever may be stopped keeps
/// a flag of its own. For undo.
Task<> uncancelled(Task<> work);

/// True if `error` is the "operation aborted" that a cancelled task ends with.
bool is_cancellation(const std::exception_ptr& error);

/// Throws the cancellation where a task was cancelled without being in a wait.
Task<> throw_if_cancelled();

}  // namespace muster
