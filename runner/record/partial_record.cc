#include "runner/record/partial_record.h"

#include <algorithm>
#include <map>

#include "runner/record/record_json.h"

namespace muster {

namespace {

/// Where nothing was written down of an agent's clock, it may be off by anything.
constexpr Duration kAnyClock = std::chrono::hours(24);

AgentHealth& health_at(const std::string& vantage, std::vector<AgentHealth>& agents) {
  const auto known = std::ranges::find(agents, vantage, &AgentHealth::vantage);
  if (known != agents.end()) return *known;
  AgentHealth& health = agents.emplace_back();
  health.vantage = vantage;
  health.clock_bound = kAnyClock;
  return health;
}

/// What agents say of themselves at their end, as far as their samples tell it.
void complete_health(const std::vector<SampleSeries>& all, std::vector<AgentHealth>& agents) {
  std::map<std::string, std::vector<Duration>> lags;
  for (AgentHealth& health : agents) health.due = health.not_sent = 0;
  for (const SampleSeries& series : all) {
    AgentHealth& health = health_at(series.vantage, agents);
    for (const Sample& sample : series.samples) {
      if (sample.kind != SampleKind::Request && sample.kind != SampleKind::Write) continue;
      ++health.due;
      if (sample.outcome == Outcome::NotSent)
        ++health.not_sent;
      else
        lags[series.vantage].push_back(sample.sent - sample.due);
    }
  }
  for (AgentHealth& health : agents) {
    health.died = "its runner was killed";
    health.sent = health.due - health.not_sent;
    std::vector<Duration>& lag = lags[health.vantage];
    if (lag.empty()) continue;
    const auto p99 = lag.begin() + static_cast<std::ptrdiff_t>((lag.size() - 1) * 99 / 100);
    std::ranges::nth_element(lag, p99);
    health.send_lag_p99 = *p99;
  }
}

/// Reads one journal from its first record to its last, once.
class PartialReading {
 public:
  explicit PartialReading(SampleFileContent samples) {
    record_.series = std::move(samples.series);
    record_.texts = std::move(samples.texts);
    for (const SampleSeries& series : record_.series) {
      for (const Sample& sample : series.samples) {
        first_due_ = std::min(first_due_, sample.due);
        last_done_ = std::max(last_done_, sample.done);
      }
    }
  }

  RunRecord take(const JournalContent& journal, std::string_view why) {
    for (const JournalRecord& each : journal.records) take_record(each.kind, each.detail);
    if (!opened_) record_.started = std::min({first_due_, first_told_, last_heard()});
    if (!ended_) complete_health(record_.series, record_.agents);
    if (!closed_ || !given_up_.empty()) settle_undone(journal.damaged);
    record_.state = RunState::Interrupted;
    record_.ended = last_heard();
    const Time zero = record_.injected().value_or(record_.started);
    record_.cut_off = !why.empty() ? std::string(why)
                      : ended_     ? "the drill came to its end, but its result was never written"
                                   : fmt::format("the runner was killed at {:+.1f} s or later",
                                             to_seconds(record_.ended - zero));
    record_.abort_reason = record_.cut_off;
    return std::move(record_);
  }

 private:
  void take_record(const std::string& kind, const json::object& detail) {
    if (kind == "run-started") begin(detail);
    if (kind == "opening") open(detail);
    if (kind == "agents") record_.agents = agents_from_json(detail);
    if (kind == "baseline") take_baseline(detail, record_);
    if (kind == "check") record_.checks.push_back(check_from_json(detail));
    if (kind == "event") {
      record_.events.push_back(event_from_json(detail));
      tell(record_.events.back().at);
    }
    if (kind == "intent") intend(detail);
    if (kind == "applied") apply(detail);
    if (kind == "undone") undo(detail);
    if (kind == "ended") {
      tell(Time(duration_at(detail, "at")));
      ended_ = true;
    }
    if (kind == "recovering") begin_recovery(detail);
    if (kind == "given-up")
      given_up_ = fmt::format("; given up by {}, {}: {}",
                              text_at(detail, "who"),
                              text_at(detail, "at"),
                              text_at(detail, "why"));
    if (kind == "closed") closed_ = true;
  }

  void begin(const json::object& detail) {
    record_.id = text_at(detail, "run");
    record_.started_utc = parse_utc(text_at(detail, "at")).value_or(UtcTime{});
    record_.playbook.drill = record_.playbook.title = text_at(detail, "drill");
    record_.stack.name = text_at(detail, "stack");
  }

  void open(const json::object& detail) {
    take_opening(detail, record_);
    opened_ = true;
    tell(record_.started);
  }

  void intend(const json::object& detail) {
    ActionRecord action;
    action.change = change_from_json(at(detail, "change").as_object());
    action.step = action.change.id.substr(0, action.change.id.rfind('/'));
    action.fault = action.change.kind;
    record_.actions.push_back(std::move(action));
  }

  void apply(const json::object& detail) {
    ActionRecord* action = action_of(detail);
    if (action == nullptr) return;
    action->applied = applied_from_json(detail, told_);
    tell(std::max(action->applied->ended, action->applied->observed));
  }

  void undo(const json::object& detail) {
    ActionRecord* action = action_of(detail);
    if (action == nullptr) return;
    Undone undone = undone_from_json(detail, told_);
    if (recovery_) {
      undone.began = undone.ended = undone.observed = after_the_end();
      undone.evidence = fmt::format("recover, {}: {}", format_utc(*recovery_), undone.evidence);
    } else {
      tell(std::max(undone.ended, undone.observed));
    }
    action->undone = std::move(undone);
  }

  /// From here on another process writes, perhaps after another boot: its clock is another one.
  void begin_recovery(const json::object& detail) {
    recovery_ = parse_utc(text_at(detail, "at")).value_or(UtcTime{});
  }

  /// Of its samples, too.
  Time last_heard() const { return std::max({told_, last_done_, record_.started}); }
  /// Nobody watched when.
  Time after_the_end() const { return last_heard() + Duration(1); }

  void settle_undone(bool damaged) {
    for (ActionRecord& action : record_.actions) {
      if (!action.undone) action.undone = unknown("the journal ends before its undo");
      if (!action.undone->clean()) action.undone->evidence += given_up_;
    }
    if (!damaged) return;
    ActionRecord unread;
    unread.fault = "unknown";
    unread.change.id = "damaged/1";
    unread.change.what = "whatever the damaged part of the journal tells of";
    unread.change.host = "a host of the stack";
    unread.undone = unknown("nobody can read what it was" + given_up_);
    record_.actions.push_back(std::move(unread));
  }

  Undone unknown(std::string evidence) const {
    Undone undone;
    undone.began = undone.ended = undone.observed = after_the_end();
    undone.evidence = std::move(evidence);
    return undone;
  }

  ActionRecord* action_of(const json::object& detail) {
    const auto action = std::ranges::find(
        record_.actions, text_at(detail, "change"), [](const ActionRecord& each) -> const auto& {
          return each.change.id;
        });
    return action == record_.actions.end() ? nullptr : &*action;
  }

  void tell(Time at) {
    first_told_ = std::min(first_told_, at);
    told_ = std::max(told_, at);
  }

  RunRecord record_;
  Time first_due_ = Time::max(), last_done_;  ///< of its samples
  Time first_told_ = Time::max(), told_;      ///< by its runner, in the journal
  std::optional<UtcTime> recovery_;           ///< when the latest one began
  std::string given_up_;                      ///< by whom, when and why
  bool opened_ = false, ended_ = false, closed_ = false;
};

}  // namespace

RunRecord partial_record(const JournalContent& journal,
                         SampleFileContent samples,
                         std::string_view why) {
  return PartialReading(std::move(samples)).take(journal, why);
}

}  // namespace muster
