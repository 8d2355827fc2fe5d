#include "base/once.h"

#include <optional>

#include <boost/asio/this_coro.hpp>

#include "base/error.h"

namespace muster {

struct Once::Attempt {
  explicit Attempt(const boost::asio::any_io_executor& executor) : over(executor) {}
  Happening over;
  std::optional<Error> problem = Error("what it waited for was interrupted");
};

Task<> Once::ensure(Task<> work) {
  auto executor = co_await boost::asio::this_coro::executor;
  if (auto other = attempt_) {
    co_await other->over.wait();
    if (other->problem) throw *other->problem;
    co_return;
  }
  // Also a task that is cancelled half-way lets the others go.
  struct Ending {
    std::shared_ptr<Attempt>& current;
    std::shared_ptr<Attempt> mine;
    ~Ending() {
      if (mine->problem) current.reset();
      mine->over.set();
    }
  };
  attempt_ = std::make_shared<Attempt>(executor);
  const Ending ending{attempt_, attempt_};
  try {
    co_await std::move(work);
    ending.mine->problem.reset();
  } catch (const Error& error) {
    ending.mine->problem = error;
    throw;
  }
}

void Once::forget() {
  if (attempt_ && attempt_->over.is_set()) attempt_.reset();
}

}  // namespace muster
