#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "made-by-the-change";

  GuardProcess start(const char* mode = "serve") const { return {guard_program(), mode, guards}; }
  Order order(const PlainChange& change, std::int64_t epoch = 1) const {
    return {"run-a", epoch, change};
  }
  UndoneReport recover(const PlainChange& change, std::int64_t epoch = 1) const {
    GuardProcess process = start("recover");
    process.send(to_frame(FrameType::Recover, order(change, epoch)));
    return process.undone();
  }
  /// What `muster-guard list` prints.
  std::string list() const {
    const std::string out = directory / "list";
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      ::execl(guard_program().c_str(), "muster-guard", "list", "--dir", guards.c_str(), nullptr);
      ::_exit(127);
    }
    ::waitpid(pid, nullptr, 0);
    return content_of(out);
  }
  fs::path only_record() const {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(fs::path(guards) / "records")) {
      BOOST_REQUIRE(found.empty());
      found = entry.path();
    }
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard, Setting)

BOOST_AUTO_TEST_CASE(a_change_is_applied_only_when_told_to_and_undone_when_told_to) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  BOOST_TEST(armed.pid > 0);
  BOOST_TEST(!fs::exists(file));
  const ActiveReport active = process.inject();
  BOOST_TEST(fs::exists(file));
  BOOST_TEST(active.began <= active.ended);
  BOOST_TEST(active.ended <= active.observed);
  BOOST_TEST(list().starts_with("active\talive\trun-a\tbreak/1\there\t"));
  const UndoneReport undone = process.undo();
  BOOST_TEST(undone.state == "clean");
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(undone.began <= undone.ended);
  BOOST_TEST(undone.ended <= undone.observed);
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(list().starts_with("clean\tdead\t"));
}

BOOST_AUTO_TEST_CASE(an_order_to_inject_that_is_taken_back_at_once_is_not_carried_out) {
  PlainChange change = touch_change(file);
  change.undo = operation("none");  // had it been applied, the file would stay
  change.verify_undone = operation("none");
  GuardProcess process = start();
  process.arm(order(change));
  process.send_bytes(encode({FrameType::Heartbeat, {}}) + encode({FrameType::Inject, {}}) +
                     encode({FrameType::Undo, {}}));
  BOOST_TEST(process.undone().evidence == "nothing had been applied");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_input_during_apply_undoes_after_apply_and_never_before) {
  PlainChange change = touch_change(file);
  change.apply = operation("exec", {"sh", "-c", "sleep 0.3; touch \"$0\"", file});
  GuardProcess process = start();
  process.arm(order(change));
  process.send(FrameType::Inject);
  ::usleep(100'000);
  process.close_input();
  BOOST_TEST(process.undone().state == "clean-by-guard");
  process.wait();
  ::usleep(500'000);  // had apply been left to itself, it would act by now
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_change_without_a_lease_or_a_deadline_is_refused) {
  for (std::int64_t PlainChange::*const part : {&PlainChange::lease, &PlainChange::deadline}) {
    for (const std::int64_t length : {std::int64_t{0}, INT64_MAX}) {
      PlainChange change = touch_change(file);
      change.*part = length;
      GuardProcess process = start();
      process.send(to_frame(FrameType::Arm, order(change)));
      process.expect(FrameType::Refused);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_guard_lives_in_a_session_of_its_own) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  BOOST_TEST(::getsid(static_cast<pid_t>(armed.pid)) == armed.pid);
}

BOOST_AUTO_TEST_CASE(an_apply_that_fails_half_way_is_undone) {
  PlainChange change = touch_change(file);
  change.apply = operation("exec", {"sh", "-c", "touch \"$0\"; echo no room >&2; exit 3", file});
  GuardProcess process = start();
  process.arm(order(change));
  process.send(FrameType::Inject);
  BOOST_TEST(process.expect(FrameType::Failed).fields[0] == "apply: exit code 3: no room");
  BOOST_TEST(process.undone().state == "clean-by-guard");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(an_apply_that_does_not_end_is_killed_with_its_children_and_undone) {
  PlainChange change = touch_change(file);
  change.apply =
      operation("exec", {"sh", "-c", "touch \"$0\"; (sleep 2; touch \"$0.late\") & wait", file});
  change.apply.timeout = kTestSecond / 5;
  GuardProcess process = start();
  process.arm(order(change));
  process.send(FrameType::Inject);
  BOOST_TEST(
      process.expect(FrameType::Failed).fields[0].starts_with("apply: no end within its time"));
  BOOST_TEST(process.undone().state == "clean-by-guard");
  ::usleep(2'300'000);
  BOOST_TEST(!fs::exists(file + ".late"));
}

BOOST_AUTO_TEST_CASE(a_change_whose_effect_is_not_seen_is_undone) {
  PlainChange change = touch_change(file);
  change.verify = operation("exec", {"false"});
  change.verify_within = kTestSecond / 5;
  GuardProcess process = start();
  process.arm(order(change));
  process.send(FrameType::Inject);
  BOOST_TEST(process.expect(FrameType::Failed).fields[0] == "verify: exit code 1");
  BOOST_TEST(process.undone().state == "clean-by-guard");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(an_undo_that_claims_success_without_effect_is_unknown_and_keeps_its_residue) {
  PlainChange change = touch_change(file);
  change.undo = operation("exec", {"true"});
  change.undone_within = kTestSecond / 5;
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  const UndoneReport undone = process.undo();
  BOOST_TEST(undone.state == "unknown");
  BOOST_REQUIRE(!undone.residue.empty());
  BOOST_TEST(undone.residue[0] == "verify_undone: exit code 1");
  BOOST_TEST(process.wait() == 4);
}

BOOST_AUTO_TEST_CASE(a_failed_look_is_not_taken_for_absence) {
  PlainChange change = touch_change(file);
  change.undo = operation("exec", {"true"});
  change.undone_within = kTestSecond / 5;
  change.verify_undone = operation("exec", {"sh", "-c", "exit 1"});
  change.verify_undone.lacks = "muster_table";
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  BOOST_TEST(process.undo().state == "unknown");
}

BOOST_AUTO_TEST_CASE(an_undo_that_fails_at_first_is_tried_again) {
  PlainChange change = touch_change(file);
  change.undo = operation(
      "exec",
      {"sh", "-c", "test -e \"$0.tried\" || { touch \"$0.tried\"; exit 1; }; rm -f \"$0\"", file});
  GuardProcess process = start();
  process.arm(order(change));
  process.inject();
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(an_unclean_change_keeps_its_resource_until_it_is_recovered) {
  PlainChange change = touch_change(file);
  change.undo = operation("exec", {"sh", "-c", "test -e \"$0.allowed\" && rm -f \"$0\"", file});
  change.undone_within = kTestSecond / 5;
  {
    GuardProcess process = start();
    process.arm(order(change));
    process.inject();
    BOOST_TEST(process.undo().state == "unknown");
  }
  {
    GuardProcess process = start();
    PlainChange next = change;
    next.id = "break/2";
    process.send(to_frame(FrameType::Arm, order(next)));
    BOOST_TEST(process.expect(FrameType::Refused).fields[0].find("muster recover") !=
               std::string::npos);
    BOOST_TEST(process.wait() == 6);
  }
  BOOST_TEST(recover(change).state == "unknown");
  write_content(file + ".allowed", "");
  BOOST_TEST(recover(change).state == "clean");
  BOOST_TEST(!fs::exists(file));
  GuardProcess process = start();
  process.arm(order(change));
}

BOOST_AUTO_TEST_CASE(a_second_guard_of_the_same_resource_is_refused_and_told_who_holds_it) {
  GuardProcess first = start();
  const ArmedReport armed = first.arm(order(touch_change(file)));
  PlainChange change = touch_change(file);
  change.id = "other/1";
  GuardProcess second = start();
  second.send(to_frame(FrameType::Arm, Order{"run-b", 2, change}));
  const std::string why = second.expect(FrameType::Refused).fields[0];
  BOOST_TEST(why.find("guard " + std::to_string(armed.pid) + " of run run-a") != std::string::npos);
  change.resource = "another";
  GuardProcess third = start();
  third.arm(Order{"run-b", 2, change});
}

BOOST_AUTO_TEST_CASE(targets_that_share_a_directory_are_told_apart_by_their_place) {
  PlainChange change = touch_change(file);
  GuardProcess one = start();
  one.arm(order(change));
  change.place = "elsewhere";
  GuardProcess other = start();
  other.arm(order(change));
}

BOOST_AUTO_TEST_CASE(a_target_with_records_of_its_own_is_one_whatever_it_is_called) {
  const auto start_there = [&] {
    return GuardProcess({guard_program(), "stdio", "--dir", guards});
  };
  PlainChange change = touch_change(file);
  {
    GuardProcess first = start_there();
    first.arm(order(change, 7));
    first.inject();
    PlainChange renamed = change;
    renamed.place = "ssh alias";
    GuardProcess second = start_there();
    second.send(to_frame(FrameType::Arm, Order{"run-b", 8, renamed}));
    const std::string why = second.expect(FrameType::Refused).fields[0];
    BOOST_TEST(why.find("is held by guard") != std::string::npos);
  }
  BOOST_TEST(!fs::exists(file));
  change.place = "ssh alias";
  GuardProcess older = start_there();
  older.send(to_frame(FrameType::Arm, order(change, 6)));
  BOOST_TEST(older.expect(FrameType::Refused).fields[0].find("epoch 6, seen 7") !=
             std::string::npos);
  GuardProcess recovery({guard_program(), "stdio", "--dir", guards});
  recovery.send(to_frame(FrameType::Recover, order(change, 7)));
  BOOST_TEST(recovery.undone().evidence.starts_with("undone before"));
}

namespace {

struct NeedsMounts {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    return std::system("unshare -rm mount -t tmpfs none /tmp 2>/dev/null") == 0;
  }
};

/// A guard whose records lie on a disk of this size.
GuardProcess on_small_disk(const std::string& guards, const std::string& size) {
  fs::create_directories(guards);
  return GuardProcess({"/usr/bin/unshare",
                       "-rm",
                       "sh",
                       "-c",
                       "mount -t tmpfs -o size=$0,mode=700 none \"$1\" && shift && exec \"$@\"",
                       size,
                       guards,
                       guard_program(),
                       "serve",
                       "--dir",
                       guards});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_disk_without_room_for_all_transitions_is_refused_before_anything_is_done,
                     *boost::unit_test::precondition(NeedsMounts{})) {
  // Three pages are the lock, the epoch and the facts.
  GuardProcess process = on_small_disk(guards, "12k");
  process.send(to_frame(FrameType::Arm, order(touch_change(file))));
  const std::string why = process.expect(FrameType::Refused).fields[0];
  BOOST_TEST(why.find("No space left on device") != std::string::npos);
  BOOST_TEST(process.wait() == 6);
}

BOOST_AUTO_TEST_CASE(a_disk_that_the_change_itself_fills_keeps_no_transition_from_being_written,
                     *boost::unit_test::precondition(NeedsMounts{})) {
  PlainChange change = touch_change(file);
  change.apply =
      operation("exec",
                {"sh",
                 "-c",
                 "cat /dev/zero > \"$0/filler\"; echo more > \"$0/more\" || touch \"$1\"",
                 guards,
                 file});
  GuardProcess process = on_small_disk(guards, "32k");
  process.arm(order(change));
  process.inject();
  BOOST_TEST(process.undo().state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(what_the_guard_starts_makes_files_as_programs_do) {
  const auto mode = [&] {
    struct stat status {};
    ::stat(file.c_str(), &status);
    return status.st_mode & 0777U;
  };
  GuardProcess process = start();
  process.arm(order(touch_change(file)));
  process.inject();
  BOOST_TEST(mode() == 0644U);
  process.undo();
}

BOOST_AUTO_TEST_CASE(what_a_killed_guard_left_is_undone_by_recover_as_often_as_asked) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  kill_both(process, armed);
  BOOST_TEST(fs::exists(file));
  BOOST_TEST(list().starts_with("active\tdead\t"));
  for (int time = 0; time < 3; ++time) BOOST_TEST(recover(touch_change(file)).state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(recover_undoes_from_the_record_and_not_from_what_it_is_told) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file)));
  process.inject();
  kill_both(process, armed);
  PlainChange told = touch_change(file);
  told.undo = operation("exec", {"touch", file + ".wrong"});
  BOOST_TEST(recover(told).state == "clean");
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(!fs::exists(file + ".wrong"));
}

BOOST_AUTO_TEST_CASE(recover_without_a_record_undoes_what_the_runner_says_was_intended) {
  write_content(file, "");
  BOOST_TEST(recover(touch_change(file)).state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(recover_makes_a_living_guard_undo_and_waits_for_it) {
  GuardProcess process = start();
  process.arm(order(touch_change(file)));
  process.inject();
  const UndoneReport report = recover(touch_change(file));
  BOOST_TEST(report.state == "clean-by-guard");
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(process.undone().state == "clean-by-guard");
}

BOOST_AUTO_TEST_CASE(recover_waits_for_the_apply_that_a_killed_guard_had_started) {
  PlainChange change = touch_change(file);
  // The grandchild does not die with the guard; its effect comes late.
  change.apply = operation("exec", {"sh", "-c", "(sleep 1.7; touch \"$0\") & wait", file});
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(change));
  process.send(FrameType::Inject);
  ::usleep(200'000);
  kill_both(process, armed);
  BOOST_TEST(recover(change).state == "clean");
  ::usleep(1'700'000);  // had it not been awaited, it would act by now
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(sweep_undoes_what_dead_guards_left_and_leaves_the_living_alone) {
  const std::string other = directory / "of-the-living";
  GuardProcess dead = start();
  const ArmedReport armed = dead.arm(order(touch_change(file)));
  dead.inject();
  kill_both(dead, armed);
  GuardProcess living = start();
  living.arm(order(touch_change(other)));
  living.inject();
  BOOST_TEST(start("sweep").wait() == 0);
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(fs::exists(other));
}

BOOST_AUTO_TEST_CASE(a_torn_last_frame_is_forgotten_and_a_damaged_one_before_others_is_not) {
  {
    GuardProcess process = start();
    process.arm(order(touch_change(file)));
    process.inject();
    process.undo();
  }
  BOOST_TEST(no_guards_left(guards));  // the second one reads the record, too
  const fs::path record = only_record();
  const std::string whole = content_of(record);
  write_content(record, whole.substr(0, whole.size() - 3));
  BOOST_TEST(list().starts_with("undoing\t"));
  BOOST_TEST(recover(touch_change(file)).state == "clean");  // appends behind the torn frame
  BOOST_TEST(list().starts_with("clean\t"));

  std::string damaged = whole;
  damaged[damaged.find("injecting") + 2] ^= 1;
  write_content(record, damaged);
  BOOST_TEST(list().starts_with("corrupt\t"));
  write_content(file, "");
  BOOST_TEST(recover(touch_change(file)).state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_record_whose_facts_are_damaged_counts_as_in_force) {
  {
    GuardProcess process = start();
    process.arm(order(touch_change(file)));
  }
  BOOST_TEST(no_guards_left(guards));
  std::string damaged = content_of(only_record());
  damaged[9] ^= 1;
  write_content(only_record(), damaged);
  BOOST_TEST(list().starts_with("unreadable\t"));
  BOOST_TEST(start("sweep").wait() == 4);
  GuardProcess process = start();
  process.send(to_frame(FrameType::Arm, order(touch_change(file))));
  process.expect(FrameType::Refused);
  write_content(file, "");
  BOOST_TEST(recover(touch_change(file)).state == "clean");
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(list().starts_with("clean\t"));
}

BOOST_AUTO_TEST_CASE(every_transition_is_on_disk_before_it_happens) {
  const std::string trace = directory / "trace";
  const std::string tracer = "/usr/bin/strace";
  if (!fs::exists(tracer)) {
    BOOST_TEST_MESSAGE("no strace here: not tested");
    return;
  }
  const std::string script = directory / "traced";
  write_content(script,
                "#!/bin/sh\nexec " + tracer + " -f -qq -e trace=fsync,fdatasync,execve -o " +
                    trace + " " + guard_program() + " \"$@\"\n");
  fs::permissions(script, fs::perms::owner_all);
  {
    GuardProcess process(script, "serve", guards);
    process.arm(order(touch_change(file)));
    process.inject();
    process.undo();
    process.wait();
  }
  const std::string calls = content_of(trace);
  const std::size_t apply = calls.find("/touch\"");
  const std::size_t injecting = calls.find("fdatasync(");
  BOOST_REQUIRE(apply != std::string::npos);
  BOOST_TEST(calls.find("fsync(") < injecting);  // the facts
  BOOST_TEST(injecting < apply);
  BOOST_TEST(calls.rfind("fdatasync(") > calls.rfind("execve("));  // clean, after the last look
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
