#include "runner/commands/relative_address.h"

#include <boost/test/unit_test.hpp>

#include "test/runner/scratch_home.h"

using namespace muster;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(relative_addresses)

BOOST_AUTO_TEST_CASE(a_page_in_another_folder_finds_the_file_from_there) {
  BOOST_TEST(relative_address("/m/runs/1/report.html", "/m/history.html") == "runs/1/report.html");
  BOOST_TEST(relative_address("/m/runs/1/report.html", "/out/a/history.html") ==
             "../../m/runs/1/report.html");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_left_again_does_not_count) {
  BOOST_TEST(relative_address("/m/runs/../runs/1/report.html", "/m/x/../history.html") ==
             "runs/1/report.html");
  const fs::path here = fs::current_path();
  BOOST_TEST(relative_address(here / "runs/1/report.html", "../" / here.filename() / "x.html") ==
             "runs/1/report.html");
}

BOOST_AUTO_TEST_CASE(a_page_behind_a_link_counts_from_where_it_really_lies) {
  const ScratchHome home;
  fs::create_directories(home.path / "far/away");
  fs::create_directory_symlink(home.path / "far/away", home.path / "near");
  BOOST_TEST(relative_address(home.path / "runs/1/report.html", home.path / "near/x.html") ==
             "../../runs/1/report.html");
}

BOOST_AUTO_TEST_CASE(signs_that_an_address_gives_a_meaning_to_are_encoded) {
  BOOST_TEST(relative_address("/m/100% #1?/a b:c.html", "/m/history.html") ==
             "100%25%20%231%3F/a%20b%3Ac.html");
}

BOOST_AUTO_TEST_SUITE_END()
