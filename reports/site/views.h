#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster {

// What the pages of `muster serve` show, as plain values. All texts may come from the system under
// test or from strangers: nothing in them is trusted, the pages escape every one. Lists stand in
// the order in which they are to be read.

/// Who looks. Without a name nobody is logged in, and a page has neither menu nor forms. What a
/// viewer may not do the server refuses as well; here it is only not offered.
struct SiteViewer {
  std::string name;        ///< of the token; "this machine" where no token is asked for
  bool may_start = false;  ///< drills
  bool may_stop = false;   ///< abort a run, halt all
  bool may_log_out = false;
  std::string csrf;  ///< goes with every form, in the field `csrf`
};

/// A drill that runs now, on whatever server.
struct SiteRunning {
  std::string run;          ///< id
  std::int64_t number = 0;  ///< 0: it has none before it has ended
  std::string drill;
  std::string doing;  ///< "failing over", or ""
  UtcTime started;
};

/// What a person has to know before anything else, on every page.
struct SiteState {
  std::string lever;          ///< the engaged safety lever, one line; or empty
  std::string lever_release;  ///< what a person does to release it
  /// Changes that may still be in force and that no running drill answers for, one line each.
  std::vector<std::string> left_in_force;
  std::vector<SiteRunning> running;
  std::string store_trouble;  ///< why the store cannot be asked; or empty
  std::string clock_doubt;    ///< why the wall clock is in doubt; or empty
};

/// What all pages for a known viewer have in common.
struct SiteContext {
  SiteViewer viewer;
  SiteState state;
  UtcTime now;
  std::string server;  ///< which of several answers: "ops-1"
};

/// A run that ended.
struct SiteRun {
  std::string id;
  std::int64_t number = 0;
  std::string drill;
  std::string environment;
  std::string trigger;  ///< person | schedule | gate, or ""
  UtcTime started;
  UtcTime ended;
  std::string status;  ///< pass | fail | inconclusive | aborted | interrupted | broken
  std::string headline;
  std::string before;  ///< id of the run before it of the same series, for a comparison; or ""
};

// ---- the drills

/// One run in the strip of a drill.
struct TrendPoint {
  std::string status;
  std::optional<double> value;  ///< of DrillTrend::metric; nothing: not reached or not measured
};

/// How a drill's main number went lately.
struct DrillTrend {
  enum class Change { Unknown, Steady, Better, Worse };
  std::vector<TrendPoint> newest_first;
  std::string metric;  ///< in words, "failover"; empty: the strip has verdicts only
  std::string unit;    ///< of Result::Metric
  std::optional<double> budget;
  Change change = Change::Unknown;  ///< of the newest run against what was usual before
  std::string text;                 ///< "failover 5.40 s → 8.53 s", or ""
};

/// The next turn of a schedule that is not excluded.
struct NextTurn {
  UtcTime begin;
  std::string text;  ///< in the schedule's zone: "Tue 2026-12-01, between 10:00 and 15:00 CET"
};

/// The alarm of a drill that has not passed for longer than it may.
struct OverdueAlarm {
  Duration allowed{};
  std::optional<UtcTime> passed;  ///< when it last did; nothing: never
};

/// A line of the schedule, or a drill that only people start.
struct DrillRow {
  std::string name;   ///< of the schedule, else of the drill; it stands in addresses
  std::string drill;  ///< as its playbook names it
  std::string stack;
  std::string environment;
  std::string owner;            ///< label of the schedule, or ""
  std::optional<SiteRun> last;  ///< newest run that ended
  DrillTrend trend;
  std::optional<NextTurn> next;
  std::string no_turn;  ///< why there is none: "switched off", "not scheduled"
  std::optional<OverdueAlarm> overdue;
  bool can_start = false;  ///< the server knows how: it has a playbook for it
};

struct IndexView {
  SiteContext site;
  std::vector<DrillRow> drills;
};

// ---- the schedule

/// A turn that lies ahead.
struct TurnRow {
  std::string schedule;
  UtcTime begin;
  std::string text;                  ///< as NextTurn::text
  std::vector<std::string> reasons;  ///< why it will not run; empty: it will
};

/// A turn and what became of it.
struct OccurrenceRow {
  enum class State { Planned, Running, Finished, Skipped, Cut };
  std::string schedule;
  UtcTime at;        ///< the moment that was drawn
  std::string text;  ///< that moment in the schedule's zone
  State state = State::Planned;
  std::string status;  ///< of a finished one: pass | fail | ...
  std::string run;     ///< id, or ""
  std::string why;     ///< of skipped and cut ones
};

/// A line of `drills:`, as it was understood.
struct ScheduleRow {
  std::string schedule;
  bool enabled = true;
  std::string when;     ///< as muster.yaml has it
  std::string meaning;  ///< "at 10:30 on Tue, if it is day 1-7 of the month, Europe/Berlin"
  std::vector<std::string> notes;  ///< why it may mean something else than it seems to
};

struct ScheduleView {
  SiteContext site;
  std::vector<ScheduleRow> drills;
  std::vector<TurnRow> ahead;         ///< next first
  std::vector<OccurrenceRow> behind;  ///< newest first
};

// ---- the runs

struct RunsView {
  SiteContext site;
  std::vector<std::string> drills;  ///< to choose from
  std::string drill;                ///< chosen, or "" for all
  std::string verdict;              ///< status that was chosen, or "" for all
  std::size_t page = 1;
  bool more = false;  ///< there are older ones than on this page
  std::vector<SiteRun> newest_first;
};

// ---- a run that goes on

struct LiveStepRow {
  enum class State { Ahead, Now, Done };
  std::string title;
  State state = State::Ahead;
};

/// One of the instants that a drill is about (LiveMilestone).
struct LiveMilestoneRow {
  std::string name;   ///< baseline | injected | impact | detected | failover | undone | recovery
  std::string probe;  ///< or ""
  std::optional<Duration> budget;
  std::optional<Duration> taken;  ///< so far; nothing: it has not begun
  bool reached = false;
};

struct LiveChangeRow {
  std::string ref;  ///< as in its events: "action:drain/1"
  std::string what;
  std::string host;
};

/// As a line of `muster run --json` has it: of a milestone `source` is its probe and `text` its
/// name.
struct LiveEventRow {
  Duration at{};  ///< from the start of the run
  std::string kind;
  std::string source;
  std::string text;
  std::optional<Duration> took = std::nullopt;  ///< of a milestone, as is `budget`
  std::optional<Duration> budget = std::nullopt;
};

/// What the users of a probe at a vantage get right now.
struct LiveUsersRow {
  std::string probe;
  std::string vantage;
  std::optional<double> failed;  ///< share of the requests of the last seconds; nothing: no answer
};

/// A running drill as it is when the page is made. From there the page's script follows it by
/// Server-Sent Events (address::events). Each has the number of an event as its `id`, and as its
/// `data` one line of `muster run --json`: an event, a milestone, or one of these two, which only
/// the server writes:
///
///   {"kind": "progress", "at_s": 31.5, "text": DOING, "phase": PHASE, "step": INDEX,
///    "in_force": [{"ref", "text", "source"}], "users": [{"probe", "vantage", "failed": 0.52}]}
///   {"kind": "result", "status": "fail", "headline": "Failover took ..."}
///
/// Progress replaces what stands there; members that are left out stay as they are. `failed` is
/// null where there was no answer. After the result (the run's whole result.json counts as well)
/// nothing comes. Progress needs no `id`: what it says is old when it would be told again.
struct LiveRunView {
  SiteContext site;
  std::string run;
  std::int64_t number = 0;  ///< 0: it has none before it has ended
  std::string drill;
  std::string stack;
  std::string environment;
  int trial = 1;
  int trials = 1;
  UtcTime started;
  std::string doing;  ///< Snapshot::step
  std::string phase;  ///< phase_of(), or ""
  std::vector<LiveStepRow> steps;
  std::vector<LiveMilestoneRow> milestones;
  std::vector<LiveChangeRow> in_force;
  std::vector<LiveUsersRow> users;
  std::vector<LiveEventRow> newest_first;
  std::uint64_t last_event = 0;  ///< number of the newest event that is in this view
  std::string stopping;          ///< why everything is being undone before its time, or ""
};

// ---- the door

struct LoginView {
  UtcTime now;
  std::string csrf;
  std::string next;      ///< local address to go to afterwards; anything else becomes "/"
  bool refused = false;  ///< the token that was sent is not known, or has expired
};

struct ErrorView {
  int status = 500;
  std::string detail;                  ///< one sentence, or ""
  std::optional<SiteContext> known{};  ///< nothing: nobody is logged in
};

// ---- the gate

/// One question that the policy has an answer to.
struct GateRow {
  std::string service;
  std::string environment;
  bool pass = false;
  std::vector<std::string> reasons;  ///< why not; for a pass: what it rests on
  std::vector<std::string> runs;     ///< ids it rests on
};

struct GateView {
  SiteContext site;
  std::string policy;   ///< file, or "" where none is configured
  std::string trouble;  ///< why the policy cannot be read: everything is denied; or empty
  std::vector<GateRow> rows;
};

}  // namespace muster
