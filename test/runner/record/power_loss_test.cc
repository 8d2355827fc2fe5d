// What a power loss may leave of the journal of a drill with twenty steps, at any moment of it: all
// that was made durable, and of what was written since any part, in any order, torn anywhere. From
// each of these states muster has to know every change that could be in force at that moment.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/text.h"
#include "test/runner/sim_disk.h"
#include "test/runner/sim_run.h"

using namespace muster;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A stretch of a run in which nothing became durable and nothing changed in the system.
struct Moment {
  std::size_t durable;             ///< bytes of the journal that no power loss takes away
  std::size_t written;             ///< bytes that were written by its end
  std::set<std::string> in_force;  ///< changes
};

/// Sees when the journal was made durable, from below: the journal itself knows nothing of it.
class Recorder {
 public:
  void synced(int file) {
    file_ = file;
    end_moment();
    durable_ = written();
  }
  void changed(const std::set<std::string>& in_force) {
    end_moment();
    in_force_ = in_force;
  }
  std::vector<Moment> moments;

 private:
  void end_moment() {
    if (file_ >= 0) moments.push_back({durable_, written(), in_force_});
  }
  std::size_t written() const {
    struct stat status {};
    ::fstat(file_, &status);
    return static_cast<std::size_t>(status.st_size);
  }

  int file_ = -1;
  std::size_t durable_ = 0;
  std::set<std::string> in_force_;
};

constexpr std::size_t kSector = 512;
constexpr std::size_t kAllSubsetsOf = 8;  ///< pieces; of more only some subsets are tried
constexpr int kSomeSubsets = 100;
#ifdef MUSTER_SANITIZED  // the same code takes ten times as long, and every byte has its turn
                         // without
constexpr std::size_t kCutEvery = 32;
#else
constexpr std::size_t kCutEvery = 1;
#endif
/// A rule set of packets is about so long.
constexpr std::size_t kLongInput = 1500;

/// MUSTER_TEST_JOURNALS of them: of a drill that passes, one that is stopped, one with an undo that
/// fails.
int journals_to_lose() {
  const char* const asked = std::getenv("MUSTER_TEST_JOURNALS");
  return asked == nullptr ? 1 : std::stoi(asked);
}

std::string playbook() {
  const auto inject = [](char name) {
    return fmt::format(
        "inject: {0}\n{1}    fault: {{command: {{host: here, apply: [do, {2}], undo: [undo, {0}], "
        "verify: [see, "
        "{0}]}}}}\n",
        name,
        name == 'd' || name == 'e' ? "    " : "",
        std::string(kLongInput, name));
  };
  std::string text = R"(muster: 1
drill: twenty
title: twenty steps
stack: stack.yaml
probes:
  users: {http: {url: "http://model.test/"}, rate: 100/s, clients: 10, settle: 2s}
steps:
  - baseline: 1s
)";
  for (const std::string_view step : {"+a",
                                      "+b",
                                      "=",
                                      "-a",
                                      "+c",
                                      "de",
                                      "=",
                                      "-b",
                                      "-c",
                                      "+f",
                                      "=",
                                      "-d",
                                      "-e",
                                      "+g",
                                      "=",
                                      "-f",
                                      "+h",
                                      "-g",
                                      "="}) {
    if (step[0] == '+') text += "  - " + inject(step[1]);
    if (step[0] == '-') text += fmt::format("  - undo: {}\n", step[1]);
    if (step[0] == '=') text += "  - hold: 1s\n";
    if (step == "de") text += "  - parallel:\n      - " + inject('d') + "      - " + inject('e');
  }
  return text;
}

/// Every state that a power loss in this moment may leave, once.
class States {
 public:
  explicit States(const std::string& journal) : journal_(journal) {}

  template <class Look>
  void of(const Moment& moment, Look look) {
    const auto show = [&](const std::string& state) {
      std::string key = state;
      for (const std::string& change : moment.in_force) key += change;
      if (seen_.insert(std::hash<std::string>{}(key)).second) look(state);
    };
    for (const std::size_t length : cuts(moment)) show(journal_.substr(0, length));
    const std::vector<std::size_t> ends = piece_ends(moment);
    for (const std::vector<bool>& kept : subsets(ends.size())) {
      std::string state = journal_.substr(0, moment.written);
      std::size_t last = moment.durable;
      for (std::size_t i = 0; i < ends.size(); ++i) {
        const std::size_t begin = i == 0 ? moment.durable : ends[i - 1];
        if (kept[i])
          last = ends[i];
        else
          std::fill(state.begin() + static_cast<std::ptrdiff_t>(begin),
                    state.begin() + static_cast<std::ptrdiff_t>(ends[i]),
                    '\0');
      }
      show(state);  // the length came to the disk, and not all of what it spans
      show(state.substr(0, last));
    }
  }
  std::size_t count() const { return seen_.size(); }

 private:
  static std::vector<std::size_t> cuts(const Moment& moment) {
    std::vector<std::size_t> lengths;
    for (std::size_t at = moment.durable; at <= moment.written; at += kCutEvery)
      lengths.push_back(at);
    return lengths;
  }

  /// What reaches the disk as one: a sector, or what was written of it.
  std::vector<std::size_t> piece_ends(const Moment& moment) const {
    std::vector<std::size_t> ends;
    for (std::size_t at = moment.durable + 1; at <= moment.written; ++at)
      if (at % kSector == 0 || at == moment.written) ends.push_back(at);
    return ends;
  }

  std::vector<std::vector<bool>> subsets(std::size_t pieces) {
    std::vector<std::vector<bool>> all;
    if (pieces == 0) return all;
    if (pieces <= kAllSubsetsOf) {
      for (std::size_t bits = 0; bits < (1U << pieces); ++bits) {
        all.emplace_back();
        for (std::size_t i = 0; i < pieces; ++i) all.back().push_back((bits >> i & 1U) != 0);
      }
      return all;
    }
    for (std::size_t missing = 0; missing < pieces; ++missing) {
      all.emplace_back(pieces, true);
      all.back()[missing] = false;
    }
    for (int i = 0; i < kSomeSubsets; ++i) {
      all.emplace_back();
      for (std::size_t piece = 0; piece < pieces; ++piece)
        all.back().push_back(random_.below(2) == 0);
    }
    return all;
  }

  const std::string& journal_;
  Random random_{7};
  std::unordered_set<std::size_t> seen_;
};

/// Empty where muster knows from this state all that it has to.
std::string what_is_wrong(const std::string& state, const Moment& moment, std::size_t closed_at) {
  const RunTrace trace = trace_journal(parse_journal(state));
  for (const std::string& change : moment.in_force) {
    const bool open = std::ranges::any_of(
        trace.open, [&](const OpenChange& each) { return each.change.id == change; });
    if (!open) return change + " may be in force and is not open";
  }
  if (trace.closed && moment.written <= closed_at)
    return "the run is called closed, though it was not";
  if (trace.closed && !moment.in_force.empty())
    return "the run is called closed with a change in force";
  return "";
}

/// What `recover` does to a journal of a dead run: mends it and goes on.
std::string what_recovery_finds_wrong(const fs::path& path, const std::string& state) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << state;
  const RunTrace before = trace_journal(read_journal(path));
  {
    Journal journal = Journal::reopen(path);
    Undone undone;
    undone.state = Undone::State::Clean;
    for (const OpenChange& open : before.open)
      journal.append("undone", undone_record(open.change, undone), true);
    journal.append("closed", {}, true);
  }
  const JournalContent after = read_journal(path);
  if (after.torn) return "a mended journal is torn";
  const RunTrace trace = trace_journal(after);
  if (!trace.open.empty() || !trace.closed) return "what recovery wrote is not read";
  return trace.damaged != before.damaged ? "mending changed whether it is damaged" : "";
}

struct Loss {
  std::size_t moments = 0, states = 0, wrong = 0, with_changes = 0, mended = 0, damaged = 0;
};

void lose_power(const SimRun& run, Loss& loss) {
  Recorder watching;
  SimRun watched = run;
  watched.on_change = [&](const std::set<std::string>& in_force) {
    watching.changed(in_force);
  };
  on_journal_durable([&](int file) { watching.synced(file); });
  const SimRunEnd outcome = watched();
  on_journal_durable({});
  BOOST_REQUIRE(outcome.ended);
  std::string name = (fs::temp_directory_path() / "muster-power-XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  const std::size_t last_line = outcome.journal.rfind('\n', outcome.journal.size() - 2) + 1;
  const bool closed = outcome.journal.find("\"closed\"", last_line) != std::string::npos;
  const std::size_t closed_at = closed ? last_line : outcome.journal.size();
  States states(outcome.journal);
  for (const Moment& moment : watching.moments) {
    ++loss.moments;
    states.of(moment, [&](const std::string& state) {
      if (!moment.in_force.empty()) ++loss.with_changes;
      std::string wrong = what_is_wrong(state, moment, closed_at);
      if (wrong.empty() && states.count() % 128 == 0) {
        ++loss.mended;
        wrong = what_recovery_finds_wrong(folder / "journal", state);
      }
      if (wrong.empty()) return;
      if (++loss.wrong < 10)
        BOOST_TEST_MESSAGE(moment.durable << " of " << moment.written
                                          << " bytes durable: " << wrong);
    });
  }
  loss.states += states.count();
  fs::remove_all(folder);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power_loss)

BOOST_AUTO_TEST_CASE(no_power_loss_makes_the_journal_forget_a_change_that_may_be_in_force) {
  const Drill drill = simulated_drill(playbook());
  BOOST_TEST(drill.playbook.steps.size() == 20U);
  Loss loss;
  for (int run = 0; run < journals_to_lose(); ++run) {
    SimRun twenty;
    twenty.drill = &drill;
    twenty.seed = static_cast<std::uint64_t>(run + 1);
    twenty.troubles.slowest = 300ms;
    if (run % 3 == 1) twenty.stop_after = 4s;
    if (run % 3 == 2) twenty.troubles.undo_conflicts = 0.3;
    lose_power(twenty, loss);
  }
  std::printf(
      "power loss: %zu states of the journals of %d drills with 20 steps, %zu wrong; in %zu a "
      "change was in force, "
      "%zu were mended and gone on with\n",
      loss.states,
      journals_to_lose(),
      loss.wrong,
      loss.with_changes,
      loss.mended);
  BOOST_TEST(loss.wrong == 0U);
  BOOST_TEST(loss.with_changes > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
