// What holds for every kind of store.
#include "store/store.h"

#include <atomic>
#include <cstdlib>
#include <set>

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "test/reports/sample_result.h"

#include "sample_store.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::eventually;
using sample::store_kinds;
using sample::StorePlace;

namespace {

namespace data = boost::unit_test::data;

const UtcTime kNoon = *parse_utc("2026-11-24T12:00:00Z");

/// Due at noon and `minutes` later, to be started within ten of them.
Occurrence turn(const std::string& schedule, int minutes = 0) {
  Occurrence occurrence;
  occurrence.schedule = schedule;
  occurrence.due = kNoon + std::chrono::minutes(minutes);
  occurrence.at = occurrence.due + 1s;
  occurrence.latest = occurrence.due + 10min;
  return occurrence;
}

std::optional<Occurrence> claimed(Store& store,
                                  const std::string& holder,
                                  Duration lease = 1h,
                                  int at_once = 1) {
  return store.claim({"weekly", "daily"}, holder, lease, at_once, kNoon + 5min);
}

std::string state_of(Store& store, const Occurrence& which) {
  return store.plan(which).state;
}

/// Of all processes, so that they can be counted over.
struct Shared {
  std::atomic<int> ended = 0;
  std::atomic<int> in_force = 0;
  std::atomic<int> most_in_force = 0;
  std::atomic<int> starts[512] = {};

  void begin() {
    const int now = ++in_force;
    for (int most = most_in_force; now > most;)
      if (most_in_force.compare_exchange_weak(most, now)) break;
  }
};

class SharedMemory {
 public:
  SharedMemory()
      : memory_(::mmap(
            nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        shared_(new (memory_) Shared) {}
  ~SharedMemory() { ::munmap(memory_, sizeof(Shared)); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  Shared* operator->() const { return shared_; }
  Shared& operator*() const { return *shared_; }

 private:
  void* memory_;
  Shared* shared_;
};

constexpr int kProcesses = 4;
constexpr int kAtOnce = 3;

/// Claims, starts and ends whatever there is until all has ended.
void work_off(const std::string& location, int occurrences, Shared& shared, int process) {
  const auto store = open_store(location);
  while (shared.ended < occurrences) {
    const auto mine = claimed(*store, "p" + std::to_string(process), 1h, kAtOnce);
    if (!mine) {  // others hold as many as may be held
      ::usleep(2000);
      continue;
    }
    shared.begin();
    const auto index = static_cast<std::size_t>((mine->due - kNoon) / 1ms);
    if (store->start(*mine, "run")) ++shared.starts[index];
    --shared.in_force;
    if (!store->finish(*mine, "finished", "pass")) fail("the claim was lost");
    ++shared.ended;
  }
}

int contest(const std::string& location, int occurrences, const SharedMemory& shared) {
  return sample::in_processes(
      kProcesses, [&](int process) { work_off(location, occurrences, *shared, process); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store)

BOOST_DATA_TEST_CASE(an_occurrence_is_as_whoever_planned_it_first_drew_it,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  const Occurrence first = store->plan(turn("weekly"));
  BOOST_TEST(first.state == "planned");
  BOOST_TEST(first.generation == 0);
  Occurrence other = turn("weekly");
  other.at += 3min;
  const Occurrence known = open_store(place.location())->plan(other);
  BOOST_TEST((known.at == first.at));
  BOOST_TEST((known.due == other.due));
  BOOST_TEST((known.latest == other.latest));
  BOOST_TEST(store->occurrences("", 10).size() == 1U);
}

BOOST_DATA_TEST_CASE(what_is_due_is_claimed_and_what_was_due_first_comes_first,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  BOOST_TEST(!claimed(*store, "a").has_value());
  store->plan(turn("weekly", 5));    // a second after the moment of asking
  store->plan(turn("weekly", -11));  // too late by now
  store->plan(turn("another"));
  BOOST_TEST(!claimed(*store, "a").has_value());
  BOOST_TEST(!store->claim({}, "a", 1h, 1, kNoon).has_value());
  store->plan(turn("weekly", 2));
  store->plan(turn("daily", 1));
  const auto mine = claimed(*store, "a", 1h, 2);
  BOOST_REQUIRE(mine.has_value());
  BOOST_TEST(mine->schedule == "daily");
  BOOST_TEST((mine->due == kNoon + 1min));
  BOOST_TEST(mine->state == "claimed");
  BOOST_TEST(mine->holder == "a");
  BOOST_TEST(mine->generation == 1);
  BOOST_TEST(claimed(*store, "b", 1h, 2)->schedule == "weekly");
}

BOOST_DATA_TEST_CASE(no_more_are_claimed_or_started_than_may_be_at_once,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  for (int i = 0; i < 4; ++i) store->plan(turn("weekly", i));
  const auto first = claimed(*store, "a", 1h, 2);
  const auto second = claimed(*store, "b", 1h, 2);
  BOOST_REQUIRE((first && second));
  BOOST_TEST(!claimed(*store, "c", 1h, 2).has_value());
  BOOST_TEST(store->start(*first, "01KA"));
  BOOST_TEST(!claimed(*store, "c", 1h, 2).has_value());
  BOOST_TEST(store->finish(*first, "finished", "pass"));
  BOOST_TEST(claimed(*store, "c", 1h, 2).has_value());
  BOOST_TEST(!claimed(*store, "d", 1h, 2).has_value());
}

BOOST_DATA_TEST_CASE(a_claim_starts_once_and_only_for_its_holder, data::make(store_kinds()), kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  store->plan(turn("weekly"));
  const Occurrence mine = claimed(*store, "a").value();
  Occurrence stolen = mine;
  stolen.holder = "b";
  Occurrence old = mine;
  --old.generation;
  for (const Occurrence& not_mine : {stolen, old}) {
    BOOST_TEST(!store->renew(not_mine, 1h));
    BOOST_TEST(!store->start(not_mine, "01KB"));
    BOOST_TEST(!store->finish(not_mine, "finished", "pass"));
  }
  BOOST_TEST(store->renew(mine, 1h));
  BOOST_TEST(store->start(mine, "01KA"));
  BOOST_TEST(!store->start(mine, "01KA"));
  BOOST_TEST(store->renew(mine, 1h));
  BOOST_TEST(store->finish(mine, "finished", "it's a \"pass\""));
  BOOST_TEST(!store->finish(mine, "cut", "again"));
  BOOST_TEST(!store->renew(mine, 1h));
  BOOST_TEST(!store->start(mine, "01KA"));
  const Occurrence ended = store->occurrences("weekly", 1).at(0);
  BOOST_TEST(ended.state == "finished");
  BOOST_TEST(ended.run == "01KA");
  BOOST_TEST(ended.why == "it's a \"pass\"");
}

BOOST_DATA_TEST_CASE(a_holder_that_was_silent_too_long_has_lost_to_the_next_one,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  store->plan(turn("weekly"));
  const Occurrence late = claimed(*store, "paused", 1ms).value();
  const auto other = open_store(place.location());
  std::optional<Occurrence> next;
  BOOST_REQUIRE(eventually([&] { return (next = claimed(*other, "awake")).has_value(); }));
  BOOST_TEST(next->generation == late.generation + 1);
  BOOST_TEST((next->due == late.due));
  BOOST_TEST(!store->renew(late, 1h));
  BOOST_TEST(!store->start(late, "01KA"));
  for (const char* end : {"finished", "skipped", "cut"}) BOOST_TEST(!store->finish(late, end, ""));
  BOOST_TEST(other->start(*next, "01KB"));
  BOOST_TEST(!store->renew(late, 1h));
  BOOST_TEST(!store->finish(late, "cut", ""));
  BOOST_TEST(other->finish(*next, "finished", "pass"));
}

BOOST_DATA_TEST_CASE(a_claim_that_its_holder_lost_and_won_again_is_another_claim,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  store->plan(turn("weekly"));
  const Occurrence lost = claimed(*store, "a", 1ms).value();
  std::optional<Occurrence> again;
  BOOST_REQUIRE(eventually([&] { return (again = claimed(*store, "a")).has_value(); }));
  BOOST_TEST(!store->renew(lost, 1h));
  BOOST_TEST(!store->start(lost, "01KA"));
  BOOST_TEST(!store->finish(lost, "skipped", ""));
  BOOST_TEST(store->start(*again, "01KB"));
}

BOOST_DATA_TEST_CASE(a_claim_that_ran_out_is_over_even_where_nobody_took_it,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  store->plan(turn("weekly"));
  const Occurrence late = claimed(*store, "paused", 1ms).value();
  BOOST_REQUIRE(eventually([&] { return !store->renew(late, 1ms); }));
  BOOST_TEST(!store->renew(late, 1h));
  BOOST_TEST(!store->start(late, "01KA"));
  // Anybody may say that it will not run.
  BOOST_TEST(open_store(place.location())->finish(turn("weekly"), "skipped", "missed"));
  BOOST_TEST(state_of(*store, turn("weekly")) == "skipped");
}

BOOST_DATA_TEST_CASE(what_was_started_is_never_claimed_again_but_cut,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  store->plan(turn("weekly"));
  const Occurrence mine = claimed(*store, "dead", 100ms).value();
  // A busy machine may take so long that the claim runs out first; then it is another's.
  Occurrence started = mine;
  while (!store->start(started, "01KA")) {
    BOOST_TEST_MESSAGE("it ran out, once more");
    started = claimed(*store, "dead", 2s).value();
  }
  BOOST_TEST(store->renew(started, 1ms));
  std::vector<Occurrence> cut;
  BOOST_REQUIRE(eventually([&] {
    BOOST_TEST(!claimed(*store, "b", 1h, 5).has_value());
    cut = open_store(place.location())->cut_expired("its server went silent");
    return !cut.empty();
  }));
  BOOST_REQUIRE(cut.size() == 1U);
  BOOST_TEST(cut[0].state == "cut");
  BOOST_TEST(cut[0].run == "01KA");
  BOOST_TEST(cut[0].why == "its server went silent");
  BOOST_TEST(store->cut_expired("again").empty());
  BOOST_TEST(!claimed(*store, "b", 1h, 5).has_value());
  BOOST_TEST(!store->renew(started, 1h));
  BOOST_TEST(!store->finish(started, "finished", "pass"));
}

BOOST_DATA_TEST_CASE(only_what_nobody_has_can_be_skipped_by_anybody,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  const Occurrence planned = store->plan(turn("weekly"));
  BOOST_TEST(!store->finish(planned, "finished", "pass"));
  BOOST_TEST(!store->finish(planned, "cut", ""));
  BOOST_CHECK_THROW(store->finish(planned, "planned", ""), Error);
  BOOST_TEST(store->finish(planned, "skipped", "a blackout"));
  store->plan(turn("daily"));
  const Occurrence mine = claimed(*store, "a").value();
  BOOST_TEST(!store->finish(turn("daily"), "skipped", "not yours"));
  BOOST_TEST(store->finish(mine, "skipped", "an incident is open"));
  BOOST_TEST(!claimed(*store, "b").has_value());
}

BOOST_DATA_TEST_CASE(occurrences_come_newest_first, data::make(store_kinds()), kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  for (const int minute : {2, 1, 3}) store->plan(turn("weekly", minute));
  store->plan(turn("daily", 9));
  const auto all = store->occurrences("", 3);
  BOOST_REQUIRE(all.size() == 3U);
  BOOST_TEST(all[0].schedule == "daily");
  BOOST_TEST((all[1].due == kNoon + 3min));
  BOOST_TEST((all[2].due == kNoon + 2min));
  BOOST_TEST(store->occurrences("weekly", 10).size() == 3U);
  BOOST_TEST(store->occurrences("unknown", 10).empty());
}

BOOST_DATA_TEST_CASE(results_and_approvals_come_back_byte_for_byte,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  BOOST_TEST(!store->result("01KA").has_value());
  BOOST_TEST(!store->approval("sha256:1").has_value());
  const std::string text = "{\n  \"it's\": \"\\u0000 \xc3\xa9 \xe2\x80\xa6 :a $1 \\\\ \"\r\n}\n" +
                           std::string(2'000'000, 'x');
  store->keep_result("01KA", {text, "ed25519:0123:sig="});
  store->keep_approval({"sha256:1", "{\"who\": \"alice\"}"});
  const auto reader = open_store(place.location());
  BOOST_TEST((reader->result("01KA")->text == text));
  BOOST_TEST(reader->result("01KA")->signature == "ed25519:0123:sig=");
  BOOST_TEST(reader->approval("sha256:1")->text == "{\"who\": \"alice\"}");
  store->keep_result("01KA", {"{}", ""});
  BOOST_TEST(reader->result("01KA")->text == "{}");
  BOOST_CHECK_THROW(store->keep_result("01KA", {std::string("a\0b", 3), ""}), Error);
}

BOOST_DATA_TEST_CASE(the_clock_of_the_store_is_a_clock, data::make(store_kinds()), kind) {
  const StorePlace place(kind);
  const SystemClock clock;
  const auto store = open_store(place.location());
  const UtcTime before = clock.utc_now();
  const UtcTime there = store->now();
  // SQLite counts milliseconds, rounded.
  BOOST_TEST((there >= before - 1ms && there <= clock.utc_now() + 1ms));
}

BOOST_DATA_TEST_CASE(many_processes_start_each_occurrence_once_and_lose_none,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const int occurrences = kind == "sqlite" ? 60 : 300;  // each of its commits waits for a disk
  const SharedMemory shared;
  {
    const auto store = open_store(place.location());
    for (int i = 0; i < occurrences; ++i) {
      Occurrence each = turn("weekly");
      each.due += std::chrono::milliseconds(i);
      store->plan(each);
    }
  }
  const int good = contest(place.location(), occurrences, shared);
  BOOST_TEST(good == kProcesses);
  for (int i = 0; i < occurrences; ++i) BOOST_TEST(shared->starts[i] == 1);
  BOOST_TEST(shared->most_in_force <= kAtOnce);
  BOOST_TEST(shared->most_in_force >= 1);
  const auto all = open_store(place.location())->occurrences("weekly", 1000);
  BOOST_TEST(std::ranges::count(all, "finished", &Occurrence::state) == occurrences);
}

BOOST_DATA_TEST_CASE(the_runs_are_kept_in_the_same_store, data::make(store_kinds()), kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  Result result = sample::passed();
  result.environment.push_back({"stack", "shop", "config"});
  HistoryRun run = history_run_of(result);
  run.result_digest = "sha256:0123";
  run.profile = {-2, 1, {0, 0, 0.5, 0.25}};
  run.metrics.push_back({.id = "a", .probe = "b", .value = 0.1 + 0.2, .resolution = 1e-9});
  run.metrics.push_back(
      {.id = "never", .probe = "b", .value = {}, .judged = true, .budget = 30, .missed = true});
  store->history().add(run);
  store->history().add(run);
  const auto reader = open_store(place.location());
  const HistoryRun kept = reader->history().run(run.id).value();
  BOOST_TEST(kept.number == run.number);
  BOOST_TEST(kept.stack == "shop");
  BOOST_TEST(kept.result_digest == "sha256:0123");
  BOOST_TEST((kept.started == run.started));
  BOOST_TEST((kept.profile.failed == run.profile.failed));
  BOOST_TEST(kept.metrics.size() == run.metrics.size());
  BOOST_TEST(*metric_of(kept, "a", "b")->value == 0.1 + 0.2);
  BOOST_TEST(metric_of(kept, "a", "b")->resolution == 1e-9);
  BOOST_TEST(!metric_of(kept, "never", "b")->value.has_value());
  BOOST_TEST(*metric_of(kept, "never", "b")->budget == 30);
  BOOST_TEST(metric_of(kept, "never", "b")->missed);
  reader->history().accept({run.id, kNoon, "alice (uid 1000)", "it's \"ours\""});
  reader->history().accept({run.id, kNoon, "bob (uid 1001)", "the last word"});
  BOOST_TEST(store->history().runs("", 5).at(0).accepted->who == "bob (uid 1001)");
  run.id = "01KB";
  run.started += 1h;
  store->history().add(run);
  const auto newest = reader->history().runs(run.drill, 1);
  BOOST_REQUIRE(newest.size() == 1U);
  BOOST_TEST(newest[0].id == "01KB");
  BOOST_TEST(!newest[0].accepted.has_value());
  BOOST_TEST(newest[0].metrics.size() == run.metrics.size());
}

BOOST_DATA_TEST_CASE(several_processes_make_the_tables_and_number_runs_at_once,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  constexpr int kRounds = 8;
  const int good = sample::in_processes(kProcesses, [&](int process) {
    const auto store = open_store(place.location());  // the first one makes the tables
    for (int i = 0; i < kRounds; ++i) {
      HistoryRun run;
      run.id = std::to_string(process) + "-" + std::to_string(i);
      run.drill = "d";
      run.number = store->history().next_number("d");
      store->history().add(run);
    }
  });
  BOOST_TEST(good == kProcesses);
  const auto store = open_store(place.location());
  std::set<std::int64_t> numbers;
  const auto runs = store->history().runs("d", 1000);
  for (const HistoryRun& run : runs) numbers.insert(run.number);
  BOOST_TEST(numbers.size() == static_cast<std::size_t>(kProcesses * kRounds));
  BOOST_TEST(store->history().next_number("d") == kProcesses * kRounds + 1);
  HistoryRun from_elsewhere;
  from_elsewhere.id = "x";
  from_elsewhere.drill = "d";
  from_elsewhere.number = 3'000'000'000;
  store->history().add(from_elsewhere);
  BOOST_TEST(store->history().next_number("d") == 3'000'000'001);
}

BOOST_AUTO_TEST_CASE(the_store_is_where_the_environment_says_or_at_home) {
  const char* before = std::getenv("MUSTER_STORE");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("MUSTER_STORE", "postgresql://pg-ops.example/muster", 1);
  BOOST_TEST(default_store() == "postgresql://pg-ops.example/muster");
  ::setenv("MUSTER_STORE", "", 1);
  BOOST_TEST(default_store() == "sqlite:" + (muster_home() / "history.db").string());
  ::setenv("MUSTER_STORE", kept.c_str(), 1);
}

BOOST_AUTO_TEST_CASE(a_file_is_nowhere_on_a_network) {
  const StorePlace place("sqlite");
  const auto store = open_store(place.location());
  BOOST_TEST(!is_shared(place.location()));
  BOOST_TEST(is_shared("postgresql://pg-ops.example/muster"));
  BOOST_TEST(store->host() == "");
  BOOST_TEST(store->addresses().empty());
}

BOOST_AUTO_TEST_SUITE_END()
