#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

// Which run may touch a resource, and which is one of the past.

namespace muster {

namespace {

namespace fs = std::filesystem;

struct Setting {
  TestDirectory directory;
  std::string guards = directory / "guard";
  std::string file = directory / "made-by-the-change";

  GuardProcess start(const char* mode = "serve") const { return {guard_program(), mode, guards}; }
  Order order(const PlainChange& change, std::int64_t epoch) const {
    return {"run-a", epoch, change};
  }
  UndoneReport recover(const PlainChange& change, std::int64_t epoch) const {
    GuardProcess process = start("recover");
    process.send(to_frame(FrameType::Recover, order(change, epoch)));
    return process.undone();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_epoch, Setting)

BOOST_AUTO_TEST_CASE(a_run_with_an_older_epoch_is_refused) {
  {
    GuardProcess newer = start();
    newer.arm(order(touch_change(file), 7));
  }
  GuardProcess older = start();
  older.send(to_frame(FrameType::Arm, order(touch_change(file), 6)));
  BOOST_TEST(older.expect(FrameType::Refused).fields[0].find("epoch 6, seen 7") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_refused_does_not_fence_out_the_recovery_of_the_one_before_it) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file), 1));
  process.inject();
  kill_both(process, armed);
  GuardProcess newcomer = start();
  newcomer.send(to_frame(FrameType::Arm, Order{"run-b", 2, touch_change(file)}));
  newcomer.expect(FrameType::Refused);
  BOOST_TEST(recover(touch_change(file), 1).state == "clean");
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(what_a_run_left_is_undone_though_the_wall_clock_was_set_back_since) {
  GuardProcess process = start();
  const ArmedReport armed = process.arm(order(touch_change(file), 7));
  process.inject();
  kill_both(process, armed);
  BOOST_TEST(recover(touch_change(file), 6).state == "clean");
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(recover(touch_change(file), 6).evidence.starts_with("undone before"));
}

BOOST_AUTO_TEST_CASE(a_recovery_fences_off_the_run_it_recovered) {
  BOOST_TEST(recover(touch_change(file), 9).state == "clean");
  GuardProcess late = start();
  late.send(to_frame(FrameType::Arm, order(touch_change(file), 8)));
  late.expect(FrameType::Refused);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
