#pragma once

#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "reports/result.h"
#include "runner/drill/leash.h"
#include "runner/serve/facts.h"

namespace muster {

/// What a server hands to the process that runs one turn for it.
struct TurnOrder {
  std::string schedule;
  UtcTime due;
  UtcTime inject_by;       ///< the first fault comes no later
  bool by_person = false;  ///< somebody asked for it, not the calendar
  std::string holder;
  std::int64_t generation = 0;
  Time held_until;   ///< nobody else gets the turn before, unless it is prolonged
  Duration lease{};  ///< by which it is prolonged
  int at_once = 1;   ///< as the server has it, whatever its file says by now
};
std::string to_text(const TurnOrder& order);
/// Throws Error where it is none.
TurnOrder turn_order_from(const std::string& text);

/// How a turn ended, as the store keeps it.
struct TurnEnd {
  std::string state;  ///< finished | cut
  std::string why;    ///< the verdict, or what cut it
  int exit_code = 0;
};
/// Of a turn that came to a result. Cut where its leash was pulled, unless by a person, and where
/// the run was interrupted by what it alone hears of, such as the loss of its stack.
TurnEnd end_of_turn(const Result& result, const std::optional<Pull>& pull);

/// The claim of one turn, as the process holds it that runs the drill: prolongs it, asks everything
/// again before the first fault of each trial, and ends the run where the claim is lost, or its
/// stdin ends or says "stop REASON": the server has gone, or a person asked for it.
class TurnLeash final : public Leash {
 public:
  struct Parts {
    const Schedule& schedule;
    TurnOrder order;
    std::string drill;
    std::string environment;
    FactSources sources;
  };
  TurnLeash(boost::asio::any_io_executor executor, Parts parts);

  /// Prolongs the claim and listens to stdin until cancelled; run it in a TaskGroup.
  Task<> hold();
  Task<std::vector<std::string>> why_not_inject(std::string run_id) override;
  Task<Pull> pulled() override;
  /// Whether a fault was allowed.
  bool started() const { return !admitted_.empty(); }
  /// Why the run had to end early, if it had to.
  const std::optional<Pull>& pull() const { return pull_; }
  /// Writes down how the turn ended; what cannot be written is returned in words. Where the server
  /// has gone only "finished" is written: the claim ends by itself, and the server that looks then
  /// cuts the turn and tells people, which nobody else could.
  Task<std::string> finish(std::string state, std::string why);

 private:
  Task<> prolong();
  Task<> give_up_in_time();
  Task<> listen();
  Task<std::vector<std::string>> why_not_go_on();
  Task<std::vector<std::string>> why_not_begin(std::string run_id);
  Task<bool> renew();
  void end(Pull pull);
  Occurrence mine() const;

  Parts parts_;
  Happening ended_;
  std::optional<Pull> pull_;
  Time held_until_;
  std::string store_trouble_;  ///< of the last try to prolong the claim
  std::string admitted_;       ///< the run that may inject: its trial was looked at
  bool is_asking_ = false;
  bool server_has_gone_ = false;
};

}  // namespace muster
