#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "runner/notify/notify.h"
#include "runner/serve/running_turn.h"
#include "runner/serve/turns_ahead.h"

namespace muster {

inline UtcTime later(UtcTime at, Duration by) {
  return at + std::chrono::duration_cast<std::chrono::microseconds>(by);
}

/// Runs drills when they may run. Every turn is planned in the store before its moment, claimed
/// there before it starts, and ends there in exactly one way; what was missed is skipped and said,
/// never caught up. Several of them may share one store.
class Scheduler {
 public:
  struct Parts {
    const Settings& settings;
    std::vector<ScheduledDrill>& drills;  ///< their calendars are read anew every minute
    Clock& clock;
    Host& here;
    SharedStore& store;
    Notifier& notifier;
    Log& log;
    Random& random;
    std::string holder;    ///< this process, and no other ever
    std::string base_url;  ///< of the pages, for links in what is told; or ""
  };
  explicit Scheduler(Parts parts);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

  /// Undoes what dead runs left, then looks every few seconds until cancelled. Running turns are
  /// not stopped by that: see `stop_all`.
  Task<> run();
  /// Plans a turn of the drill for now; it still has to pass every check. "" or why it cannot be.
  Task<std::string> start_now(std::string name, std::string who);
  /// The turns that this server runs right now.
  const std::list<std::shared_ptr<RunningTurn>>& running() const { return running_; }
  /// nullptr where this server does not run it.
  std::shared_ptr<RunningTurn> running(const std::string& run_id) const;
  /// Ends every turn and waits until each has undone everything.
  Task<> stop_all(std::string reason);
  /// Lets go of every turn at once, as the death of this process would: each undoes by itself.
  Task<> drop_all();

  /// For the pages and metrics: why the store could not be asked last time, "" if it could.
  const std::string& store_trouble() const { return store_trouble_; }
  bool clock_doubt() const { return clock_doubt_; }
  /// Names of drills that have not passed for too long.
  const std::set<std::string>& overdue() const { return overdue_; }
  /// Why a planned turn that is due has not begun, as of the last look; "" where it is not known.
  std::string waits_for(const Occurrence& planned) const;
  std::uint64_t started() const { return started_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  Task<> look();
  void read_calendars();
  Task<> recover();
  Task<> plan_turns();
  Task<> plan_turns_of(const ScheduledDrill& drill);
  Task<> plan_turn(const ScheduledDrill& drill, Turn turn);
  Task<> pass_over(const ScheduledDrill& drill, Turn turn);
  std::optional<UtcTime> moment_of(const ScheduledDrill& drill, const Turn& turn) const;
  Task<> skip_missed();
  Task<> end_cut_turns();
  Task<> start_due_turns();
  Task<> see_what_waits();
  Task<> consider(Occurrence claimed, Time held_until);
  Task<> look_for_overdue();
  struct Overdue {
    bool is_so = false;
    bool is_mine_to_tell = false;  ///< nobody of the store did within a day
  };
  Task<Overdue> look_for_overdue(const ScheduledDrill& drill, Duration limit);
  Task<> run_turn(RunningTurn& turn, const ScheduledDrill& drill);
  /// Itself: the process had written it, or it is written now as the process said.
  enum class TurnEnd { Itself, Skipped, Cut, Unknown };
  Task<> conclude(RunningTurn& turn, const ScheduledDrill& drill, TurnOutcome outcome);
  Task<TurnEnd> end_turn(const TurnOrder& order, TurnOutcome outcome);
  Task<std::string> plan_now(const std::string& name, std::string who);
  Task<> skip(Occurrence claimed, std::string why);
  const ScheduledDrill* drill_named(const std::string& name) const;
  UtcTime inject_by(const ScheduledDrill& drill, const Occurrence& claimed) const;
  void tell(NotifyEvent event,
            const ScheduledDrill& drill,
            std::string run,
            std::string status,
            std::string headline);

  Parts parts_;
  ClockWatch clock_watch_;
  std::unique_ptr<TaskGroup> turns_;
  std::list<std::shared_ptr<RunningTurn>> running_;
  std::set<std::pair<std::string, UtcTime>> planned_;  ///< what need not be planned again
  std::vector<Occurrence> due_;  ///< planned ones that could start as of the last look
  std::map<std::pair<std::string, UtcTime>, std::string> waits_;  ///< and why they did not
  std::set<std::string> overdue_;
  std::set<std::string> asked_for_;  ///< drills for which a person's turn is being planned
  UtcTime plan_again_{};
  UtcTime looked_for_overdue_{};
  std::optional<Time> read_calendars_;
  std::set<std::string> calendar_trouble_;  ///< drills whose calendars could not be read last time
  std::string store_trouble_;
  bool clock_doubt_ = false;
  bool recovered_ = false;          ///< `muster recover` has run since this server began
  std::optional<Time> left_since_;  ///< when it last left something, or could not be run
  std::uint64_t started_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace muster
