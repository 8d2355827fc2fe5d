// Three runners on one PostgreSQL. One is killed while it holds a claim and one while it drills,
// one is stopped past its lease before it starts and goes on later, a fourth is stopped in the
// middle of a transaction, and the database is killed and started again half-way. No occurrence is
// drilled twice, none is lost, and nobody drills what it has lost.
//
// A round takes ten seconds; MUSTER_STORE_ROUNDS=100 does as many, with the killings elsewhere.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/random.h"
#include "store/database.h"
#include "store/store.h"

#include "sample_store.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::eventually;

namespace {

const UtcTime kNoon = *parse_utc("2026-11-24T12:00:00Z");
constexpr int kOccurrences = 60;
constexpr int kAtOnce = 2;
constexpr Duration kLease = 1s;
constexpr std::size_t kAll = 1000;

/// Every fifth one was due so early that it can only be skipped.
Occurrence turn(int number) {
  Occurrence occurrence;
  occurrence.schedule = number % 2 == 0 ? "weekly" : "daily";
  occurrence.due = occurrence.at = kNoon + std::chrono::milliseconds(number);
  occurrence.latest = number % 5 == 0 ? occurrence.due : kNoon + 1h;
  return occurrence;
}

std::string name_of(const Occurrence& occurrence) {
  return fmt::format("{}/{}", occurrence.schedule, (occurrence.due - kNoon) / 1ms);
}

bool has_ended(const Occurrence& occurrence) {
  return occurrence.state == "finished" || occurrence.state == "skipped" ||
         occurrence.state == "cut";
}

/// What a runner does to itself when it comes to its n-th claim, before or after it starts it.
struct Mishap {
  int at_claim = 0;
  bool after_start = false;
  int signal = 0;
};

/// What `muster serve` does with its store, and nothing else of it.
class Runner {
 public:
  Runner(const std::string& location,
         std::string name,
         const std::filesystem::path& log,
         const std::vector<Mishap>& mishaps)
      : location_(location),
        name_(std::move(name)),
        log_(::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)),
        mishaps_(mishaps) {}

  void run() {
    while (!done_) {
      try {
        if (!store_) store_ = open_store(location_);
        turn_once();
      } catch (const Error& error) {
        // Whatever it was about to do, it does not.
        say("error", error.what());
        ::usleep(50'000);
      }
    }
  }

 private:
  void turn_once() {
    for (const Occurrence& each : store_->cut_expired("its runner went silent"))
      say("cut", name_of_run(each));
    const std::vector<Occurrence> all = store_->occurrences("", kAll);
    done_ = std::ranges::all_of(all, has_ended);
    for (const Occurrence& each : all)
      if (each.state == "planned" && each.latest < kNoon + 1min)
        if (store_->finish(each, "skipped", "missed")) say("skipped", name_of(each));
    const auto mine = store_->claim({"weekly", "daily"}, name_, kLease, kAtOnce, kNoon + 1min);
    if (mine)
      drill(*mine);
    else
      ::usleep(10'000);
  }

  void drill(const Occurrence& mine) {
    ++claims_;
    say("claimed", name_of_run(mine));
    suffer(false);
    if (!store_->start(mine, name_of_run(mine))) {
      say("refused", name_of_run(mine));
      return;
    }
    say("acted", name_of_run(mine));
    suffer(true);
    for (int i = 0; i < 3; ++i) {
      ::usleep(10'000);
      if (!store_->renew(mine, kLease)) {
        say("lost", name_of_run(mine));
        return;
      }
    }
    say(store_->finish(mine, "finished", "pass") ? "finished" : "lost", name_of_run(mine));
  }

  void suffer(bool after_start) const {
    for (const Mishap& mishap : mishaps_)
      if (mishap.at_claim == claims_ && mishap.after_start == after_start) ::raise(mishap.signal);
  }

  /// With the generation, which no two claims share.
  static std::string name_of_run(const Occurrence& occurrence) {
    return fmt::format("{} {}", name_of(occurrence), occurrence.generation);
  }

  void say(const std::string& what, const std::string& about) const {
    const std::string line = fmt::format("{} {} {}\n", what, about, name_);
    if (::write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(2);
  }

  std::string location_, name_;
  int log_;
  std::vector<Mishap> mishaps_;
  std::unique_ptr<Store> store_;
  int claims_ = 0;
  bool done_ = false;
};

struct Ledger {
  std::map<std::string, int> acted;  ///< how often, by occurrence
  std::map<std::string, int> words;
};

Ledger read_ledger(const std::filesystem::path& log) {
  Ledger ledger;
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    const std::string word = line.substr(0, line.find(' '));
    const std::string rest = line.substr(word.size() + 1);
    ++ledger.words[word];
    if (word == "acted") ++ledger.acted[rest.substr(0, rest.find(' '))];
  }
  return ledger;
}

/// Waits until the child has stopped itself.
bool has_stopped(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status);
}

int signal_that_ended(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) == 0 ? 0 : -1;
}

/// Holds the claims of all in a transaction that it does not end.
void stop_in_a_transaction(const std::string& location) {
  open_postgres(location)->write([](soci::session& sql) {
    sql << kPostgres.queue_up;
    ::raise(SIGSTOP);
  });
}

class Round {
 public:
  explicit Round(std::uint64_t seed) : random_(seed), location_(sample::postgres().new_place()) {
    const auto store = open_store(location_);
    for (int i = 0; i < kOccurrences; ++i) store->plan(turn(i));
  }

  void run() {
    const pid_t killed = runner("killed", {{some(), coin(), SIGKILL}});
    const pid_t paused = runner("paused", {{some(), false, SIGSTOP}});
    const pid_t steady = runner("steady", {});
    BOOST_TEST(has_stopped(paused));
    BOOST_TEST(signal_that_ended(killed) == SIGKILL);
    BOOST_TEST(eventually([&] { return count("finished") >= kOccurrences / 3; }));
    const pid_t holding = sample::in_process([&] { stop_in_a_transaction(location_); });
    BOOST_TEST(has_stopped(holding));
    const int before = count("finished");
    BOOST_TEST(eventually([&] { return count("finished") > before; }));
    sample::postgres().signal(SIGKILL);
    sample::postgres().start();
    BOOST_TEST(eventually([&] { return count("finished") >= kOccurrences / 2; }));
    ::kill(paused, SIGCONT);
    ::kill(holding, SIGCONT);
    BOOST_TEST(signal_that_ended(paused) == 0);
    BOOST_TEST(signal_that_ended(steady) == 0);
    BOOST_TEST(signal_that_ended(holding) == -1);  // it was told that its transaction is over
  }

  void check() {
    const Ledger ledger = read_ledger(log());
    for (const auto& [word, times] : ledger.words) std::printf("%s %d  ", word.c_str(), times);
    std::printf("\n");
    const auto all = open_store(location_)->occurrences("", kAll);
    BOOST_TEST(all.size() == static_cast<std::size_t>(kOccurrences));
    for (const Occurrence& each : all) {
      const auto found = ledger.acted.find(name_of(each));
      const int acted = found == ledger.acted.end() ? 0 : found->second;
      BOOST_TEST_CONTEXT(name_of(each) << " " << each.state) {
        BOOST_TEST(has_ended(each));
        if (each.state == "finished") BOOST_TEST(acted == 1);
        if (each.state == "skipped") BOOST_TEST(acted == 0);
        if (each.state == "cut") BOOST_TEST(acted <= 1);
        BOOST_TEST((each.state == "skipped") == (each.latest == each.due));
      }
    }
    BOOST_TEST(ledger.words.at("refused") >= 1);  // the one that was stopped past its lease
  }

 private:
  std::filesystem::path log() const { return folder_.path() / "log"; }

  pid_t runner(const std::string& name, const std::vector<Mishap>& mishaps) {
    return sample::in_process([&] { Runner(location_, name, log(), mishaps).run(); });
  }

  /// In the store, where no more than kAtOnce may be in force whenever one looks; none while it is
  /// away.
  int count(const std::string& state) {
    try {
      if (!store_) store_ = open_store(location_);
      const auto all = store_->occurrences("", kAll);
      const auto in_force = std::ranges::count(all, "claimed", &Occurrence::state) +
                            std::ranges::count(all, "started", &Occurrence::state);
      BOOST_TEST(in_force <= kAtOnce);
      return static_cast<int>(std::ranges::count(all, state, &Occurrence::state));
    } catch (const Error&) {
      return 0;
    }
  }

  int some() { return 1 + static_cast<int>(random_.below(3)); }
  bool coin() { return random_.below(2) == 0; }

  Random random_;
  sample::StoreFolder folder_;
  std::string location_;
  std::unique_ptr<Store> store_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(three_runners, *boost::unit_test::precondition(sample::PostgresIsInstalled()))

BOOST_AUTO_TEST_CASE(no_drill_runs_twice_and_none_is_lost) {
  const char* wanted = std::getenv("MUSTER_STORE_ROUNDS");
  const int rounds = wanted == nullptr ? 1 : std::atoi(wanted);
  for (int i = 0; i < rounds; ++i) {
    BOOST_TEST_CONTEXT("round " << i) {
      Round round(static_cast<std::uint64_t>(i));
      round.run();
      round.check();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
