#include "runner/record/gate_evidence.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "drills/playbook.h"
#include "drills/stack_reader.h"
#include "reports/gate/signed_result.h"
#include "runner/catalogue.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "runner/record/stack_hold.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFirstLook = 64;
/// As many as trials may be asked for, and some.
constexpr std::size_t kRunsLookedAt = 1100;
constexpr std::size_t kNeighboursLookedAt = 256;
constexpr std::size_t kAllNeighbours = 100'000;
/// No drill takes longer.
constexpr auto kLongestDrill = std::chrono::hours(24);
constexpr std::size_t kMostSignature = 4096;
constexpr Duration kRecent = std::chrono::seconds(1);
constexpr std::size_t kMostRemembered = 256;

/// Errors become a text of the evidence, which denies.
template <class Look>
void look_for(std::string& error_text, Look look) {
  try {
    look();
  } catch (const Error& error) {
    if (error_text.empty()) error_text = error.what();
  } catch (const fs::filesystem_error& error) {
    if (error_text.empty()) error_text = error.what();
  }
}

/// What the gate does not look at costs most of the memory.
void make_lean(std::vector<HistoryRun>& runs) {
  for (HistoryRun& run : runs) {
    run.profile = {};
    run.metrics.clear();
    run.settings.clear();
  }
}

/// Whether the oldest run that was read may have trials, or a run that counts, behind it.
bool may_go_on(const GateDemand& demand, const GateEvidence& evidence) {
  if (evidence.runs.size() < kFirstLook) return false;
  const HistoryRun* newest = newest_run(demand, evidence);
  return newest == nullptr || evidence.runs.back().trial_group == newest->trial_group;
}

void read_runs(const GateDemand& demand, History& history, GateEvidence& evidence) {
  evidence.runs = history.runs(demand.drill, kFirstLook);
  if (may_go_on(demand, evidence)) evidence.runs = history.runs(demand.drill, kRunsLookedAt);
  make_lean(evidence.runs);
}

void read_neighbours(const HistoryRun& run, History& history, GateEvidence& evidence) {
  std::vector<HistoryRun> others = history.runs("", kNeighboursLookedAt);
  const bool is_cut = others.size() == kNeighboursLookedAt;
  if (is_cut && others.back().started > run.started - kLongestDrill)
    others = history.runs("", kAllNeighbours);
  for (const HistoryRun& other : others)
    if (other.id != run.id && other.started < run.ended && other.ended > run.started)
      evidence.overlapping.push_back({other.id, other.drill, other.stack});
}

/// What lies in the run's directory, or, where the run was made on another machine, in the store.
std::optional<SignedResult> kept_text(const std::string& run, Store& store) {
  if (!is_run_id(run)) fail("'{}' is no run id", printable(run, 60));
  const fs::path directory = runs_directory() / run;
  if (auto text = read_file_if_exists(directory / "result.json"))
    return SignedResult{*std::move(text),
                        read_file_if_exists(directory / "result.sig", kMostSignature).value_or("")};
  return store.result(run);
}

void read_result(const std::string& run,
                 Store& store,
                 const TrustedKeys& trusted,
                 GateEvidence& evidence) {
  const std::optional<SignedResult> kept = kept_text(run, store);
  if (!kept) fail("the result of run {} is neither here nor in the store", run);
  take_result(kept->text, kept->signature, trusted, evidence);
}

/// Of everything that ended badly or has not ended, in this home. Returns which of it is told as
/// going on or in force.
std::set<std::string> read_open_runs(const GateDemand& demand,
                                     Store* store,
                                     GateEvidence& evidence) {
  std::set<std::string> told;
  for (const RunTrace& trace : open_runs()) {
    if (trace.running()) {
      told.insert(trace.id);
      evidence.running.push_back({trace.id, trace.drill, trace.stack});
    } else if (trace.needs_recovery()) {
      told.insert(trace.id);
      evidence.unclean.push_back(trace.text() + " left something in force");
    } else if (trace.drill == demand.drill &&
               (store == nullptr || !store->history().run(trace.id))) {
      evidence.unremembered.push_back(trace.id);
    }
  }
  return told;
}

/// Of all servers of the store; `here`: the runs whose journals say more.
void read_holds(Store& store, const std::set<std::string>& here, GateEvidence& evidence) {
  for (const SeenHold& hold : stack_holds(store)) {
    if (here.contains(hold.by.run)) continue;
    if (hold.is_broken) {
      evidence.unclean.push_back(
          fmt::format("{} could not undo everything on the stack {}", hold.by.text(), hold.stack));
    } else if (hold.is_over) {
      evidence.unclean.push_back(
          fmt::format("{} was cut on the stack {}; nobody has said that everything is undone "
                      "(`muster recover` there does)",
                      hold.by.text(),
                      hold.stack));
    } else {
      evidence.running.push_back({hold.by.run, hold.by.drill, hold.stack});
    }
  }
}

bool is_of(const GateDemand& demand, const std::string& result) {
  const json::value value = parse_json(result, "a result");
  const json::object& run = at(value.as_object(), "run").as_object();
  return text_at(run, "drill") == demand.drill &&
         (demand.environment.empty() || text_at(run, "environment") == demand.environment);
}

/// A store that was put back knows an older run as the newest; what lies here tells.
void read_forgotten(const GateDemand& demand,
                    const std::string& newest,
                    Store& store,
                    GateEvidence& evidence) {
  if (!fs::is_directory(runs_directory())) return;
  for (const auto& entry : fs::directory_iterator(runs_directory())) {
    const std::string id = entry.path().filename().string();
    if (!is_run_id(id) || id <= newest || store.history().run(id)) continue;
    const auto result = read_file_if_exists(entry.path() / "result.json");
    if (result && is_of(demand, *result)) evidence.forgotten.push_back(id);
  }
}

void read_files(const GateDemand& demand, GateEvidence& evidence) {
  if (!demand.stack.empty()) evidence.stack = load_stack(demand.stack).name;
  if (demand.playbook.empty()) return;
  LoadOptions options;
  options.set = demand.set;
  if (!demand.stack.empty()) options.stack_file = demand.stack;
  evidence.playbook_digest = load_drill(demand.playbook, catalogue(), options).playbook.digest;
}

void read_store(const GateDemand& demand, const GateSources& sources, GateEvidence& evidence) {
  if (sources.store == nullptr) {
    evidence.history_error =
        sources.store_error.empty() ? "the store is not open" : sources.store_error;
    return;
  }
  Store& store = *sources.store;
  look_for(evidence.history_error, [&] { read_runs(demand, store.history(), evidence); });
  const HistoryRun* run = newest_run(demand, evidence);
  if (run == nullptr) return;
  look_for(evidence.history_error, [&] { read_neighbours(*run, store.history(), evidence); });
  look_for(evidence.history_error, [&] { read_forgotten(demand, run->id, store, evidence); });
  look_for(evidence.result_error, [&] { read_result(run->id, store, sources.trusted, evidence); });
}

void read_unfinished(const GateDemand& demand, const GateSources& sources, GateEvidence& evidence) {
  std::set<std::string> here;
  std::string error;
  look_for(error, [&] { here = read_open_runs(demand, sources.store, evidence); });
  if (!error.empty()) evidence.unclean.push_back("the unfinished runs could not be read: " + error);
  if (sources.store == nullptr) return;  // which denies by itself
  std::string store_error;
  look_for(store_error, [&] { read_holds(*sources.store, here, evidence); });
  if (!store_error.empty())
    evidence.unclean.push_back("what other servers drill could not be read: " + store_error);
}

/// Everything but the lever and the time.
GateEvidence kept_evidence(const GateDemand& demand, const GateSources& sources) {
  GateEvidence evidence;
  // First: what a file of the demand says decides which run counts.
  look_for(evidence.files_error, [&] { read_files(demand, evidence); });
  // Before the history: a run that ends meanwhile is then seen in the one or in the other.
  read_unfinished(demand, sources, evidence);
  read_store(demand, sources, evidence);
  return evidence;
}

std::string newest_id(const std::string& drill, const GateSources& sources) {
  if (sources.store == nullptr) return "";
  const std::vector<HistoryRun> newest = sources.store->history().runs(drill, 1);
  return newest.empty() ? "" : newest.front().id;
}

std::string key_of(const GateDemand& demand) {
  json::array key{demand.drill, demand.environment, demand.playbook, demand.stack};
  for (const auto& [name, value] : demand.set) key.push_back(json::array{name, value});
  return compact_json(key);
}

}  // namespace

TrustedKeys trusted_keys(const std::vector<std::string>& files) {
  TrustedKeys keys;
  const fs::path own = public_key_file(signing_key_file());
  if (fs::exists(own)) keys.add(own);
  for (const std::string& file : files) keys.add(file);
  return keys;
}

GateEvidence collect_evidence(const GateDemand& demand, const GateSources& sources) {
  GateEvidence evidence = kept_evidence(demand, sources);
  evidence.lever = sources.lever;
  evidence.now = sources.now;
  return evidence;
}

GateEvidence RecentEvidence::collect(const GateDemand& demand, const GateSources& sources) {
  std::string newest;
  std::string error;
  look_for(error, [&] { newest = newest_id(demand.drill, sources); });
  if (!error.empty()) return collect_evidence(demand, sources);
  if (seen_.size() >= kMostRemembered) seen_.clear();
  const auto [place, is_new] = seen_.try_emplace(key_of(demand));
  Seen& seen = place->second;
  const bool is_recent = !is_new && sources.store != nullptr && seen.newest == newest &&
                         sources.now >= seen.at && sources.now - seen.at < kRecent;
  if (!is_recent) seen = {sources.now, newest, kept_evidence(demand, sources)};
  GateEvidence evidence = seen.evidence;
  evidence.lever = sources.lever;
  evidence.now = sources.now;
  return evidence;
}

}  // namespace muster
