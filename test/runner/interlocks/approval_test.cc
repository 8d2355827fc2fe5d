#include "runner/interlocks/approval.h"

#include <fstream>

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/sim_store.h"
#include "test/runner/sim_clock.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

const UtcTime kNoon = *parse_utc("2026-11-14T12:00:00Z");
const std::string kHash = sha256("a plan");

struct Home : ScratchHome {
  static Approval approval() {
    return {kHash, "drain", "shop", "alice (uid 1000)", "CHG 81", kNoon, kNoon + 24h};
  }
  static std::string refused(UtcTime at, Store* shared = nullptr) {
    return why_not_approved(kHash, "drain", "shop", at, shared);
  }

  boost::asio::io_context loop;
  SimClock clock{loop};
  SimStore store{clock};
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
  BOOST_TEST(says(why_not_approved(other, "drain", "shop", kNoon, nullptr), "nobody"));
  BOOST_TEST(says(why_not_approved(kHash, "kill", "shop", kNoon, nullptr), "of another"));
  BOOST_TEST(says(why_not_approved(kHash, "drain", "forum", kNoon, nullptr), "of another"));
}

BOOST_AUTO_TEST_CASE(one_that_was_copied_to_another_hash_is_none) {
  const auto file = write_approval(approval());
  Approval other = approval();
  other.plan_hash = sha256("another plan");
  const auto place = write_approval(other);
  std::filesystem::copy_file(file, place, std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(
      says(why_not_approved(other.plan_hash, "drain", "shop", kNoon, nullptr), "of another"));
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

BOOST_AUTO_TEST_CASE(one_that_was_given_on_another_server_holds_here) {
  BOOST_TEST(says(refused(kNoon, &store), "nobody has approved the plan " + kHash + ";"));
  BOOST_TEST(says(refused(kNoon, &store), "in the store"));
  keep_approval(approval(), store);
  BOOST_TEST(refused(kNoon, &store) == "");
  BOOST_TEST(says(refused(kNoon), "nobody has approved"));  // of a home that does not look there
  BOOST_TEST(says(refused(kNoon - 1us, &store), "in the store is dated in the future"));
  BOOST_TEST(says(refused(kNoon + 24h, &store), "in the store expired at"));
}

BOOST_AUTO_TEST_CASE(what_holds_here_holds_whatever_the_store_has) {
  write_approval(approval());
  BOOST_TEST(refused(kNoon, &store) == "");
  store.away = true;
  BOOST_TEST(refused(kNoon, &store) == "");
}

BOOST_AUTO_TEST_CASE(a_newer_one_of_another_server_counts_where_the_one_here_expired) {
  Approval old = approval();
  old.given -= 48h;
  old.expires -= 48h;
  write_approval(old);
  BOOST_TEST(says(refused(kNoon, &store), "expired"));
  keep_approval(approval(), store);
  BOOST_TEST(refused(kNoon, &store) == "");
}

BOOST_AUTO_TEST_CASE(one_of_the_store_holds_for_this_plan_this_drill_and_this_stack_only) {
  keep_approval(approval(), store);
  const std::string other = sha256("another plan");
  BOOST_TEST(says(why_not_approved(other, "drain", "shop", kNoon, &store), "nobody"));
  BOOST_TEST(says(why_not_approved(kHash, "kill", "shop", kNoon, &store), "of another"));
  BOOST_TEST(says(why_not_approved(kHash, "drain", "forum", kNoon, &store), "of another"));
  store.keep_approval({other, store.approval(kHash)->text});
  BOOST_TEST(says(why_not_approved(other, "drain", "shop", kNoon, &store), "of another"));
}

BOOST_AUTO_TEST_CASE(one_of_a_store_that_cannot_be_read_is_none) {
  keep_approval(approval(), store);
  const std::string whole = store.approval(kHash)->text;
  for (const std::string& content : {std::string(),
                                     std::string("{}"),
                                     std::string("[]"),
                                     whole.substr(0, whole.size() / 2),
                                     whole + std::string(70'000, ' ')}) {
    store.keep_approval({kHash, content});
    BOOST_TEST(says(refused(kNoon, &store), "in the store cannot be read"), content);
  }
  store.keep_approval({kHash, whole});
  store.away = true;
  BOOST_TEST(says(refused(kNoon, &store), "cannot be read: the store is away"));
}

BOOST_AUTO_TEST_CASE(nothing_but_a_hash_becomes_a_path) {
  for (const char* hash : {"sha256:../../etc/passwd", "", "md5:00", "sha256:"}) {
    Approval wrong = approval();
    wrong.plan_hash = hash;
    BOOST_CHECK_THROW(write_approval(wrong), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()
