#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string records = guards + "/records";
  std::string file = directory / "made-by-the-change";
  std::string said = directory / "said";

  Order order() const { return {"run-a", 1, touch_change(file)}; }
  std::string refusal_by(const std::string& program) const {
    GuardProcess process(program, "serve", guards);
    process.send(to_frame(FrameType::Arm, order()));
    return process.expect(FrameType::Refused).fields[0];
  }
  std::string refusal() const { return refusal_by(guard_program()); }
  /// In force, and both guards dead.
  void leave_in_force() const {
    GuardProcess process(guard_program(), "serve", guards);
    const ArmedReport armed = process.arm(order());
    process.inject();
    kill_both(process, armed);
  }
  std::string script(const std::string& text) const {
    const std::string path = directory / "script";
    write_content(path, "#!/bin/sh\n" + text + " \"$@\"\n");
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_directory, Setting)

BOOST_AUTO_TEST_CASE(where_others_may_write_nothing_is_armed) {
  for (const char* part : {"", "/locks", "/epochs", "/records"}) {
    for (const fs::perms other : {fs::perms::group_write, fs::perms::others_write}) {
      fs::create_directories(guards + part);
      fs::permissions(guards + part, fs::perms::owner_all | other);
      BOOST_TEST(refusal().find(part + std::string(" must be a directory of user ")) !=
                 std::string::npos);
      fs::permissions(guards + part, fs::perms::owner_all);
    }
  }
  BOOST_TEST(fs::is_empty(records));
  GuardProcess process(guard_program(), "serve", guards);
  process.arm(order());
}

BOOST_AUTO_TEST_CASE(where_another_is_the_owner_nothing_is_armed) {
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("only root can give a directory away: not tested");
    return;
  }
  fs::create_directories(records);
  BOOST_REQUIRE(::chown(records.c_str(), kNobody, kNobody) == 0);
  BOOST_TEST(refusal().find(records + " must be a directory of user 0 ") != std::string::npos);
  BOOST_TEST(fs::is_empty(records));
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_a_part_is_no_directory_of_ours) {
  fs::create_directories(guards);
  fs::create_directory_symlink(directory / "", records);
  BOOST_TEST(refusal().find(records + " must be a directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_in_force_there_is_recovered_all_the_same_and_it_is_said) {
  leave_in_force();
  fs::permissions(records, fs::perms::all);
  GuardProcess process(guard_program(), "recover", guards);
  process.send(to_frame(FrameType::Recover, order()));
  const UndoneReport undone = process.undone();
  BOOST_TEST(undone.state == "clean");
  BOOST_TEST(undone.evidence.find(records + " must be a directory") != std::string::npos);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(what_is_in_force_there_is_swept_all_the_same_and_it_is_said) {
  leave_in_force();
  fs::permissions(records, fs::perms::all);
  GuardProcess process(script("exec 2> " + said + " " + guard_program()), "sweep", guards);
  BOOST_TEST(process.wait() == 0);
  BOOST_TEST(content_of(said).find(records + " must be a directory") != std::string::npos);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_made_durable_is_refused_and_not_left_behind) {
  const std::string tracer = "/usr/bin/strace";
  if (!fs::exists(tracer)) {
    BOOST_TEST_MESSAGE("no strace here: not tested");
    return;
  }
  const std::string program =
      script("exec " + tracer + " -f -qq -e trace=fsync -e " + "inject=fsync:error=EIO:when=1 -o " +
             said + " " + guard_program());
  BOOST_TEST(refusal_by(program).find("Input/output error") != std::string::npos);
  BOOST_TEST(!fs::exists(guards));
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
