// Every class of local faults is undone one to five times: by its guard (asked, by the end of its
// input, by a signal), by the second guard, by `recover` and by `sweep`, one after the other or two
// at once, in any order and from any state, also one that the record was set back to. After each of
// them the target has to be what it was before, byte for byte.
#include <algorithm>
#include <cstdio>

#include "test/faults/guard_process.h"
#include "test/storm/contest.h"
#include "test/storm/kinds.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

enum class Ending {
  Asked,
  AskedThrice,
  EndOfInput,
  Signal,
  FirstKilled,
  BothKilled,
  Recovered,
  Swept
};
const std::vector<Ending> kEndings = {Ending::Asked,
                                      Ending::AskedThrice,
                                      Ending::EndOfInput,
                                      Ending::Signal,
                                      Ending::FirstKilled,
                                      Ending::BothKilled,
                                      Ending::Recovered,
                                      Ending::Swept};
constexpr const char* kEndingNames[] = {"asked",
                                        "asked thrice",
                                        "end of input",
                                        "signal",
                                        "second guard",
                                        "both killed",
                                        "recovered",
                                        "swept"};

enum class Asked { Recover, Sweep, TwoRecovers, RecoverAndSweep, KilledRecover };
const std::vector<Asked> kAsked = {
    Asked::Recover, Asked::Sweep, Asked::TwoRecovers, Asked::RecoverAndSweep, Asked::KilledRecover};
constexpr const char* kAskedNames[] = {"recover",
                                       "sweep",
                                       "two recovers",
                                       "recover and sweep",
                                       "a recover that is killed, and another"};

class Undoing {
 public:
  Undoing(const ContestOptions& options, std::string_view kind, std::string directory)
      : options_(options),
        name_(kind),
        guards_(directory + "/guard"),
        kind_(make_storm_kind(kind, directory)),
        chance_(options.seed ^ std::hash<std::string_view>{}(kind)) {
    fs::create_directories(guards_);
  }

  int run() {
    for (int round = 0; round < options_.rounds; ++round) play(round);
    std::printf(
        "%-6s %4d rounds, undone %4d times, %4d of them with the record set back, %d wrong\n",
        name_.c_str(),
        options_.rounds,
        undone_,
        set_back_,
        wrong_);
    return wrong_ == 0 && set_back_ > 0 ? 0 : 1;
  }

 private:
  void play(int round) {
    story_ = name_ + " round " + std::to_string(round);
    order_ = {"any-" + std::to_string(round), round + 1, kind_->prepare()};
    before_ = kind_->snapshot();
    const std::int64_t times = 1 + chance_.below(5);
    const bool open = end_guard(chance_.of(kEndings));
    if (!open) check();
    for (std::int64_t time = open ? 0 : 1; time < times; ++time) {
      if (time > 0) set_back();
      ask(chance_.of(kAsked));
      check();
    }
    fs::remove_all(guards_ + "/records");
  }

  /// From arming to the end of the guard and its second; true where nobody undid anything yet.
  bool end_guard(Ending ending) {
    GuardProcess guard(options_.guard, "serve", guards_);
    const ArmedReport armed = guard.arm(order_);
    const bool injected = !chance_.one_in(6);
    if (injected) guard.send(FrameType::Inject);
    // Half of them end while they apply or look.
    if (injected && chance_.one_in(2))
      from_frame<ActiveReport>(guard.expect(FrameType::Active));
    else
      ::usleep(static_cast<useconds_t>(chance_.below(6000)));
    story_ += std::string(injected ? "" : ", not injected") + ": " +
              kEndingNames[static_cast<int>(ending)];
    const auto first = static_cast<pid_t>(armed.pid);
    switch (ending) {
      case Ending::AskedThrice:
        guard.send(FrameType::Undo);
        guard.send(FrameType::Undo);
        [[fallthrough]];
      case Ending::Asked:
        guard.send(FrameType::Undo);
        break;
      case Ending::EndOfInput:
        guard.close_input();
        break;
      case Ending::Signal:
        ::kill(first, SIGTERM);
        break;
      case Ending::FirstKilled:
        ::kill(first, SIGKILL);
        break;
      case Ending::BothKilled:
        kill_both(guard, armed);
        break;
      case Ending::Recovered:
        expect_clean(recovered(options_, guards_, order_));
        break;
      case Ending::Swept:
        if (swept(options_, guards_) != 0) wrong("the sweep beside a living guard fails");
        guard.send(FrameType::Undo);
        break;
    }
    while (guard.receive()) continue;
    if (!ends(static_cast<pid_t>(armed.second_guard))) wrong("the second guard does not end");
    ++undone_;
    return ending == Ending::BothKilled;
  }

  static bool ends(pid_t pid) {
    for (int look = 0; look < 5000; ++look) {
      if (::kill(pid, 0) != 0) return true;
      ::usleep(2000);
    }
    return false;
  }

  void ask(Asked asked) {
    story_ += std::string(", ") + kAskedNames[static_cast<int>(asked)];
    ++undone_;
    switch (asked) {
      case Asked::Recover:
        return expect_clean(recovered(options_, guards_, order_));
      case Asked::Sweep:
        if (swept(options_, guards_) != 0) wrong("the sweep leaves something");
        return;
      case Asked::TwoRecovers: {
        GuardProcess other(options_.guard, "recover", guards_);
        other.send(to_frame(FrameType::Recover, order_));
        expect_clean(recovered(options_, guards_, order_));
        return expect_clean(other.undone());
      }
      case Asked::RecoverAndSweep: {
        GuardProcess other(options_.guard, "sweep", guards_);
        expect_clean(recovered(options_, guards_, order_));
        other.wait();
        return;
      }
      case Asked::KilledRecover: {
        GuardProcess killed(options_.guard, "recover", guards_);
        killed.send(to_frame(FrameType::Recover, order_));
        ::usleep(static_cast<useconds_t>(chance_.below(60'000)));
        ::kill(killed.pid(), SIGKILL);
        return expect_clean(recovered(options_, guards_, order_));
      }
    }
  }

  /// Makes the record say less than happened, so that the undo is done again and not only told
  /// again: cut back to an earlier stage, torn, or away.
  void set_back() {
    const auto records = records_in(guards_);
    if (records.empty() || chance_.one_in(3)) return;
    if (kind_->undone_without_record() && chance_.one_in(4)) {
      fs::remove(records[0]);
      story_ += ", its record away";
    } else {
      cut(records[0]);
    }
    ++set_back_;
  }

  void cut(const std::string& record) {
    const std::string bytes = content_of(record);
    std::vector<std::size_t> ends;
    Frame frame;
    std::size_t used = 0;
    for (std::size_t at = 0;
         decode(std::string_view(bytes).substr(at), frame, used) == Decoded::Complete;)
      ends.push_back(at += used);
    // The facts and Armed stay: a change is in force after it was told to be only.
    const std::size_t kept =
        ends[1 +
             static_cast<std::size_t>(chance_.below(static_cast<std::int64_t>(ends.size()) - 1))];
    const std::size_t torn =
        std::min(bytes.size(), kept + static_cast<std::size_t>(chance_.below(20)));
    write_content(record, bytes.substr(0, std::max(kept, torn == bytes.size() ? kept : torn)));
    const auto stages = stages_in(record);
    story_ += ", set back to " + stages.back();
  }

  void check() {
    const std::string now = kind_->snapshot();
    if (now != before_) wrong("it was\n" + before_ + "\nand is\n" + now);
    for (const std::string& record : records_in(guards_)) {
      const auto stages = stages_in(record);
      if (stages.empty() || !is_clean_stage(stages.back()))
        wrong("the record ends " + (stages.empty() ? "before it began" : stages.back()));
    }
  }

  void expect_clean(const UndoneReport& report) {
    if (!is_clean_stage(report.state))
      wrong("recover says " + report.state + ": " + report.evidence);
  }

  void wrong(const std::string& what) {
    ++wrong_;
    std::printf("WRONG: %s: %s\n", story_.c_str(), what.c_str());
  }

  const ContestOptions& options_;
  std::string name_;
  std::string guards_;
  std::unique_ptr<StormKind> kind_;
  Chance chance_;
  Order order_;
  std::string before_;
  std::string story_;
  int undone_ = 0;
  int set_back_ = 0;
  int wrong_ = 0;
};

}  // namespace

int any_order(const ContestOptions& options, const std::string& root) {
  std::vector<std::string_view> kinds = storm_kinds();
  if (!options.kind.empty()) kinds = {options.kind};
  return in_workers(static_cast<int>(kinds.size()), [&](int worker) {
    const std::string_view kind = kinds[static_cast<std::size_t>(worker)];
    return Undoing(options, kind, root + "/" + std::string(kind)).run();
  });
}

}  // namespace muster
