#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "reports/history/history.h"

namespace muster {

/// One turn of a schedule: it is claimed once, and ends in exactly one way.
struct Occurrence {
  std::string schedule;
  UtcTime due;     ///< with `schedule`, its identity: the start of the window, or the cron instant
  UtcTime at;      ///< the moment in it that was drawn, once, by whoever planned it first
  UtcTime latest;  ///< it may not start later
  std::string state;            ///< planned, claimed, started, finished, skipped, cut
  std::string holder;           ///< server that claimed it
  std::int64_t generation = 0;  ///< grows with each claim: the fencing token
  std::string run;              ///< id of its run, once it has one
  std::string why;  ///< of skipped and cut; the status of finished; who asked for a planned one
};

/// A right that ends by itself. Time is the store's own, so that no server's clock matters.
struct Lease {
  std::string name;             ///< "stack:shop"
  std::string holder;           ///< "host.example/1234/AB12": one process, once
  std::int64_t generation = 0;  ///< grows each time that somebody takes it
};

/// A lease that somebody took and has not let go.
struct TakenLease {
  Lease lease;
  Duration left{};  ///< until its time is over
  /// Whoever asks for it next gets it.
  bool is_over() const { return left < Duration::zero(); }
};

/// A person's leave, as an approval file has it, shared by all servers of the store.
struct StoredApproval {
  std::string plan_hash;
  std::string text;  ///< the approval as JSON
};

/// A result as it was signed.
struct SignedResult {
  std::string text;       ///< result.json, byte for byte
  std::string signature;  ///< signature.h
};

/// The shared facts: SQLite by default, PostgreSQL for several servers; the same schema and
/// migrations. Every call is one transaction and throws Error where the store cannot be asked: the
/// caller then acts on nothing. Whether a change was kept is then not known, and asking again does
/// no harm; a claim that nobody knows of runs out.
///
/// Calls block, one at a time. One to PostgreSQL never takes longer than `kLongestAnswer`, and a
/// connection that broke is made anew by the next one; one to SQLite waits 20 s for a process that
/// holds the file.
class Store {
 public:
  virtual ~Store() = default;
  virtual History& history() = 0;

  // ---- occurrences
  /// Makes the occurrence known unless it is already; returns it as it stands.
  virtual Occurrence plan(const Occurrence& occurrence) = 0;
  /// The due occurrence (at <= now <= latest) of any of `schedules` that is planned, or claimed by
  /// one whose lease ended before it started: claimed for `holder`, with the next generation. At
  /// most `at_once` are claimed or started at a time, over all holders; a started one counts until
  /// it has ended. Nothing where there is none.
  virtual std::optional<Occurrence> claim(const std::vector<std::string>& schedules,
                                          const std::string& holder,
                                          Duration lease,
                                          int at_once,
                                          UtcTime now) = 0;
  /// Prolongs the claim; false where it is another's now, or has ended: stop what you do. One that
  /// was not started ends with its lease, a started one only when somebody cuts it.
  virtual bool renew(const Occurrence& mine, Duration lease) = 0;
  /// From claimed to started, the moment before the first fault; false where the claim is lost.
  /// True once at most for an occurrence, whoever asks how often: where it threw it may have been
  /// kept, and the occurrence is then the caller's to end.
  virtual bool start(const Occurrence& mine, const std::string& run) = 0;
  /// Ends it: "finished", "skipped" or "cut". False where the claim is lost. One that is planned,
  /// or whose claim ran out before it started, may be skipped by anybody.
  virtual bool finish(const Occurrence& mine, const std::string& state, const std::string& why) = 0;
  /// Started ones whose lease has ended become "cut"; returns those that this call ended.
  virtual std::vector<Occurrence> cut_expired(const std::string& why) = 0;
  /// Newest first; all schedules where it is empty.
  virtual std::vector<Occurrence> occurrences(const std::string& schedule, std::size_t limit) = 0;

  // ---- leases
  /// Takes it where nobody holds it or its time is over; prolongs one's own. Nothing where another
  /// holds it.
  virtual std::optional<Lease> lease(const std::string& name,
                                     const std::string& holder,
                                     Duration length) = 0;
  virtual void release(const Lease& lease) = 0;
  /// Those whose name begins with `prefix`, by name.
  virtual std::vector<TakenLease> leases(const std::string& prefix) = 0;

  // ---- results and approvals
  virtual void keep_result(const std::string& run, const SignedResult& result) = 0;
  virtual std::optional<SignedResult> result(const std::string& run) = 0;
  virtual void keep_approval(const StoredApproval& approval) = 0;
  virtual std::optional<StoredApproval> approval(const std::string& plan_hash) = 0;

  /// The store's own clock. A server whose clock is far from it would drill at the wrong time.
  virtual UtcTime now() = 0;

  // ---- where it is, for the check that no drill breaks its own store; nothing for a file
  /// "pg-ops.example:5432", several with commas; "localhost:5432" for a socket of this machine.
  virtual std::string host() const = 0;
  /// IP literals of all of them, looked up now; Error where that fails.
  virtual std::vector<std::string> addresses() = 0;
};

constexpr Duration kLongestAnswer = std::chrono::seconds(5);

/// `location`: "sqlite:FILE" or "postgresql://..."; makes the tables in an empty one. Throws Error
/// where it is not ours, of a newer muster, or cannot be reached.
std::unique_ptr<Store> open_store(const std::string& location);

/// Throws Error where open_store would, and changes nothing: no file is made and nothing brought up
/// to date.
void look_at_store(const std::string& location);

/// Whether it may be of several servers: no file. Says nothing of whether it can be asked.
bool is_shared(const std::string& location);

/// The location in $MUSTER_STORE, or that of history.db in muster_home().
std::string default_store();

}  // namespace muster
