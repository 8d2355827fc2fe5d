#pragma once

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"

namespace muster {

/// The store's promises in memory, on virtual time, for the simulation of schedulers. Can be told
/// to be away.
class SimStore final : public Store, private History {
 public:
  explicit SimStore(const Clock& clock) : clock_(clock) {}

  bool away = false;
  bool hides_leases = false;  ///< who asks for them gets an error
  std::string place;          ///< as host() has it; empty: of one machine alone
  std::vector<HistoryRun> remembered;

  History& history() override { return *this; }

  Occurrence plan(const Occurrence& occurrence) override {
    ask();
    return entries_.try_emplace(key(occurrence), Entry{occurrence, {}}).first->second.occurrence;
  }

  std::optional<Occurrence> claim(const std::vector<std::string>& schedules,
                                  const std::string& holder,
                                  Duration lease,
                                  int at_once,
                                  UtcTime now) override {
    ask();
    int busy = 0;
    Entry* due = nullptr;
    for (auto& [id, entry] : entries_) {
      const Occurrence& each = entry.occurrence;
      const bool free = each.state == "planned" || (each.state == "claimed" && expired(entry));
      if (each.state == "started" || (each.state == "claimed" && !expired(entry))) ++busy;
      const bool named = std::ranges::find(schedules, each.schedule) != schedules.end();
      if (free && named && each.at <= now && now <= each.latest && due == nullptr) due = &entry;
    }
    if (due == nullptr || busy >= at_once) return std::nullopt;
    due->occurrence.state = "claimed";
    due->occurrence.holder = holder;
    ++due->occurrence.generation;
    due->until = clock_.now() + lease;
    return due->occurrence;
  }

  bool renew(const Occurrence& mine, Duration lease) override {
    ask();
    Entry* entry = held(mine);
    if (entry == nullptr) return false;
    entry->until = clock_.now() + lease;
    return true;
  }

  bool start(const Occurrence& mine, const std::string& run) override {
    ask();
    Entry* entry = held(mine);
    if (entry == nullptr || entry->occurrence.state != "claimed" || expired(*entry)) return false;
    entry->occurrence.state = "started";
    entry->occurrence.run = run;
    return true;
  }

  bool finish(const Occurrence& mine, const std::string& state, const std::string& why) override {
    ask();
    const auto found = entries_.find(key(mine));
    if (found == entries_.end()) return false;
    Entry& entry = found->second;
    const bool anybodys = state == "skipped" && entry.occurrence.state == "planned";
    if (!anybodys && held(mine) == nullptr) return false;
    entry.occurrence.state = state;
    entry.occurrence.why = why;
    return true;
  }

  std::vector<Occurrence> cut_expired(const std::string& why) override {
    ask();
    std::vector<Occurrence> cut;
    for (auto& [id, entry] : entries_) {
      if (entry.occurrence.state != "started" || !expired(entry)) continue;
      entry.occurrence.state = "cut";
      entry.occurrence.why = why;
      cut.push_back(entry.occurrence);
    }
    return cut;
  }

  std::vector<Occurrence> occurrences(const std::string& schedule, std::size_t limit) override {
    ask();
    std::vector<Occurrence> found;
    for (auto entry = entries_.rbegin(); entry != entries_.rend() && found.size() < limit; ++entry)
      if (schedule.empty() || entry->first.second == schedule)
        found.push_back(entry->second.occurrence);
    return found;
  }

  std::optional<Lease> lease(const std::string& name,
                             const std::string& holder,
                             Duration length) override {
    ask();
    Taken& taken = leases_[name];
    const bool is_over = taken.until < clock_.now();
    if (taken.lease.holder != holder && !is_over) return std::nullopt;
    const Time had = taken.lease.holder == holder ? taken.until : Time::min();
    taken.lease = {name, holder, taken.lease.generation + (is_over ? 1 : 0)};
    taken.until = std::max(had, clock_.now() + length);
    return taken.lease;
  }
  void release(const Lease& lease) override {
    ask();
    Taken& taken = leases_[lease.name];
    if (taken.lease.holder != lease.holder || taken.lease.generation != lease.generation) return;
    taken.lease.holder = "";
    taken.until = Time::min();
  }
  std::vector<TakenLease> leases(const std::string& prefix) override {
    ask();
    if (hides_leases) fail("the leases are away");
    std::vector<TakenLease> found;
    for (const auto& [name, taken] : leases_)
      if (name.starts_with(prefix) && !taken.lease.holder.empty())
        found.push_back({taken.lease, taken.until - clock_.now()});
    return found;
  }
  void keep_result(const std::string&, const SignedResult&) override { ask(); }
  std::optional<SignedResult> result(const std::string&) override { return std::nullopt; }
  void keep_approval(const StoredApproval& approval) override {
    ask();
    approvals_[approval.plan_hash] = approval.text;
  }
  std::optional<StoredApproval> approval(const std::string& plan_hash) override {
    ask();
    const auto kept = approvals_.find(plan_hash);
    if (kept == approvals_.end()) return std::nullopt;
    return StoredApproval{kept->first, kept->second};
  }
  UtcTime now() override { return clock_.utc_now(); }
  std::string host() const override { return place; }
  std::vector<std::string> addresses() override { return {}; }

 private:
  struct Entry {
    Occurrence occurrence;
    Time until;
  };
  struct Taken {
    Lease lease;
    Time until = Time::min();
  };
  using Key = std::pair<UtcTime, std::string>;

  static Key key(const Occurrence& occurrence) { return {occurrence.due, occurrence.schedule}; }
  void ask() const {
    if (away) fail("the store is away");
  }
  bool expired(const Entry& entry) const { return entry.until <= clock_.now(); }
  Entry* held(const Occurrence& mine) {
    const auto found = entries_.find(key(mine));
    if (found == entries_.end()) return nullptr;
    const Occurrence& each = found->second.occurrence;
    const bool ours = each.holder == mine.holder && each.generation == mine.generation;
    return ours && (each.state == "claimed" || each.state == "started") ? &found->second : nullptr;
  }

  std::int64_t next_number(const std::string&) override { return 1; }
  void add(const HistoryRun& run) override {
    ask();
    remembered.insert(remembered.begin(), run);
  }
  std::vector<HistoryRun> runs(const std::string&, std::size_t) override {
    ask();
    return remembered;
  }
  std::optional<HistoryRun> run(const std::string&) override { return std::nullopt; }
  void accept(const Acceptance&) override {}

  const Clock& clock_;
  std::map<Key, Entry> entries_;
  std::map<std::string, Taken> leases_;
  std::map<std::string, std::string> approvals_;
};

}  // namespace muster
