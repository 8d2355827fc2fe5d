#include <functional>

#include <sys/mman.h>

#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

/// The guard that counts (counted_memory.cc), or the one that test/mutants names.
std::string counting_guard() {
  if (const char* const named = std::getenv("MUSTER_TEST_COUNTING_GUARD")) return named;
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "guard_counting")
      .string();
}

struct Counted {
  Counted() {
    const std::string path = directory / "counts";
    const int shared = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const bool sized = ::ftruncate(shared, kSize) == 0;
    void* const memory = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, shared, 0);
    ::close(shared);
    if (!sized || memory == MAP_FAILED) throw std::runtime_error("no counts");
    counts = static_cast<const volatile std::uint32_t*>(memory);
    ::setenv("MUSTER_COUNTS", path.c_str(), 1);
  }
  ~Counted() {
    ::unsetenv("MUSTER_COUNTS");
    ::munmap(const_cast<std::uint32_t*>(counts), kSize);
  }

  using End = std::function<void(GuardProcess&, pid_t)>;

  /// Puts the change in force, ends it, and returns the state; the guard may not ask for memory
  /// from the moment that it is in force until its own end.
  std::string state_of_undo_without_memory(const PlainChange& change, const End& end) {
    GuardProcess process(counting_guard(), "serve", directory / "guards");
    const ArmedReport armed = process.arm({"run-" + std::to_string(++runs), runs, change});
    const auto& count = counts[static_cast<std::size_t>(armed.pid) % (kSize / 4)];
    process.inject();
    const std::uint32_t before = count;
    BOOST_TEST(before > 0U);  // it does count
    end(process, static_cast<pid_t>(armed.pid));
    const std::string state = process.undone().state;
    process.wait();
    BOOST_TEST(count == before,
               change.resource << ": asked for memory " << count - before << " times");
    return state;
  }
  std::string told(const PlainChange& change) {
    return state_of_undo_without_memory(change,
                                        [](GuardProcess&, pid_t guard) { ::kill(guard, SIGTERM); });
  }

  static constexpr off_t kSize = 4 * 65536;
  TestDirectory directory;
  std::string file = directory / "made-by-the-change";
  const volatile std::uint32_t* counts = nullptr;
  int runs = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_memory, Counted)

BOOST_AUTO_TEST_CASE(a_program_is_undone_without_asking_for_memory) {
  BOOST_TEST(told(touch_change(file)) == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(a_signal_is_undone_without_asking_for_memory) {
  const Victim victim;
  BOOST_TEST(told(pause_change(victim.pid())) == "clean-by-guard");
  BOOST_TEST(victim.state() != 'T');
}

BOOST_AUTO_TEST_CASE(the_end_of_a_signalled_process_is_noticed_without_asking_for_memory) {
  Victim victim;
  const std::string state =
      state_of_undo_without_memory(pause_change(victim.pid()), [&](GuardProcess&, pid_t guard) {
        victim.end();
        ::kill(guard, SIGTERM);
      });
  BOOST_TEST(state == "target-gone");
}

namespace {

PlainChange write_change(const std::string& file) {
  PlainChange change = plain_change("file:" + file);
  change.apply = operation("file", {file});
  change.apply.input = std::string(100'000, 'x');
  change.verify = operation("file", {file});
  change.undo = operation("file", {file});
  change.verify_undone = operation("file", {file});
  return change;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_is_put_back_without_asking_for_memory) {
  write_content(file, std::string(200'000, 'b'));
  BOOST_TEST(told(write_change(file)) == "clean-by-guard");
  BOOST_TEST(content_of(file) == std::string(200'000, 'b'));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_not_there_is_removed_without_asking_for_memory) {
  BOOST_TEST(told(write_change(file)) == "clean-by-guard");
  BOOST_TEST(!std::filesystem::exists(file));
}

BOOST_AUTO_TEST_CASE(a_conflict_is_told_without_asking_for_memory) {
  write_content(file, "before\n");
  const std::string state =
      state_of_undo_without_memory(write_change(file), [&](GuardProcess&, pid_t guard) {
        write_content(file, "of somebody else\n");
        ::kill(guard, SIGTERM);
      });
  BOOST_TEST(state == "conflict");
}

BOOST_AUTO_TEST_CASE(what_a_program_holds_is_let_go_without_asking_for_memory) {
  PlainChange change = plain_change("held:" + file);
  change.apply = operation("holder",
                           {"sh",
                            "-c",
                            "touch \"$0\"; trap 'rm \"$0\"; exit' TERM; echo ready; "
                            "while :; do sleep 0.02; done",
                            file});
  change.verify = operation("exec", {"test", "-e", file});
  change.undo = operation("holder");
  change.verify_undone = operation("exec", {"test", "!", "-e", file});
  BOOST_TEST(told(change) == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(a_value_is_compared_and_set_back_without_asking_for_memory) {
  write_content(file, "up\n");
  PlainChange change = plain_change("setting:" + file);
  change.apply = operation("exec", {"sh", "-c", "echo drain > \"$0\"", file});
  change.verify = operation("exec", {"cat", file});
  change.verify.contains = "drain";
  change.undo = operation("exec", {"sh", "-c", "echo up > \"$0\"", file});
  change.undo.contains = "drain";
  change.verify_undone = operation("exec", {"cat", file});
  change.verify_undone.contains = "up";
  BOOST_TEST(told(change) == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(a_service_is_seen_to_run_again_without_asking_for_memory) {
  Victim service;
  Victim another;
  write_content(file, std::to_string(service.pid()) + "\n");
  PlainChange change = plain_change("process:" + file);
  change.process = file;
  change.apply = operation("signal", {"KILL"});
  change.verify = operation("gone");
  // The old number first, so that it is looked at as well.
  change.undo = operation(
      "exec",
      {"sh", "-c", "(sleep 0.2; echo \"$0\" > \"$1\") &", std::to_string(another.pid()), file});
  change.verify_undone = operation("alive", {file});
  BOOST_TEST(told(change) == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(an_undo_without_effect_is_told_without_asking_for_memory) {
  PlainChange change = touch_change(file);
  change.undo = operation("exec", {"false"});
  change.undone_within = kTestSecond / 5;
  BOOST_TEST(told(change) == "unknown");
}

BOOST_AUTO_TEST_CASE(no_way_to_end_a_change_needs_memory) {
  const std::vector<std::pair<std::string, End>> ways = {
      {"clean",
       [](GuardProcess& process, pid_t) {
         process.send(FrameType::Undo);
       }},
      {"clean-by-guard", [](GuardProcess& process, pid_t) {
         process.close_input();
       }}};
  for (const auto& [state, end] : ways)
    BOOST_TEST(state_of_undo_without_memory(touch_change(file), end) == state);
  PlainChange change = touch_change(file);
  change.deadline = kTestSecond;
  BOOST_TEST(state_of_undo_without_memory(change, [](GuardProcess&, pid_t) {}) == "clean-by-guard");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
