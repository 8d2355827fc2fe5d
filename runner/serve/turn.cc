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

/// However the question ends, whoever waits for its answer goes on.
class Asking {
 public:
  explicit Asking(bool& flag) : flag_(flag) { flag_ = true; }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { flag_ = false; }

 private:
  bool& flag_;
};

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
  object["held_until"] = order.held_until.time_since_epoch().count();
  object["lease"] = order.lease.count();
  object["at_once"] = order.at_once;
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
          integer_at(object, "generation"),
          Time(Duration(integer_at(object, "held_until"))),
          Duration(integer_at(object, "lease")),
          static_cast<int>(integer_at(object, "at_once"))};
}

TurnEnd end_of_turn(const Result& result, const std::optional<Pull>& pull) {
  const int code = result.verdict.exit_code;
  if (pull && !pull->by_person) return {"cut", pull->reason, code};
  if (result.run.state != "interrupted") return {"finished", result.verdict.status, code};
  return {"cut", result.run.abort.empty() ? "the run was interrupted" : result.run.abort, code};
}

TurnLeash::TurnLeash(asio::any_io_executor executor, Parts parts)
    : parts_(std::move(parts)), ended_(std::move(executor)), held_until_(parts_.order.held_until) {}

Task<> TurnLeash::hold() {
  auto executor = co_await asio::this_coro::executor;
  TaskGroup tasks(executor);
  tasks.spawn(prolong());
  tasks.spawn(give_up_in_time());
  tasks.spawn(listen());
  co_await tasks.join();
}

/// False where it is another's now. Counted from before the question was sent, on the clock that
/// nobody can set: the claim is given up here no later than the store gives it to another.
Task<bool> TurnLeash::renew() {
  const Time asked = parts_.sources.clock.now();
  auto work = [mine = mine(), lease = parts_.order.lease](Store& store) {
    return store.renew(mine, lease);
  };
  const bool held = co_await parts_.sources.store.ask(std::move(work));
  if (held) held_until_ = std::max(held_until_, asked + parts_.order.lease);
  co_return held;
}

Task<> TurnLeash::prolong() {
  for (;;) {
    try {
      const bool held = co_await renew();
      if (!held) {
        end({"the claim of this turn is another server's now, or has ended"});
        co_return;
      }
      store_trouble_.clear();
    } catch (const Error& error) {
      store_trouble_ = error.what();
    }
    co_await parts_.sources.clock.sleep_for(parts_.order.lease / 3);
  }
}

/// Whatever the store does meanwhile: a third of the lease is left for the undo.
Task<> TurnLeash::give_up_in_time() {
  Clock& clock = parts_.sources.clock;
  for (;;) {
    const Time last = held_until_ - parts_.order.lease / 3;
    if (clock.now() >= last) break;
    co_await clock.sleep_until(last);
  }
  end({fmt::format("the claim of this turn could not be prolonged: {}",
                   store_trouble_.empty() ? "the store gave no answer in time" : store_trouble_)});
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
      server_has_gone_ = true;
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
  // Of two faults at once the second waits until the first has its answer.
  while (is_asking_) co_await parts_.sources.clock.sleep_for(std::chrono::milliseconds(10));
  std::vector<std::string> reasons;
  if (admitted_ == run_id) {
    reasons = co_await why_not_go_on();
  } else if (!pull_) {
    const Asking asking(is_asking_);
    std::string copy = run_id;
    reasons = co_await why_not_begin(std::move(copy));
    if (reasons.empty()) admitted_ = std::move(run_id);
  }
  if (pull_) reasons = {pull_->reason};
  co_return reasons;
}

/// A drill that has begun is brought to its end: a window that closes behind it is no reason. But a
/// machine that stood still, or slept, may hold nothing any more.
Task<std::vector<std::string>> TurnLeash::why_not_go_on() {
  std::vector<std::string> reasons;
  const bool slept = parts_.sources.clock_watch.jumped();
  if (!slept && parts_.sources.clock.now() < held_until_) co_return reasons;
  try {
    const bool held = co_await renew();
    if (!held) reasons.emplace_back("the claim of this turn is another server's now");
  } catch (const Error& error) {
    reasons.push_back(fmt::format("whether the claim holds is not known: {}", error.what()));
  }
  co_return reasons;
}

/// Everything is asked once for each trial.
Task<std::vector<std::string>> TurnLeash::why_not_begin(std::string run_id) {
  const bool is_first = admitted_.empty();
  TurnAsked asked{parts_.drill,
                  parts_.environment,
                  parts_.order.due,
                  parts_.order.inject_by,
                  parts_.order.by_person,
                  parts_.order.at_once,
                  run_id,
                  !is_first};
  AdmissionFacts facts = co_await gather_facts(parts_.schedule, std::move(asked), parts_.sources);
  std::vector<std::string> reasons = why_not_now(parts_.schedule, facts);
  if (!reasons.empty()) co_return reasons;
  try {
    auto start = [is_first, mine = mine(), run_id, lease = parts_.order.lease](Store& store) {
      return is_first ? store.start(mine, run_id) : store.renew(mine, lease);
    };
    const bool ours = co_await parts_.sources.store.ask(std::move(start));
    facts.claim_lost = !ours;
  } catch (const Error& error) {
    facts.store_error = error.what();
  }
  // Time has passed while the store was asked.
  facts.now = parts_.sources.clock.utc_now();
  co_return why_not_now(parts_.schedule, facts);
}

Task<std::string> TurnLeash::finish(std::string state, std::string why) {
  if (server_has_gone_ && state != "finished") co_return "";
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
