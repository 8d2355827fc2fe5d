#pragma once

#include <future>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/time.h"

namespace muster {

/// What `work` returns, or throws, if that is there in time; else nothing. For what can neither be
/// interrupted nor told a limit: the look-up of a name, the opening of a connection. It is done on
/// a thread of its own, which is left alone when the time is over and ends when it ends; so `work`
/// must own all that it uses.
template <class Work>
std::optional<std::invoke_result_t<Work&>> within(Duration patience, Work work) {
  std::packaged_task<std::invoke_result_t<Work&>()> task(std::move(work));
  auto answer = task.get_future();
  std::thread(std::move(task)).detach();
  if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

}  // namespace muster
