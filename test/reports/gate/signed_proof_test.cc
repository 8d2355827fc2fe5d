// Whoever changes one bit of a result, of an answer, or of a signature gets no pass.
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/random.h"
#include "reports/gate/answer.h"
#include "reports/gate/signed_result.h"
#include "test/reports/sample_gate.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::GateCase;
using sample::good_gate_case;

namespace {

namespace fs = std::filesystem;

/// Every bit; with sanitizers one of every byte, another one for each.
#ifdef MUSTER_SANITIZED
constexpr std::size_t kBitStep = 9;
#else
constexpr std::size_t kBitStep = 1;
#endif

struct OwnKey {
  fs::path folder;
  SigningKey key;
  TrustedKeys trusted;

  OwnKey() : folder(made_folder()), key(SigningKey::open_or_make(folder / "key.pem")) {
    trusted.add_pem(key.public_pem());
  }
  ~OwnKey() { fs::remove_all(folder); }
  OwnKey(const OwnKey&) = delete;
  OwnKey& operator=(const OwnKey&) = delete;
  static fs::path made_folder() {
    std::string name = (fs::temp_directory_path() / "muster-key-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
};

std::string flipped(std::string text, std::size_t bit) {
  text[bit / 8] = static_cast<char>(static_cast<unsigned char>(text[bit / 8]) ^ 1U << bit % 8);
  return text;
}

template <class Passes>
int passes_with_one_bit_flipped(const std::string& text, Passes passes) {
  int count = 0;
  for (std::size_t bit = 0; bit < text.size() * 8; bit += kBitStep)
    count += passes(flipped(text, bit)) ? 1 : 0;
  return count;
}

/// As small as the gate lets it be.
std::string small_result_text() {
  Result result = *good_gate_case().evidence.result;
  result.actions.resize(1);
  result.metrics.resize(1);
  return compact_json(to_json(result));
}

/// The gate with what was kept of a run, and a history that was changed along with it.
bool passes(const std::string& text, const std::string& signature, const TrustedKeys& trusted) {
  GateCase one = good_gate_case();
  one.line().least_changes = 1;
  one.evidence.is_signed = false;
  take_result(text, signature, trusted, one.evidence);
  one.run().result_digest = one.evidence.result_digest;
  return one.answered().allow;
}

/// What a client and a server say to each other.
struct Exchange {
  GateCase one = good_gate_case();
  GateQuestion asked = one.question;  ///< as the client remembers it
  std::string nonce = "0123456789abcdef0123456789abcdef";
  UtcTime now = one.evidence.now;
  std::string body, signature;

  void answer(const OwnKey& server) {
    body = answer_json(one.answered(), one.question, nonce, "gate.example", one.evidence.now);
    signature = sign_answer(server.key, body);
  }
  bool is_same_as(const Exchange& other) const {
    return body == other.body && signature == other.signature && nonce == other.nonce &&
           now == other.now && asked == other.asked;
  }
  std::string verdict(const OwnKey& server) const {
    return why_not_pass(body, signature, server.trusted, asked, nonce, now);
  }
};

void sign_again(Exchange& exchange,
                const OwnKey& server,
                const char* key,
                const json::value& value) {
  json::value document = parse_json(exchange.body, "the answer");
  if (!document.is_object()) fail("it is no answer any more");
  document.get_object()[key] = value;
  exchange.body = pretty_json(document);
  exchange.signature = sign_answer(server.key, exchange.body);
}

struct AnswerViolation {
  std::string name;
  void (*spoil)(Exchange&, const OwnKey&);
};

const std::vector<AnswerViolation>& answer_violations() {
  static const std::vector<AnswerViolation> kAll = {{"empty body",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.body.clear();
                                                     }},
                                                    {"empty everything",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.body.clear();
                                                       e.signature.clear();
                                                     }},
                                                    {"no signature",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.signature.clear();
                                                     }},
                                                    {"truncated",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.body.resize(e.body.size() * 2 / 3);
                                                     }},
                                                    {"truncated by a byte",
                                                     [](Exchange& e, const OwnKey&) {
                                                       if (!e.body.empty()) e.body.pop_back();
                                                     }},
                                                    {"something behind",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.body += "\n";
                                                     }},
                                                    {"the page of a proxy",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.body = "<html>502 Bad Gateway</html>";
                                                     }},
                                                    {"another key",
                                                     [](Exchange& e, const OwnKey&) {
                                                       const OwnKey stranger;
                                                       e.signature =
                                                           sign_answer(stranger.key, e.body);
                                                     }},
                                                    {"signed as a result",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       e.signature = sign_result(s.key, e.body);
                                                     }},
                                                    {"signed as it is",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       e.signature = s.key.sign(e.body);
                                                     }},
                                                    {"another nonce",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.nonce = "fedcba9876543210fedcba9876543210";
                                                     }},
                                                    {"no nonce",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.nonce.clear();
                                                     }},
                                                    {"no nonce on either side",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       e.nonce.clear();
                                                       sign_again(e, s, "nonce", "");
                                                     }},
                                                    {"another version asked",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.asked.version = "2026.47.0";
                                                     }},
                                                    {"another service asked",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.asked.service = "api";
                                                     }},
                                                    {"another age asked",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.asked.max_age = 1h;
                                                     }},
                                                    {"replayed",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.now += 60s + 1us;
                                                     }},
                                                    {"from the future",
                                                     [](Exchange& e, const OwnKey&) {
                                                       e.now -= 60s + 1us;
                                                     }},
                                                    {"another format",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       sign_again(e, s, "format", 2);
                                                     }},
                                                    {"a format of text",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       sign_again(e, s, "format", "1");
                                                     }},
                                                    {"a verdict that is no word",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       sign_again(e, s, "verdict", true);
                                                     }},
                                                    {"an unknown verdict",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       sign_again(e, s, "verdict", "PASS");
                                                     }},
                                                    {"no question",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       sign_again(e, s, "question", nullptr);
                                                     }},
                                                    {"no time",
                                                     [](Exchange& e, const OwnKey& s) {
                                                       sign_again(e, s, "answered_at", "today");
                                                     }},
                                                    {"a list", [](Exchange& e, const OwnKey& s) {
                                                       e.body = "[" + e.body + "]";
                                                       e.signature = sign_answer(s.key, e.body);
                                                     }}};
  return kAll;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_signed_proof)

BOOST_AUTO_TEST_CASE(a_signed_result_passes_and_says_who_may_read_it) {
  const OwnKey own;
  const std::string text = small_result_text();
  const std::string signature = sign_result(own.key, text);
  BOOST_TEST(result_complaint(text, signature, own.trusted) == "");
  BOOST_TEST(passes(text, signature, own.trusted));
  BOOST_TEST(!passes(text, "", own.trusted));
  BOOST_TEST(!passes(text, own.key.sign(text), own.trusted));
  BOOST_TEST(!passes(text, sign_answer(own.key, text), own.trusted));
  BOOST_TEST(!passes(text, signature, TrustedKeys()));
  BOOST_TEST(!passes("", sign_result(own.key, ""), own.trusted));
  BOOST_TEST(!passes("{}", sign_result(own.key, "{}"), own.trusted));
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_a_signed_result_or_of_its_signature_passes) {
  const OwnKey own;
  const std::string text = small_result_text();
  const std::string signature = sign_result(own.key, text);
  BOOST_REQUIRE(passes(text, signature, own.trusted));
  BOOST_TEST(passes_with_one_bit_flipped(text, [&](const std::string& other) {
               return passes(other, signature, own.trusted);
             }) == 0);
  BOOST_TEST(passes_with_one_bit_flipped(signature, [&](const std::string& other) {
               return passes(text, other, own.trusted);
             }) == 0);
}

BOOST_AUTO_TEST_CASE(a_result_that_the_history_does_not_remember_so_denies) {
  const OwnKey own;
  GateCase one = good_gate_case();
  const std::string text = compact_json(to_json(*one.evidence.result));
  take_result(text, sign_result(own.key, text), own.trusted, one.evidence);
  BOOST_TEST(!one.answered().allow);
  one.run().result_digest = sha256(text);
  BOOST_TEST(one.answered().allow);
}

BOOST_AUTO_TEST_CASE(a_result_of_another_schema_denies_though_it_is_signed) {
  const OwnKey own;
  json::value document = parse_json(small_result_text(), "the result");
  document.as_object()["schema"] = "muster.result/2";
  const std::string text = compact_json(document);
  BOOST_TEST(!passes(text, sign_result(own.key, text), own.trusted));
}

BOOST_AUTO_TEST_CASE(a_thousand_true_passes_pass) {
  const OwnKey server;
  Random random(20261120);
  int passed = 0;
  for (int i = 0; i < 1000; ++i) {
    Exchange exchange;
    exchange.nonce = fmt::format("{:016x}{:016x}", random.next(), random.next());
    exchange.one.evidence.now += std::chrono::minutes(random.below(60 * 24 * 6));
    exchange.now = exchange.one.evidence.now + std::chrono::seconds(random.below(61));
    exchange.answer(server);
    passed += exchange.verdict(server).empty() ? 1 : 0;
  }
  BOOST_TEST(passed == 1000);
}

BOOST_AUTO_TEST_CASE(no_violation_of_the_answer_passes_alone_or_with_another) {
  const OwnKey server;
  for (const auto& violation : answer_violations()) {
    Exchange exchange;
    exchange.answer(server);
    BOOST_REQUIRE(exchange.verdict(server) == "");
    const Exchange good = exchange;
    violation.spoil(exchange, server);
    const std::string why = exchange.verdict(server);
    BOOST_TEST(why != "", violation.name);
    BOOST_TEST(why.find('\n') == std::string::npos, violation.name);
    for (const auto& other : answer_violations()) {
      Exchange both = exchange;
      try {
        other.spoil(both, server);
      } catch (const Error&) {
        continue;  // what is no answer any more cannot be changed as one
      }
      if (both.is_same_as(good)) continue;  // the second one undid the first
      BOOST_TEST(both.verdict(server) != "", violation.name << " and " << other.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(
    whatever_denies_at_the_gate_denies_at_the_client_with_any_violation_of_the_answer) {
  const OwnKey server;
  for (const auto& violation : sample::gate_violations()) {
    Exchange exchange;
    violation.spoil(exchange.one);
    exchange.asked = exchange.one.question;
    exchange.now = exchange.one.evidence.now;
    exchange.answer(server);
    BOOST_TEST(exchange.verdict(server) == "the answer is no", violation.name);
    for (const auto& other : answer_violations()) {
      Exchange both = exchange;
      other.spoil(both, server);
      BOOST_TEST(both.verdict(server) != "", violation.name << " and " << other.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_an_answer_or_of_its_signature_passes) {
  const OwnKey server;
  Exchange exchange;
  exchange.answer(server);
  BOOST_REQUIRE(exchange.verdict(server) == "");
  BOOST_TEST(passes_with_one_bit_flipped(exchange.body, [&](const std::string& other) {
               Exchange changed = exchange;
               changed.body = other;
               return changed.verdict(server).empty();
             }) == 0);
  BOOST_TEST(passes_with_one_bit_flipped(exchange.signature, [&](const std::string& other) {
               Exchange changed = exchange;
               changed.signature = other;
               return changed.verdict(server).empty();
             }) == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_is_fresh_for_a_minute_and_clocks_may_differ_by_one) {
  const OwnKey server;
  for (const auto apart : {-60s, -1s, 0s, 1s, 60s}) {
    Exchange exchange;
    exchange.answer(server);
    exchange.now += apart;
    BOOST_TEST(exchange.verdict(server) == "");
  }
  Exchange exchange;
  exchange.answer(server);
  for (const UtcTime now : {UtcTime::min(), UtcTime::max()}) {
    exchange.now = now;
    BOOST_TEST(exchange.verdict(server) != "");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_tells_its_reasons_to_people) {
  const OwnKey server;
  Exchange exchange;
  exchange.one.evidence.lever = "the safety lever is engaged";
  exchange.answer(server);
  BOOST_TEST(
      reasons_in_answer(exchange.body) == std::vector<std::string>{"the safety lever is engaged"},
      boost::test_tools::per_element());
  for (const char* body : {"", "x", "[]", "{}", "{\"reasons\":1}", "{\"reasons\":[1]}"})
    BOOST_TEST(reasons_in_answer(body).empty(), body);
  BOOST_TEST(reasons_in_answer("{\"reasons\":[\"a\\u001b[2J\\nb\"]}")[0] == "a\uFFFD[2J b");
}

BOOST_AUTO_TEST_CASE(an_answer_has_every_drill_and_what_was_waived) {
  GateCase one = good_gate_case();
  one.question.version = "2026.47.0";
  one.policy.waivers = {sample::waiver_of(one)};
  const json::object document =
      parse_json(answer_json(one.answered(), one.question, "n", "s", one.evidence.now), "it")
          .as_object();
  BOOST_TEST(text_at(document, "verdict") == "pass");
  BOOST_TEST(integer_at(document, "format") == 1);
  BOOST_TEST(text_at(document, "nonce") == "n");
  BOOST_TEST(text_at(document, "server") == "s");
  BOOST_TEST(text_at(document, "answered_at") == format_utc(one.evidence.now));
  const json::object& drill = at(document, "drills").at(0).as_object();
  BOOST_TEST(text_at(drill, "drill") == one.line().drill);
  BOOST_TEST(text_at(drill, "run") == one.run().id);
  BOOST_TEST(text_at(drill, "verdict") == "pass");
  BOOST_TEST(at(drill, "waived").as_array().size() == 1U);
  BOOST_TEST(at(drill, "reasons").as_array().empty());
}

BOOST_AUTO_TEST_SUITE_END()
