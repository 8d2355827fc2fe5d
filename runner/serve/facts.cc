#include "runner/serve/facts.h"

#include <fmt/format.h>

#include "base/error.h"
#include "runner/interlocks/lever.h"
#include "runner/record/run_store.h"
#include "runner/serve/holds.h"

namespace muster {

namespace {

constexpr std::size_t kFirstLook = 50;
constexpr std::size_t kAllRuns = 1'000'000;
/// A server's clock may be so far from the store's.
constexpr auto kMostSkew = std::chrono::seconds(30);

/// What runs on this machine and what a dead run may have left.
void look_at_runs(const TurnAsked& asked, AdmissionFacts& facts) {
  try {
    for (const RunTrace& trace : open_runs()) {
      if (trace.id == asked.own_run) continue;
      if (trace.running())
        ++facts.running;
      else if (trace.needs_recovery())
        facts.unclean.push_back(trace.text());
    }
  } catch (const Error& error) {
    facts.unclean_error = error.what();
  }
}

std::optional<UtcTime> last_end(const std::vector<HistoryRun>& runs, const TurnAsked& asked) {
  std::optional<UtcTime> end;
  for (const HistoryRun& run : runs)
    if (run.environment == asked.environment && (!end || run.ended > *end)) end = run.ended;
  return end;
}

/// The newest runs may all have been elsewhere.
std::optional<UtcTime> last_end_in(Store& store, const TurnAsked& asked) {
  std::vector<HistoryRun> runs = store.history().runs(asked.drill, kFirstLook);
  if (!last_end(runs, asked) && runs.size() == kFirstLook)
    runs = store.history().runs(asked.drill, kAllRuns);
  return last_end(runs, asked);
}

struct StoreFacts {
  std::optional<UtcTime> ran_at;
  UtcTime now;
};

Task<> look_at_store(const TurnAsked& asked, FactSources& sources, AdmissionFacts& facts) {
  try {
    auto read = [asked](Store& store) {
      return StoreFacts{last_end_in(store, asked), store.now()};
    };
    const UtcTime before = sources.clock.utc_now();
    const StoreFacts found = co_await sources.store.ask(std::move(read));
    facts.ran_at = found.ran_at;
    facts.clock_skew =
        found.now < before - kMostSkew || found.now > sources.clock.utc_now() + kMostSkew;
  } catch (const Error& error) {
    facts.history_error = error.what();
  }
}

}  // namespace

Task<AdmissionFacts> gather_facts(const Schedule& schedule, TurnAsked asked, FactSources sources) {
  AdmissionFacts facts;
  facts.due = asked.due;
  facts.latest = asked.latest;
  facts.by_person = asked.by_person;
  facts.measured = !asked.own_run.empty();
  facts.further_trial = asked.further_trial;
  facts.at_once = asked.at_once;
  facts.clock_doubt = sources.clock_watch.jumped();
  for (const HoldCheck& check : schedule.settings().hold_while) {
    HoldCheck copy = check;
    const HoldSaid said = co_await ask_hold(std::move(copy), sources.here);
    facts.holds.emplace_back(check.name, said.answer);
  }
  co_await look_at_store(asked, sources, facts);
  // Last, because it is the quickest: what was true before the questions above may not be any more.
  look_at_runs(asked, facts);
  if (const auto lever = engaged_lever()) facts.lever = lever->text();
  facts.now = sources.clock.utc_now();
  facts.clock_doubt = facts.clock_doubt || sources.clock_watch.jumped();
  co_return facts;
}

}  // namespace muster
