#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

/// MUSTER_ALLOW is as before afterwards.
struct Setting {
  Setting() {
    opt_in();
    before = std::getenv("MUSTER_ALLOW");
    ::setenv("MUSTER_ALLOW", allow.c_str(), 1);
  }
  ~Setting() { ::setenv("MUSTER_ALLOW", before.c_str(), 1); }

  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "made-by-the-change";
  std::string allow = directory / "allow.conf";
  std::string before;

  void write_policy(std::string_view content, mode_t mode = 0600) const {
    write_content(allow, content);
    ::chmod(allow.c_str(), mode);
  }
  /// Empty where the guard arms.
  std::string refusal(const PlainChange& change) const {
    GuardProcess process(guard_program(), "serve", guards);
    process.send(to_frame(FrameType::Arm, Order{"run-a", 1, change}));
    const auto answer = process.receive();
    if (!answer) return "no answer";
    return answer->type == FrameType::Refused ? answer->fields[0] : "";
  }
  std::string refusal(std::string_view policy) const {
    write_policy(policy);
    return refusal(touch_change(file));
  }
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_policy, Setting)

BOOST_AUTO_TEST_CASE(a_host_without_a_policy_refuses_and_says_what_to_write_where) {
  const std::string why = refusal(touch_change(file));
  BOOST_TEST(holds(why, "write the line `allow command` into " + allow), why);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(root_is_sent_to_etc) {
  if (::geteuid() != 0 || fs::exists("/etc/muster/allow.conf") ||
      fs::exists("/run/lab/allow.conf")) {
    return;
  }
  ::unsetenv("MUSTER_ALLOW");
  BOOST_TEST(holds(refusal(touch_change(file)), "into /etc/muster/allow.conf"));
}

BOOST_AUTO_TEST_CASE(only_the_kinds_it_names_are_allowed_and_all_means_every_kind) {
  BOOST_TEST(refusal("allow command\n") == "");
  BOOST_TEST(refusal("# both\nallow process_kill command\n") == "");
  BOOST_TEST(refusal("allow all") == "");
  BOOST_TEST(holds(refusal("allow process_kill commands\n"), "no line `allow command`"));
  BOOST_TEST(holds(refusal(""), "no line `allow command`"));
  BOOST_TEST(holds(refusal("# allow command\n"), "no line `allow command`"));
}

BOOST_AUTO_TEST_CASE(a_change_that_does_not_say_its_kind_is_not_allowed_by_a_list_of_kinds) {
  write_policy("allow command\n");
  PlainChange change = touch_change(file);
  change.kind = "";
  BOOST_TEST(holds(refusal(change), "forbids it"));
}

BOOST_AUTO_TEST_CASE(a_recovery_without_a_record_runs_nothing_that_the_host_does_not_allow) {
  write_policy("allow process_kill\n");
  write_content(file, "of the host");
  GuardProcess process(guard_program(), "recover", guards);
  process.send(to_frame(FrameType::Recover, Order{"run-a", 1, touch_change(file)}));
  BOOST_TEST(process.undone().state == "unknown");
  BOOST_TEST(fs::exists(file));
}

BOOST_AUTO_TEST_CASE(a_deadline_beyond_its_max_duration_is_refused_and_an_hour_is_the_default) {
  BOOST_TEST(refusal("allow all\nmax-duration 10m\n") == "");  // the deadline of the change
  BOOST_TEST(holds(refusal("allow all\nmax-duration 599s\n"), "max-duration is 599 s"));
  write_policy("allow all\n");
  PlainChange change = touch_change(file);
  change.deadline = 3601 * kTestSecond;
  BOOST_TEST(holds(refusal(change), "max-duration is 3600 s"));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_understood_makes_the_whole_file_void) {
  for (const char* line : {"alow command",
                           "allow",
                           "max-duration",
                           "max-duration 10",
                           "max-duration 0m",
                           "max-duration -1m",
                           "max-duration 1m 2m",
                           "max-duration 999999999999999999999d",
                           "protect sshd",
                           "protect file /etc",
                           "protect path etc",
                           "protect process",
                           "run"}) {
    const std::string why = refusal(std::string("allow all\n") + line + "\n");
    BOOST_TEST(holds(why, std::string("its line `") + line + "`"), line << ": " << why);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_others_may_write_is_not_believed) {
  for (const mode_t mode : {0620, 0602, 0666}) {
    write_policy("allow all\n", mode);
    BOOST_TEST(holds(refusal(touch_change(file)), "nobody else may write"));
  }
  write_policy("allow all\n", 0644);
  BOOST_TEST(refusal(touch_change(file)) == "");
  if (::geteuid() != 0) return;
  BOOST_REQUIRE(::chown(allow.c_str(), 65534, 65534) == 0);
  BOOST_TEST(holds(refusal(touch_change(file)), "nobody else may write"));
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_not_believed) {
  fs::create_directory(allow);
  BOOST_TEST(holds(refusal(touch_change(file)), "must be a file"));
}

BOOST_AUTO_TEST_CASE(a_protected_process_is_refused_by_its_name_and_by_its_executable) {
  const Victim victim;
  const std::string program = fs::read_symlink("/proc/self/exe");
  const std::string base = fs::path(program).filename();
  for (const std::string& name : {base, program}) {
    write_policy("allow all\nprotect process " + name + "\n");
    BOOST_TEST(holds(refusal(pause_change(victim.pid())), "process " + name + " is protected"));
    BOOST_TEST(victim.state() != 'T');
  }
  write_policy("allow all\nprotect process sshd\n");
  BOOST_TEST(refusal(pause_change(victim.pid())) == "");
}

BOOST_AUTO_TEST_CASE(a_process_is_protected_by_what_it_calls_itself_too) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "important-servi");
    for (;;) ::pause();
  }
  while (process_text(pid, "comm") != "important-servi\n") ::usleep(1000);
  write_policy("allow all\nprotect process important-service\n");
  BOOST_TEST(holds(refusal(pause_change(pid)), "is protected"));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(a_protected_path_is_refused_however_it_is_written) {
  fs::create_directory(directory / "kept");
  fs::create_directory_symlink(directory / "kept", directory / "link");
  write_policy("allow all\nprotect path " + directory / "kept" + "\n");
  const auto replace = [&](const std::string& path) {
    PlainChange change = plain_change("file");
    change.apply = operation("file", {path});
    change.undo = operation("file", {path});
    return refusal(change);
  };
  BOOST_TEST(holds(replace(directory / "kept/file"), "is protected"));
  BOOST_TEST(holds(replace(directory / "link/file"), "is protected"));
  BOOST_TEST(holds(replace(directory / "kept/../kept/file"), "is protected"));
  BOOST_TEST(replace(directory / "kept-not") == "");
}

BOOST_AUTO_TEST_CASE(no_program_is_given_a_protected_interface) {
  write_policy("allow all\nprotect interface eth0\n");
  PlainChange change = touch_change(file);
  change.apply = operation("exec", {"true", "dev", "eth0"});
  BOOST_TEST(holds(refusal(change), "interface eth0 is protected"));
  change.apply = operation("exec", {"cat"});
  change.apply.input = "table inet t { chain c { iifname \"eth0\" drop; } }\n";
  BOOST_TEST(holds(refusal(change), "interface eth0 is protected"));
  change.apply = operation("exec", {"true", "dev", "eth01", "veth0", "eth0.7"});
  BOOST_TEST(refusal(change) == "");
}

BOOST_AUTO_TEST_CASE(where_programs_are_listed_no_other_is_run) {
  BOOST_TEST(refusal("allow all\nrun touch test rm\n") == "");
  BOOST_TEST(holds(refusal("allow all\nrun touch test\n"), "no line `run rm`"));
}

BOOST_AUTO_TEST_CASE(a_recovery_is_never_stopped_by_it) {
  write_policy("allow all\n");
  {
    GuardProcess process(guard_program(), "serve", guards);
    const ArmedReport armed = process.arm({"run-a", 1, touch_change(file)});
    process.inject();
    kill_both(process, armed);
  }
  write_policy("nonsense\n", 0666);
  GuardProcess process(guard_program(), "recover", guards);
  process.send(to_frame(FrameType::Recover, Order{"run-a", 1, touch_change(file)}));
  BOOST_TEST(process.undone().state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
