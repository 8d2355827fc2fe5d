#include "runner/drill/engine.h"

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/text.h"
#include "reports/values.h"
#include "runner/drill/faults_in_force.h"
#include "runner/drill/measurement.h"
#include "runner/drill/steps.h"
#include "runner/record/record_journal.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr Duration kTick = std::chrono::milliseconds(250);

std::vector<std::pair<std::string, std::string>> settings_of(const Stack& stack) {
  std::vector<std::pair<std::string, std::string>> items{{"stack", stack.name},
                                                         {"environment", stack.environment}};
  for (const Routing& routing : stack.routings) {
    const auto add = [&](std::string_view key, const std::optional<Duration>& value) {
      if (value)
        items.emplace_back(fmt::format("{}.{}", routing.kind, key), format_duration(*value));
    };
    add("health_check.interval", routing.check_interval);
    add("health_check.timeout", routing.check_timeout);
    items.emplace_back(routing.kind + ".health_check.fall", std::to_string(routing.fall));
    add("ttl", routing.ttl);
  }
  return items;
}

RunHead head_of(const RunRecord& record) {
  return {record.playbook.drill,
          record.stack.name,
          record.stack.environment,
          record.id,
          record.number,
          record.trial,
          record.playbook.trials,
          record.seed,
          record.started_utc,
          record.started};
}

StopLimit stop_limit_of(const Condition& condition, const std::optional<double>& value) {
  const MetricSpec* spec = metric_spec(condition.metric);
  StopLimit limit;
  limit.text = condition.text();
  if (value) limit.now = show_value(*value, spec == nullptr ? "number" : spec->unit);
  limit.breached = value && holds(condition, *value);
  return limit;
}

}  // namespace

/// The stages of one run, top to bottom in `run`.
class Engine::Drive {
 public:
  Drive(World world, Journal& journal, SampleFile& samples, Observer& observer, Options options)
      : world_(world),
        journal_(journal),
        recorded_(journal),
        samples_(samples),
        observer_(observer),
        options_(std::move(options)) {}

  Task<RunRecord> run(Drill drill, std::vector<PlannedInject> planned) {
    open_record(std::move(drill));
    planned_ = std::move(planned);
    note_expectations();
    recorded_.open(record_);
    Measurement measurement(world_.clock, world_.agents, samples_, record_);
    FaultsInForce faults(
        world_.clock,
        world_.guards,
        journal_,
        record_,
        [this](std::string reason) { stop(RunState::Aborted, std::move(reason)); },
        [this](EventRecord event) { tell(std::move(event)); });
    const InReach in_reach(*this, faults, measurement.live());
    co_await measurement.launch();

    // From here on users are watched, and whatever happens is undone.
    auto executor = co_await asio::this_coro::executor;
    TaskGroup watchers(executor);
    script_ = std::make_unique<TaskGroup>(executor);
    PeerHealth peers(world_.clock,
                     world_.hosts,
                     record_.stack,
                     regions_lost(record_.playbook, record_.stack, planned_));
    StepRunner steps({world_,
                      record_,
                      planned_,
                      measurement,
                      faults,
                      peers,
                      step_text_,
                      [this](EventRecord event) { tell(std::move(event)); },
                      [this] {
                        return stop_state_.has_value();
                      }});
    record_.baseline_began = co_await measurement.start();
    watchers.spawn(peers.watch());
    watchers.spawn(show_progress(measurement));
    watchers.spawn(watch_stop_conditions(measurement.live()));
    script_->spawn(steps.run());
    co_await conclude_script();

    // Undo comes before anything else that could fail.
    Task<> undo = put_everything_back();
    co_await uncancelled(std::move(undo));
    co_await end_measurement(measurement);
    co_await watchers.stop();
    record_.ended = world_.clock.now();
    // A target that said no before anything was done to any: nothing was drilled, nothing is
    // judged.
    if (refused_ && nothing_was_done()) throw *refused_;
    finish_journal();
    co_return std::move(record_);
  }

  bool stop(RunState state, std::string reason) {
    if (stop_state_) return false;
    stop_state_ = state;
    record_.abort_reason = std::move(reason);
    if (script_) script_->cancel();
    return true;
  }

  std::vector<std::string> in_force() const {
    return faults_ != nullptr ? faults_->in_force() : std::vector<std::string>{};
  }

 private:
  /// While it lives, others may ask what is in force and what users see.
  class InReach {
   public:
    InReach(Drive& drive, FaultsInForce& faults, const LiveMetrics& live) : drive_(drive) {
      drive_.faults_ = &faults;
      drive_.live_ = &live;
    }
    InReach(const InReach&) = delete;
    InReach& operator=(const InReach&) = delete;
    ~InReach() {
      drive_.faults_ = nullptr;
      drive_.live_ = nullptr;
    }

   private:
    Drive& drive_;
  };

  void open_record(Drill drill) {
    record_.id = options_.run_id;
    record_.number = options_.number;
    record_.seed = options_.seed;
    record_.trial = options_.trial;
    record_.trial_group = options_.trial_group;
    record_.labels = options_.labels;
    record_.triggered_by = options_.triggered_by;
    record_.playbook = std::move(drill.playbook);
    record_.stack = std::move(drill.stack);
    record_.started_utc = world_.clock.utc_now();
    record_.started = world_.clock.now();
    record_.environment = settings_of(record_.stack);
    milestones_.emplace(record_.playbook);
    breached_since_.resize(record_.playbook.stop_if.size());
    observer_.begin(head_of(record_));
  }

  /// What the faults promise: which regions go, and how long the stack's own settings say it takes.
  void note_expectations() {
    for (const PlannedInject& each : planned_) {
      record_.regions_out.insert(
          record_.regions_out.end(), each.plan.regions_out.begin(), each.plan.regions_out.end());
      if (record_.predicted.empty()) record_.predicted = each.plan.predicted;
    }
    // A fault that nobody would notice alone may make another one worse.
    record_.users_unaffected =
        !planned_.empty() &&
        std::all_of(planned_.begin(), planned_.end(), [](const PlannedInject& each) {
          return each.plan.users_unaffected;
        });
  }

  /// Waits for the steps to end and turns how they ended into the run's state.
  Task<> conclude_script() {
    std::exception_ptr bug;
    try {
      co_await script_->join();
    } catch (const NotSteady& error) {
      record_.abort_reason =
          fmt::format("{}; {}",
                      error.what(),
                      record_.actions.empty() ? "nothing was touched" : "everything is undone");
    } catch (const Error& error) {
      if (const auto* refused = dynamic_cast<const Refused*>(&error)) refused_ = *refused;
      if (!stop_state_) stop_state_ = RunState::Errored;
      record_.abort_reason = error.what();
    } catch (const std::exception&) {
      if (!is_cancellation(std::current_exception()) || !stop_state_)
        bug = std::current_exception();
    }
    if (stop_state_) record_.state = *stop_state_;
    if (bug) {
      record_.state = RunState::Errored;
      record_.abort_reason = "a bug in muster ended the steps; everything is being undone";
    }
    if (record_.state != RunState::Completed) {
      tell({world_.clock.now(), "abort", "muster", record_.abort_reason, ""});
    }
  }

  /// A change that failed half-way beside the refused one and is not clean has to be judged.
  bool nothing_was_done() const {
    return std::all_of(record_.actions.begin(), record_.actions.end(), [](const auto& action) {
      return !action.applied && action.undone && action.undone->clean();
    });
  }

  Task<> put_everything_back() {
    if (!faults_->in_force().empty()) step_text_ = "undoing everything";
    co_await faults_->undo_all();
  }

  /// What fails here costs the measurement, and never the knowledge of what was done and undone.
  Task<> end_measurement(Measurement& measurement) {
    step_text_ = "reading back what was written";
    try {
      Task<> end = measurement.stop();
      co_await uncancelled(std::move(end));
      show(measurement);
    } catch (const Error& error) {
      if (record_.state != RunState::Completed) co_return;
      record_.state = RunState::Errored;
      record_.abort_reason = fmt::format("the measurement could not be ended: {}", error.what());
    }
  }

  /// stop_if: live; a breach undoes everything.
  Task<> watch_stop_conditions(const LiveMetrics& live) {
    std::vector<std::optional<Time>>& since = breached_since_;
    while (!record_.playbook.stop_if.empty()) {
      const Time now = world_.clock.now();
      for (std::size_t i = 0; i < since.size(); ++i) {
        const Condition& condition = record_.playbook.stop_if[i];
        const auto value = live.value(condition, now);
        if (!value || !holds(condition, *value)) {
          since[i].reset();
          continue;
        }
        if (!since[i]) since[i] = now;
        if (now - *since[i] < condition.for_at_least.value_or(Duration::zero())) continue;
        record_.checks.push_back({"stop_if", condition.text(), true, now, now - *since[i], ""});
        stop(RunState::Aborted, "stop condition: " + condition.text());
        co_return;
      }
      co_await world_.clock.sleep_for(kTick);
    }
  }

  Task<> show_progress(const Measurement& measurement) {
    for (;;) {
      show(measurement);
      co_await world_.clock.sleep_for(kTick);
    }
  }

  void show(const Measurement& measurement) {
    look_for_milestones();
    const Time now = world_.clock.now();
    const LiveMetrics& live = measurement.live();
    Snapshot shown;
    shown.step = step_text_;
    shown.now = now;
    shown.injected = record_.injected();
    shown.in_force = faults_->in_force();
    shown.rows = live.rows(now);
    shown.milestones = milestones_->all();
    shown.writes = live.writes();
    shown.lag = live.lag(now);
    for (std::size_t i = 0; i < record_.playbook.stop_if.size(); ++i) {
      const Condition& condition = record_.playbook.stop_if[i];
      shown.stop_limits.push_back(stop_limit_of(condition, live.value(condition, now)));
      if (const auto& since = breached_since_[i]) shown.stop_limits.back().since = now - *since;
    }
    if (stop_state_) shown.stopping = record_.abort_reason;
    observer_.tick(shown);
  }

  void look_for_milestones() {
    if (live_ == nullptr) return;
    for (const LiveMilestone& reached : milestones_->look(record_, *live_, world_.clock.now()))
      observer_.milestone(reached);
  }

  void tell(EventRecord event) {
    record_.events.push_back(event);
    try {
      recorded_.keep_up(record_);
    } catch (const Error& error) {
      stop(RunState::Errored, error.what());
    }
    // What a milestone says comes before the event that says the same, or counts from it.
    if (event.kind == "fault" || event.kind == "failover" || event.kind == "recover")
      look_for_milestones();
    observer_.event(event, event.at - record_.started);
  }

  void finish_journal() {
    try {
      recorded_.finish(record_);
    } catch (const Error&) {
      // All that was to be undone is, and the result itself comes next: no harm is done.
    }
  }

  World world_;
  Journal& journal_;
  RecordJournal recorded_;
  SampleFile& samples_;
  Observer& observer_;
  Options options_;
  RunRecord record_;
  std::vector<PlannedInject> planned_;
  FaultsInForce* faults_ = nullptr;
  const LiveMetrics* live_ = nullptr;  ///< while users are watched
  std::optional<LiveMilestones> milestones_;
  std::vector<std::optional<Time>> breached_since_;  ///< of each stop condition
  std::unique_ptr<TaskGroup> script_;
  std::optional<RunState> stop_state_;
  std::optional<Refused> refused_;  ///< by a guard, on the target
  std::string step_text_ = "starting";
};

Engine::Engine(
    World world, Journal& journal, SampleFile& samples, Observer& observer, Options options)
    : drive_(std::make_unique<Drive>(world, journal, samples, observer, std::move(options))) {}

Engine::~Engine() = default;

Task<RunRecord> Engine::run(Drill drill, std::vector<PlannedInject> planned) {
  return drive_->run(std::move(drill), std::move(planned));
}

bool Engine::stop(RunState state, std::string reason) {
  return drive_->stop(state, std::move(reason));
}

std::vector<std::string> Engine::in_force() const {
  return drive_->in_force();
}

}  // namespace muster
