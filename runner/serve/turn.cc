#include "runner/serve/turn.h"

#include <unistd.h>

#include <boost/asio.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace muster {

namespace asio = boost::asio;

namespace {

UtcTime time_at(const json::object& object, std::string_view key) {
  const std::optional<UtcTime> time = parse_utc(text_at(object, key));
  if (!time) fail("the order's {} is no time", key);
  return *time;
}

}  // namespace

std::string to_text(const TurnOrder& order) {
  json::object object;
  object["schedule"] = order.schedule;
  object["due"] = format_utc(order.due);
  object["inject_by"] = format_utc(order.inject_by);
  object["by_person"] = order.by_person;
  object["holder"] = order.holder;
  object["generation"] = order.generation;
  return compact_json(object);
}

TurnOrder turn_order_from(const std::string& text) {
  const json::value value = parse_json(text, "the order of a turn");
  if (!value.is_object()) fail("the order of a turn is a JSON object");
  const json::object& object = value.get_object();
  return {text_at(object, "schedule"),
          time_at(object, "due"),
          time_at(object, "inject_by"),
          flag_at(object, "by_person"),
          text_at(object, "holder"),
          integer_at(object, "generation")};
}

TurnLeash::TurnLeash(asio::any_io_executor executor, Parts parts)
    : parts_(std::move(parts)), ended_(std::move(executor)) {}

Task<> TurnLeash::hold() {
  auto executor = co_await asio::this_coro::executor;
  TaskGroup tasks(executor);
  tasks.spawn(prolong());
  tasks.spawn(listen());
  co_await tasks.join();
}

/// Counted from before the question was sent, on the clock that nobody can set: the claim is given
/// up here no later than the store gives it to another.
Task<> TurnLeash::prolong() {
  Clock& clock = parts_.sources.clock;
  Time safe_until = clock.now() + parts_.lease;
  for (;;) {
    co_await clock.sleep_for(parts_.lease / 3);
    const Time asked = clock.now();
    std::string problem;
    try {
      auto renew = [mine = mine(), lease = parts_.lease](Store& store) {
        return store.renew(mine, lease);
      };
      const bool held = co_await parts_.sources.store.ask(std::move(renew));
      if (!held) {
        end({"the claim of this turn is another server's now, or has ended"});
        co_return;
      }
      safe_until = asked + parts_.lease;
    } catch (const Error& error) {
      problem = error.what();
    }
    if (clock.now() + parts_.lease / 3 < safe_until) continue;
    end({fmt::format("the claim of this turn could not be prolonged: {}", problem)});
    co_return;
  }
}

Task<> TurnLeash::listen() {
  auto executor = co_await asio::this_coro::executor;
  const int copy = ::dup(STDIN_FILENO);
  if (copy < 0) fail_errno("stdin of a turn");
  asio::posix::stream_descriptor input(executor, copy);
  std::string said;
  for (;;) {
    boost::system::error_code error;
    const std::size_t length =
        co_await asio::async_read_until(input,
                                        asio::dynamic_buffer(said, 4096),
                                        '\n',
                                        asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      end({"the server that started this run has gone"});
      co_return;
    }
    const std::string line(trim(std::string_view(said).substr(0, length)));
    said.erase(0, length);
    if (!line.starts_with("stop")) continue;
    end({printable(trim(std::string_view(line).substr(4)), 200), true});
    co_return;
  }
}

void TurnLeash::end(Pull pull) {
  if (pull_) return;
  pull_ = std::move(pull);
  ended_.set();
}

Task<Pull> TurnLeash::pulled() {
  co_await ended_.wait();
  co_return *pull_;
}

Occurrence TurnLeash::mine() const {
  Occurrence occurrence;
  occurrence.schedule = parts_.order.schedule;
  occurrence.due = parts_.order.due;
  occurrence.holder = parts_.order.holder;
  occurrence.generation = parts_.order.generation;
  return occurrence;
}

Task<std::vector<std::string>> TurnLeash::why_not_inject(std::string run_id) {
  if (pull_) co_return std::vector<std::string>{pull_->reason};
  // A drill that has begun is brought to its end: a window that closes behind it is no reason.
  if (started_) co_return std::vector<std::string>{};
  TurnAsked asked{parts_.drill,
                  parts_.environment,
                  parts_.order.due,
                  parts_.order.inject_by,
                  parts_.order.by_person,
                  parts_.at_once,
                  run_id};
  AdmissionFacts facts = co_await gather_facts(parts_.schedule, std::move(asked), parts_.sources);
  std::vector<std::string> reasons = why_not_now(parts_.schedule, facts);
  if (!reasons.empty()) co_return reasons;
  try {
    // Calls come one after the other there: of two faults at once, one asks and both know.
    auto start = [this, mine = mine(), run_id](Store& store) {
      if (!started_) started_ = store.start(mine, run_id);
      return started_.load();
    };
    const bool ours = co_await parts_.sources.store.ask(std::move(start));
    facts.claim_lost = !ours;
  } catch (const Error& error) {
    facts.store_error = error.what();
  }
  if (pull_) co_return std::vector<std::string>{pull_->reason};
  // Time has passed while the store was asked.
  facts.now = parts_.sources.clock.utc_now();
  co_return why_not_now(parts_.schedule, facts);
}

Task<std::string> TurnLeash::finish(std::string state, std::string why) {
  try {
    auto write = [mine = mine(), state, why](Store& store) {
      return store.finish(mine, state, why);
    };
    const bool written = co_await parts_.sources.store.ask(std::move(write));
    co_return written ? "" : "the turn was ended by another server meanwhile";
  } catch (const Error& error) {
    co_return fmt::format("how the turn ended could not be written down: {}", error.what());
  }
}

}  // namespace muster
