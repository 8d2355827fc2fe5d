#include <boost/test/unit_test.hpp>

#include "test/faults/guard_process.h"

/// What others can take the place of, as of the queue of an interface, or of a folder.
namespace muster {

namespace {

namespace fs = std::filesystem;

struct Setting {
  TestDirectory directory;
  std::string file = directory / "place";

  GuardProcess start() const { return {guard_program(), "serve", directory / "guard"}; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guard_taken, Setting)

BOOST_AUTO_TEST_CASE(what_somebody_else_put_in_place_of_ours_is_a_conflict_though_ours_is_gone) {
  PlainChange change = plain_change("place:" + file);
  change.apply = operation("exec", {"sh", "-c", "echo ours > \"$0\"", file});
  change.verify = operation("exec", {"cat", file});
  change.undo = operation("exec", {"sh", "-c", "echo the default > \"$0\"", file});
  change.undo.contains = "ours";
  change.undo.lacks = "default";
  change.verify_undone = operation("exec", {"cat", file});
  change.verify_undone.lacks = "ours";
  int run = 0;
  const auto state_after = [&](const std::string& theirs) {
    GuardProcess process = start();
    process.arm({"run-" + std::to_string(++run), run, change});
    process.inject();
    if (theirs != "nobody") write_content(file, theirs);
    return process.undo().state;
  };
  for (const std::string theirs : {"nobody", "the default\n", ""}) {
    BOOST_TEST(state_after(theirs) == "clean");
    BOOST_TEST(content_of(file) == "the default\n");
  }
  BOOST_TEST(state_after("theirs\n") == "conflict");
  BOOST_TEST(content_of(file) == "theirs\n");
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_a_folder_leads_no_undo_to_another_file) {
  const std::string folder = directory / "folder";
  const std::string other = directory / "other";
  for (const std::string& each : {folder, other}) fs::create_directory(each);
  const std::string inside = folder + "/file";
  write_content(inside, "before");
  write_content(other + "/file", "after");  // as if it were what the change wrote
  PlainChange change = plain_change("file:" + inside);
  for (PlainOperation* each :
       {&change.apply, &change.verify, &change.undo, &change.verify_undone}) {
    *each = operation("file", {inside});
  }
  change.apply.input = "after";
  GuardProcess process = start();
  process.arm({"run", 1, change});
  process.inject();
  fs::rename(folder, folder + "-moved");
  fs::create_directory_symlink(other, folder);
  BOOST_TEST(process.undo().state == "conflict");
  BOOST_TEST(content_of(other + "/file") == "after");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
