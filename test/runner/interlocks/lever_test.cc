#include "runner/interlocks/lever.h"

#include <fstream>

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "test/runner/scratch_home.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

const UtcTime kNoon = *parse_utc("2026-11-14T12:00:00Z");

struct Home : ScratchHome {
  /// What the home's lever says; the machine's own is not ours to look at.
  static std::optional<Lever> lever() { return engaged_lever({home_lever_file()}); }
  static void write(const std::string& content) { std::ofstream(home_lever_file()) << content; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lever, Home)

BOOST_AUTO_TEST_CASE(it_is_released_only_where_no_file_is) {
  BOOST_TEST(!lever().has_value());
  BOOST_TEST(!release_lever());
}

BOOST_AUTO_TEST_CASE(it_says_who_engaged_it_and_when_and_why_until_it_is_released) {
  engage_lever("alice (uid 1000)", "incident 4711", kNoon);
  BOOST_REQUIRE(lever().has_value());
  BOOST_TEST(lever()->who == "alice (uid 1000)");
  BOOST_TEST(lever()->reason == "incident 4711");
  BOOST_TEST((lever()->since == kNoon));
  BOOST_TEST(lever()->doubt == "");
  BOOST_TEST(lever()->text().ends_with(
      "is engaged by alice (uid 1000) since 2026-11-14T12:00:00.000000Z: incident 4711"));
  BOOST_TEST(release_lever());
  BOOST_TEST(!lever().has_value());
}

BOOST_AUTO_TEST_CASE(the_first_to_engage_it_stays_its_author) {
  engage_lever("alice", "first", kNoon);
  engage_lever("bob", "second", kNoon);
  BOOST_TEST(lever()->who == "alice");
}

BOOST_AUTO_TEST_CASE(whatever_a_person_wrote_by_hand_engages_it) {
  for (const char* content :
       {"", "incident 4711\n", "[]", "{}", R"({"who": 3})", "{\"who\": \"a"}) {
    write(content);
    BOOST_TEST_CONTEXT(content) {
      BOOST_REQUIRE(lever().has_value());
      BOOST_TEST(lever()->doubt != "");
    }
  }
  write("incident 4711\n");
  BOOST_TEST(lever()->text().ends_with(": incident 4711"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_engages_it) {
  fs::create_directory(home_lever_file());
  BOOST_TEST(lever().has_value());
  fs::remove(home_lever_file());
  fs::create_symlink("nowhere", home_lever_file());
  BOOST_TEST(lever().has_value());
  fs::remove(home_lever_file());
  ::mkfifo(home_lever_file().c_str(), 0600);  // opening it would wait for ever
  BOOST_TEST(lever().has_value());
  fs::remove(home_lever_file());
  write(std::string(1 << 20, 'x'));
  BOOST_TEST(lever().has_value());
  fs::remove(home_lever_file());
  BOOST_TEST(engaged_lever({path / "file" / "below"}).has_value() == false);
  std::ofstream(path / "file") << "x";
  BOOST_TEST(engaged_lever({path / "file" / "below"}).has_value() == false);
}

BOOST_AUTO_TEST_CASE(one_engaged_lever_of_several_is_enough) {
  std::ofstream(path / "machine") << "by hand";
  const auto found = engaged_lever({home_lever_file(), path / "machine"});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->file == path / "machine");
  BOOST_TEST(found->how_to_release().find("muster lever release") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(hostile_texts_stay_on_one_line) {
  engage_lever("a\nb", "\x1b[2J\n", kNoon);
  BOOST_TEST(lever()->text().find_first_of("\n\x1b") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
