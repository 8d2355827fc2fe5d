#include "runner/interlocks/approval.h"

#include <fstream>

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "test/runner/scratch_home.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const UtcTime kNoon = *parse_utc("2026-11-14T12:00:00Z");
const std::string kHash = sha256("a plan");

struct Home : ScratchHome {
  static Approval approval() {
    return {kHash, "drain", "shop", "alice (uid 1000)", "CHG 81", kNoon, kNoon + 24h};
  }
  static std::string refused(UtcTime at) { return why_not_approved(kHash, "drain", "shop", at); }
};

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(approval, Home)

BOOST_AUTO_TEST_CASE(a_plan_that_nobody_approved_is_not_approved) {
  BOOST_TEST(says(refused(kNoon), "nobody has approved"));
}

BOOST_AUTO_TEST_CASE(an_approval_holds_from_when_it_was_given_until_it_expires) {
  write_approval(approval());
  BOOST_TEST(says(refused(kNoon - 1us), "future"));
  BOOST_TEST(refused(kNoon) == "");
  BOOST_TEST(refused(kNoon + 24h - 1us) == "");
  BOOST_TEST(says(refused(kNoon + 24h), "expired"));
}

BOOST_AUTO_TEST_CASE(it_holds_for_this_plan_this_drill_and_this_stack_only) {
  write_approval(approval());
  const std::string other = sha256("another plan");
  BOOST_TEST(says(why_not_approved(other, "drain", "shop", kNoon), "nobody"));
  BOOST_TEST(says(why_not_approved(kHash, "kill", "shop", kNoon), "of another"));
  BOOST_TEST(says(why_not_approved(kHash, "drain", "forum", kNoon), "of another"));
}

BOOST_AUTO_TEST_CASE(one_that_was_copied_to_another_hash_is_none) {
  const auto file = write_approval(approval());
  Approval other = approval();
  other.plan_hash = sha256("another plan");
  const auto place = write_approval(other);
  std::filesystem::copy_file(file, place, std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(says(why_not_approved(other.plan_hash, "drain", "shop", kNoon), "of another"));
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_read_is_none) {
  const auto file = write_approval(approval());
  const std::string whole = read_file(file);
  for (const std::string& content :
       {std::string(), std::string("{}"), std::string("[]"), whole.substr(0, whole.size() / 2)}) {
    std::ofstream(file) << content;
    BOOST_TEST(says(refused(kNoon), "cannot be read"), content);
  }
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  BOOST_TEST(says(refused(kNoon), "cannot be read"));
}

BOOST_AUTO_TEST_CASE(only_its_owner_may_look_at_it) {
  struct stat status {};
  BOOST_TEST(::stat(write_approval(approval()).c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600);
}

BOOST_AUTO_TEST_CASE(nothing_but_a_hash_becomes_a_path) {
  for (const std::string& hash : {"sha256:../../etc/passwd", "", "md5:00", "sha256:"}) {
    Approval wrong = approval();
    wrong.plan_hash = hash;
    BOOST_CHECK_THROW(write_approval(wrong), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()
