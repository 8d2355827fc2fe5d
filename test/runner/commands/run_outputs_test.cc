#include "runner/commands/run_outputs.h"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "test/runner/scratch_home.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

/// What is said of each option where it is given `file`; "" where it is taken.
std::string said_of(OutputFiles files) {
  try {
    const RunOutputs outputs(std::move(files));
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

struct Folder : ScratchHome {
  std::string file(const char* name) const { return (path / name).string(); }
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_outputs, Folder)

BOOST_AUTO_TEST_CASE(a_device_a_pipe_and_a_link_are_never_replaced) {
  BOOST_REQUIRE(::mkfifo(file("pipe").c_str(), 0600) == 0);
  std::ofstream(file("kept")) << "kept";
  fs::create_symlink(file("kept"), file("link"));
  fs::create_symlink("/dev/null", file("link-to-a-device"));
  for (const std::string& name :
       {std::string("/dev/null"), file("pipe"), file("link"), file("link-to-a-device")}) {
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(has(said_of({name, "", "", ""}), "--report " + name + ": this is "));
      BOOST_TEST(has(said_of({"", name, "", ""}), "--junit " + name + ": this is "));
      BOOST_TEST(has(said_of({"", "", "", name}), "--textfile " + name + ": this is "));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_appended_to_may_be_a_link_to_a_file_and_nothing_else) {
  BOOST_REQUIRE(::mkfifo(file("pipe").c_str(), 0600) == 0);
  std::ofstream(file("kept")) << "kept";
  fs::create_symlink(file("kept"), file("link"));
  BOOST_TEST(said_of({"", "", file("link"), ""}) == "");
  BOOST_TEST(has(said_of({"", "", file("pipe"), ""}), "this is no regular file"));
  BOOST_TEST(has(said_of({"", "", "/dev/full", ""}), "this is no regular file"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_there_and_one_that_is_not_are_taken) {
  std::ofstream(file("old")) << "old";
  BOOST_TEST(said_of({file("old"), file("new"), file("old"), file("new")}) == "");
  BOOST_TEST(read_file(file("old")) == "old");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_told_and_leaves_the_others_as_asked_for) {
  RunOutputs outputs({"", file("junit.xml"), file("summary.md"), ""});
  fs::create_directory(file("summary.md"));  // after the look at it
  const std::vector<std::string> problems = outputs.write(Result{});
  BOOST_REQUIRE(problems.size() == 1U);
  BOOST_TEST(has(problems[0], "summary.md"), problems[0]);
  BOOST_TEST(!outputs.complete());
  BOOST_TEST(has(read_file(file("junit.xml")), "<testsuites"));
}

BOOST_AUTO_TEST_SUITE_END()
