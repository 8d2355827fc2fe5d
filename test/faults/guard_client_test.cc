#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "faults/guard.h"
#include "test/base/loop.h"
#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

class OneHost final : public Hosts {
 public:
  Host& host(std::string_view name) override {
    if (name != "here") fail("there is no host {}", name);
    return *here_;
  }

 private:
  std::unique_ptr<Host> here_ = make_host("here", "local", {});
};

struct Setting {
  Setting() {
    ::setenv("MUSTER_HOME", (directory / "home").c_str(), 1);
    opt_in();
  }
  ~Setting() { ::unsetenv("MUSTER_HOME"); }

  TestDirectory directory;
  std::string file = directory / "made-by-the-change";
  OneHost hosts;
  SystemClock clock;

  Change touch() const {
    Change change;
    change.id = "break/1";
    change.kind = "command";
    change.what = "make a file";
    change.host = "here";
    change.resource = "file:" + file;
    change.apply = exec({"touch", file});
    change.verify = exec({"test", "-e", file});
    change.undo = exec({"rm", "-f", file});
    change.verify_undone = exec({"test", "!", "-e", file});
    return change;
  }

  pid_t guard_pid() const {
    std::string text;
    for (const auto& entry : fs::directory_iterator(directory / "home/guard/locks")) {
      text = content_of(entry.path());
    }
    return static_cast<pid_t>(std::stol(text));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_client, Setting)

BOOST_AUTO_TEST_CASE(a_change_is_armed_injected_and_undone) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    BOOST_TEST(!fs::exists(s.file));
    const Applied applied = co_await guard->inject();
    BOOST_TEST(fs::exists(s.file));
    BOOST_CHECK(applied.began <= applied.observed);
    BOOST_CHECK(applied.observed <= s.clock.now());
    const Undone undone = co_await guard->undo();
    BOOST_TEST(name_of(undone.state) == "clean");
    BOOST_TEST(!fs::exists(s.file));
    BOOST_CHECK((co_await guard->lost()).clean());
  }(*this));
}

BOOST_AUTO_TEST_CASE(letting_go_of_a_guard_undoes) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    co_await guard->inject();
    guard.reset();
    for (int look = 0; look < 1000 && fs::exists(s.file); ++look)
      co_await s.clock.sleep_for(std::chrono::milliseconds(10));
    BOOST_TEST(!fs::exists(s.file));
  }(*this));
}

BOOST_AUTO_TEST_CASE(heartbeats_keep_a_change_in_force_beyond_its_lease) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.lease = std::chrono::seconds(1);
    auto guard = co_await guards->arm(change);
    co_await guard->inject();
    co_await s.clock.sleep_for(std::chrono::milliseconds(2500));
    BOOST_TEST(fs::exists(s.file));
    BOOST_TEST(name_of((co_await guard->undo()).state) == "clean");
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_change_that_does_not_take_hold_is_reported_with_its_cause_and_undone) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.apply = exec({"sh", "-c", "touch \"$0\"; echo broken >&2; exit 7", s.file});
    auto guard = co_await guards->arm(change);
    std::string message;
    try {
      co_await guard->inject();
    } catch (const Error& error) {
      message = error.what();
    }
    BOOST_TEST(message == "on here: make a file: apply: exit code 7: broken; it has been undone");
    BOOST_TEST(!fs::exists(s.file));
    BOOST_TEST(name_of((co_await guard->undo()).state) == "clean-by-guard");
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_guard_that_undid_by_itself_is_noticed) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.deadline = std::chrono::seconds(4);  // long enough to take hold on a busy machine
    auto guard = co_await guards->arm(change);
    co_await guard->inject();
    const Undone undone = co_await guard->lost();
    BOOST_TEST(name_of(undone.state) == "clean-by-guard");
    BOOST_TEST(undone.evidence.find("deadline") != std::string::npos);
    BOOST_TEST(!fs::exists(s.file));
  }(*this));
}

BOOST_AUTO_TEST_CASE(what_a_guard_could_not_see_undone_when_it_ended_by_itself_is_looked_at_again) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.deadline = std::chrono::seconds(4);
    const std::string sight = s.file + ".sight";
    change.verify_undone = exec({"sh", "-c", "test -e \"$0\" && test ! -e \"$1\"", sight, s.file});
    change.undone_within = std::chrono::milliseconds(100);
    auto guard = co_await guards->arm(change);
    co_await guard->inject();
    BOOST_TEST(name_of((co_await guard->lost()).state) == "unknown");
    std::ofstream(sight).close();
    BOOST_TEST(name_of((co_await guard->undo()).state) == "clean");
  }(*this));
}

BOOST_AUTO_TEST_CASE(undo_after_the_death_of_the_guard_recovers) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    co_await guard->inject();
    ::kill(s.guard_pid(), SIGKILL);
    BOOST_TEST(name_of((co_await guard->lost()).state) == "unknown");
    BOOST_TEST((co_await guard->undo()).clean());  // by the second guard, or by recover
    BOOST_TEST(!fs::exists(s.file));
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_guard_that_is_stopped_is_noticed_before_the_undo_and_its_second_undoes) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.lease = std::chrono::seconds(2);
    auto guard = co_await guards->arm(change);
    co_await guard->inject();
    const Time stopped = s.clock.now();
    ::kill(s.guard_pid(), SIGSTOP);
    const Undone lost = co_await guard->lost();
    BOOST_CHECK(s.clock.now() - stopped < std::chrono::milliseconds(2800));  // before its second
    BOOST_TEST(name_of(lost.state) == "unknown");
    BOOST_TEST(lost.evidence == "the guard was silent for its whole lease of 2s");
    BOOST_TEST((co_await guard->undo()).clean());
    BOOST_TEST(!fs::exists(s.file));
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_guard_that_is_stopped_while_it_applies_is_noticed_too) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.apply.timeout = change.verify.timeout = change.verify_within = std::chrono::seconds(1);
    change.lease = std::chrono::seconds(3);
    change.apply = exec({"sh", "-c", "kill -STOP $PPID; sleep 0.2"});
    auto guard = co_await guards->arm(change);
    std::string message;
    try {
      co_await guard->inject();
    } catch (const Error& error) {
      message = error.what();
    }
    BOOST_TEST(message.starts_with("on here: make a file: the guard"), message);
    BOOST_TEST((co_await guard->undo()).clean());
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_guard_that_takes_longer_to_apply_than_its_lease_is_not_silent) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.lease = std::chrono::seconds(1);
    change.apply = exec({"sh", "-c", "sleep 2.5; touch \"$0\"", s.file});
    auto guard = co_await guards->arm(change);
    co_await guard->inject();
    BOOST_TEST(name_of((co_await guard->undo()).state) == "clean");
  }(*this));
}

BOOST_AUTO_TEST_CASE(recover_undoes_what_another_run_left_and_says_unknown_where_it_cannot_look) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    co_await guard->inject();
    ::kill(s.guard_pid(), SIGKILL);
    co_await guard->lost();
    auto later = make_guards(s.hosts, s.clock, "run-a");
    BOOST_TEST((co_await later->recover(s.touch())).clean());
    BOOST_TEST(!fs::exists(s.file));
    Change elsewhere = s.touch();
    elsewhere.host = "nowhere";
    const Undone undone = co_await later->recover(elsewhere);
    BOOST_TEST(name_of(undone.state) == "unknown");
    BOOST_TEST(undone.evidence == "there is no host nowhere");
    BOOST_TEST(undone.residue.size() == 1U);
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_resource_that_is_held_is_refused) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    bool refused = false;
    try {
      co_await guards->arm(s.touch());
    } catch (const Refused&) {
      refused = true;
    }
    BOOST_TEST(refused);
    BOOST_TEST(name_of((co_await guard->undo()).state) == "clean");
  }(*this));
}

namespace {

/// Two stacks that call this machine by different names.
class AnyName final : public Hosts {
 public:
  Host& host(std::string_view name) override {
    auto& host = hosts_[std::string(name)];
    if (!host) host = make_host(std::string(name), "local", {});
    return *host;
  }

 private:
  std::map<std::string, std::unique_ptr<Host>> hosts_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_resource_is_held_whatever_another_stack_calls_its_host) {
  run_task([](Setting& s) -> Task<> {
    AnyName others;
    auto guards = make_guards(others, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    Change renamed = s.touch();
    renamed.id = "break/2";
    renamed.host = "another-name";
    std::string message;
    try {
      co_await guards->arm(renamed);
    } catch (const Refused& error) {
      message = error.what();
    }
    BOOST_TEST(message.find("is held by guard") != std::string::npos);
    BOOST_TEST(name_of((co_await guard->undo()).state) == "clean");
  }(*this));
}

BOOST_AUTO_TEST_CASE(a_change_with_a_program_that_is_not_there_is_refused_before_anything_is_done) {
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    Change change = s.touch();
    change.undo = exec({"no-such-program-of-muster"});
    std::string message;
    try {
      co_await guards->arm(change);
    } catch (const Refused& error) {
      message = error.what();
    }
    BOOST_TEST(message.find("no-such-program-of-muster: no such program") != std::string::npos);
    BOOST_TEST(!fs::exists(s.file));
  }(*this));
}

/// A host whose monotonic clock is far ahead of ours, as another machine's is.
class OtherClock final : public Hosts {
 public:
  Host& host(std::string_view) override { return *there_; }

 private:
  std::unique_ptr<Host> there_ =
      make_host("there",
                "a time namespace",
                {"unshare", "-U", "-r", "-T", "--monotonic", "500000", "--fork", "--"});
};

struct NeedsTimeNamespaces {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    bool works = false;
    run_task([](bool& into) -> Task<> {
      OtherClock hosts;
      const auto nothing = command("true");
      into = (co_await hosts.host("there").try_run(nothing)).ok();
    }(works));
    boost::test_tools::assertion_result answer(works);
    answer.message() << "this machine allows no time namespaces";
    return answer;
  }
};

BOOST_AUTO_TEST_CASE(instants_of_another_machine_s_clock_are_told_in_ours,
                     *boost::unit_test::precondition(NeedsTimeNamespaces())) {
  run_task([](Setting& s) -> Task<> {
    OtherClock there;
    auto guards = make_guards(there, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    const Time before = s.clock.now();
    const Applied applied = co_await guard->inject();
    BOOST_CHECK(before <= applied.began);
    BOOST_CHECK(applied.began <= applied.observed);
    BOOST_CHECK(applied.observed <= s.clock.now());
    const Undone undone = co_await guard->undo();
    BOOST_CHECK(applied.observed <= undone.began);
    // Nearer than half the way there and back nobody can tell.
    BOOST_CHECK(undone.observed <= s.clock.now() + std::chrono::seconds(1));
  }(*this));
}

BOOST_AUTO_TEST_CASE(no_other_program_inherits_the_input_of_a_guard) {
  // It would keep the input open after the death of the runner, and so the change in force.
  run_task([](Setting& s) -> Task<> {
    auto guards = make_guards(s.hosts, s.clock, "run-a");
    auto guard = co_await guards->arm(s.touch());
    const fs::path open_files = "/proc/" + std::to_string(s.guard_pid()) + "/fd";
    const std::string input = fs::read_symlink(open_files / "0");
    BOOST_REQUIRE(input.starts_with("pipe:"));
    auto ls = command("ls", "-l", "/proc/self/fd");
    const CommandResult result = co_await s.hosts.host("here").run(ls);
    BOOST_TEST(result.out.find("pipe:") != std::string::npos);
    BOOST_TEST(result.out.find(input) == std::string::npos);
    for (const auto& entry : fs::directory_iterator(open_files)) {
      const bool again = entry.path().filename() != "0" && fs::read_symlink(entry.path()) == input;
      BOOST_TEST(!again, "the guard itself holds its input twice");
    }
  }(*this));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
