#include "drills/lab/programs/app/jwt.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace muster::app {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kNow = 1'700'000'000;
const Claims kAlice{
    .subject = "alice", .id = "app1-us-1", .issued_at = kNow, .expires_at = kNow + 60};

std::string refusal_at(std::int64_t now, std::chrono::seconds leeway = 0s) {
  return verify_token(sign_token(kAlice, "key"), "key", now, leeway).refusal;
}

BOOST_AUTO_TEST_SUITE(jwt)

// Computed apart from this code, with Python's hmac and base64.
BOOST_AUTO_TEST_CASE(a_token_is_byte_for_byte_what_the_standard_says) {
  BOOST_TEST(sign_token(kAlice, "key") ==
             "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
             "eyJzdWIiOiJhbGljZSIsImp0aSI6ImFwcDEtdXMtMSIsImlhdCI6MTcwMDAwMDAwMCwibmJmIjoxNzAwMDAwM"
             "DAwLCJleHAiOjE3MDAwMDAwNjB9."
             "hksMYGJUFPpJUp6GDpEbm-H62xCjcoLOer-bff-zywI");
}

BOOST_AUTO_TEST_CASE(a_token_gives_back_its_claims) {
  const VerifiedToken token = verify_token(sign_token(kAlice, "key"), "key", kNow, 0s);
  BOOST_TEST(token.refusal == "");
  BOOST_TEST(token.claims.subject == "alice");
  BOOST_TEST(token.claims.id == "app1-us-1");
  BOOST_TEST(token.claims.issued_at == kNow);
  BOOST_TEST(token.claims.expires_at == kNow + 60);
}

BOOST_AUTO_TEST_CASE(a_token_ends_with_its_time_and_begins_with_it) {
  BOOST_TEST(refusal_at(kNow + 59) == "");
  BOOST_TEST(refusal_at(kNow + 60) == "expired");
  BOOST_TEST(refusal_at(kNow - 1) == "not yet valid");
}

BOOST_AUTO_TEST_CASE(leeway_bridges_clocks_that_differ) {
  BOOST_TEST(refusal_at(kNow - 5, 5s) == "");
  BOOST_TEST(refusal_at(kNow - 6, 5s) == "not yet valid");
  BOOST_TEST(refusal_at(kNow + 64, 5s) == "");
  BOOST_TEST(refusal_at(kNow + 65, 5s) == "expired");
}

BOOST_AUTO_TEST_CASE(a_token_of_another_key_or_with_one_letter_changed_is_refused) {
  const std::string token = sign_token(kAlice, "key");
  BOOST_TEST(verify_token(token, "other", kNow, 0s).refusal == "bad signature");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!verify_token(changed, "key", kNow, 0s).good());
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_token_is_malformed) {
  BOOST_TEST(verify_token("", "key", kNow, 0s).refusal == "malformed");
  BOOST_TEST(verify_token("abc", "key", kNow, 0s).refusal == "malformed");
  BOOST_TEST(verify_token("a.b", "key", kNow, 0s).refusal == "malformed");
  BOOST_TEST(verify_token("a.b.c", "key", kNow, 0s).refusal == "bad signature");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace muster::app
