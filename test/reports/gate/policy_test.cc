#include "reports/gate/policy.h"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/signature.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// A folder with what a policy may name.
struct PolicyFolder {
  fs::path path;
  PolicyFolder() {
    std::string name = (fs::temp_directory_path() / "muster-policy-XXXXXX").string();
    path = ::mkdtemp(name.data());
    make_private_directories(path / "keys");
    write_file_atomically(path / "drain.yaml", "muster: 1\n");
    write_file_atomically(path / "production.yaml", "muster_stack: 1\n");
    write_file_atomically(path / "keys/bad.pub", "no key\n");
    SigningKey::open_or_make(path / "keys/ci.pem");
  }
  ~PolicyFolder() { fs::remove_all(path); }
  PolicyFolder(const PolicyFolder&) = delete;
  PolicyFolder& operator=(const PolicyFolder&) = delete;

  GatePolicy read(const std::string& text) const {
    return read_gate_policy(
        text, (path / "gate.yaml").string(), *parse_utc("2026-11-20T12:00:00Z"));
  }
  /// The message, without the folder; "" where there is nothing to say.
  std::string mistakes_in(const std::string& text) const {
    try {
      (void)read(text);
      return "";
    } catch (const UsageError& error) {
      std::string said = error.what();
      for (std::size_t at = said.find(path.string()); at != std::string::npos;
           at = said.find(path.string()))
        said.erase(at, path.string().size() + 1);
      return said;
    }
  }
};

constexpr const char* kWhole = R"(muster_gate: 1
max_age: 14d
trusted_keys: [keys/ci.pub]
services:
  web:
    production:
      - {drill: drain-us-east, max_age: 7d, version: must_match, configuration: must_match, no_regression: true,
         environment: staging, playbook: drain.yaml, stack: production.yaml, set: {hold: 2m}, least_changes: 2}
      - drill: lose-primary
    staging: [drain-us-east]
  api: {production: [lose-primary]}
waivers:
  - {drill: lose-primary, service: web, environment: production, owner: ops@example.org,
     reason: "replica rebuilt, OPS-12", expires: 2026-12-10}
  - {drill: lose-primary, service: api, environment: production, owner: ops@example.org,
     reason: over, expires: "2026-11-01T12:30:00Z"}
)";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What is said of a policy with one drill line, or one waiver.
std::string of_line(const std::string& line) {
  return PolicyFolder().mistakes_in("muster_gate: 1\nservices:\n  web:\n    production:\n      - " +
                                    line + "\n");
}
std::string of_waiver(const std::string& waiver) {
  return PolicyFolder().mistakes_in(
      "muster_gate: 1\nservices: {web: {production: [drain-us-east]}}\nwaivers:\n  - " + waiver +
      "\n");
}

constexpr const char* kWaived =
    "drill: drain-us-east, service: web, environment: production, owner: ops, reason: x";

}  // namespace

BOOST_AUTO_TEST_SUITE(gate_policy)

BOOST_AUTO_TEST_CASE(a_whole_policy_is_read) {
  const PolicyFolder folder;
  const GatePolicy policy = folder.read(kWhole);
  BOOST_TEST(policy.trusted_keys.size() == 1U);
  BOOST_TEST(policy.trusted_keys[0] == (folder.path / "keys/ci.pub").string());
  const auto& lines = policy.services.at("web").at("production");
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(lines[0].drill == "drain-us-east");
  BOOST_TEST((lines[0].max_age == 24h * 7));
  BOOST_TEST(lines[0].version_must_match);
  BOOST_TEST(lines[0].configuration_must_match);
  BOOST_TEST(lines[0].no_regression);
  BOOST_TEST(lines[0].environment == "staging");
  BOOST_TEST(lines[0].playbook == (folder.path / "drain.yaml").string());
  BOOST_TEST(lines[0].stack == (folder.path / "production.yaml").string());
  BOOST_TEST(lines[0].set.at("hold") == "2m");
  BOOST_TEST(lines[0].least_changes == 2U);
  BOOST_TEST(lines[1].drill == "lose-primary");
  BOOST_TEST((lines[1].max_age == 24h * 14));
  BOOST_TEST(lines[1].environment == "production");
  BOOST_TEST(!lines[1].version_must_match);
  BOOST_TEST(!lines[1].no_regression);
  BOOST_TEST(lines[1].least_changes == 1U);
  BOOST_TEST(policy.services.at("web").at("staging")[0].environment == "staging");
  BOOST_REQUIRE(policy.waivers.size() == 2U);
  BOOST_TEST(policy.waivers[0].owner == "ops@example.org");
  BOOST_TEST(policy.waivers[0].reason == "replica rebuilt, OPS-12");
  BOOST_TEST(format_utc(policy.waivers[0].expires) == "2026-12-10T00:00:00.000000Z");
  BOOST_TEST(format_utc(policy.waivers[1].expires) == "2026-11-01T12:30:00.000000Z");
}

BOOST_AUTO_TEST_CASE(a_file_is_read_like_a_text) {
  const PolicyFolder folder;
  write_file_atomically(folder.path / "gate.yaml", kWhole);
  const GatePolicy policy =
      load_gate_policy((folder.path / "gate.yaml").string(), *parse_utc("2026-11-20T12:00:00Z"));
  BOOST_TEST(policy.services.size() == 2U);
  BOOST_CHECK_THROW(load_gate_policy((folder.path / "none.yaml").string(), UtcTime{}), UsageError);
}

BOOST_AUTO_TEST_CASE(a_question_becomes_what_the_policy_demands) {
  const PolicyFolder folder;
  const GatePolicy policy = folder.read(kWhole);
  GateQuestion question;
  question.service = "web";
  question.environment = "production";
  question.version = "2026.47.0";
  question.max_age = 10 * 24h;
  const GateTerms terms = terms_of(question, &policy);
  BOOST_TEST(terms.denial == "");
  BOOST_REQUIRE(terms.demands.size() == 2U);
  BOOST_TEST((terms.demands[0].max_age == 24h * 7));   // the policy's is shorter
  BOOST_TEST((terms.demands[1].max_age == 24h * 10));  // the question's is
  BOOST_TEST(terms.demands[0].version.value() == "2026.47.0");
  BOOST_TEST(terms.demands[0].configuration.value() == "");
  BOOST_TEST(!terms.demands[1].version.has_value());
  BOOST_TEST(terms.demands[0].waivers.empty());
  BOOST_TEST(terms.demands[1].waivers.size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_each_at_its_place) {
  const std::string said = PolicyFolder().mistakes_in(R"(muster_gate: 1
max_aeg: 7d
trusted_keys: [keys/bad.pub, keys/none.pub]
services:
  Web: {}
  web:
    production: []
    staging:
      - {drill: drain-us-east, version: must-match}
      - {drill: drain-us-east}
      - {max_age: 0s}
      - Drain
waivers:
  - {drill: drain-us-west, service: web, environment: staging, owner: ops, reason: x, expires: 2026-12-10}
)");
  for (const char* part : {"gate.yaml:2:1: error: unknown key 'max_aeg' in the policy",
                           "did you mean 'max_age'?",
                           "gate.yaml:3:16: error: ",
                           "it holds no public key in PEM",
                           "gate.yaml:3:30: error: ",
                           "gate.yaml:5:3: error: 'Web' under 'services'",
                           "service 'Web' names no environment",
                           "gate.yaml:7:17: error: 'production' asks for no drill",
                           "gate.yaml:9:41: error: 'version' of a drill of the policy must be",
                           "gate.yaml:10:9: error: the drill 'drain-us-east' is named twice",
                           "gate.yaml:11:9: error: a drill of the policy needs 'drill'",
                           "gate.yaml:11:19: error: 'max_age' of a drill of the policy must be at "
                           "least 1s",
                           "gate.yaml:12:9: error: the name of a drill must be",
                           "gate.yaml:14:13: error: the policy has no drill 'drain-us-west' that "
                           "could be waived",
                           "did you mean 'drain-us-east'?"})
    BOOST_TEST(has(said, part), part << "\nis not in\n" << said);
}

BOOST_AUTO_TEST_CASE(a_policy_without_services_is_none) {
  const PolicyFolder folder;
  BOOST_TEST(has(folder.mistakes_in("muster_gate: 1\n"), "a gate policy needs 'services'"));
  BOOST_TEST(
      has(folder.mistakes_in("muster_gate: 1\nservices:\n"), "a gate policy needs 'services'"));
  BOOST_TEST(has(folder.mistakes_in("muster_gate: 1\nservices: {web: }\n"),
                 "service 'web' names no environment"));
  BOOST_TEST(has(folder.mistakes_in("muster_gate: 1\nservices: {web: {production: }}\n"),
                 "'production' is empty"));
  BOOST_TEST(has(folder.mistakes_in("muster: 1\n"), "a gate policy is needed here"));
  BOOST_TEST(has(folder.mistakes_in("muster_gate: 2\n"), "this muster reads 'muster_gate: 1'"));
  BOOST_TEST(folder.mistakes_in("") != "");
}

BOOST_AUTO_TEST_CASE(what_a_line_names_must_be_there) {
  BOOST_TEST(of_line("{drill: a, playbook: drain.yaml}") == "");
  BOOST_TEST(has(of_line("{drill: a, playbook: none.yaml}"), "5:30: error: there is no file"));
  BOOST_TEST(has(of_line("{drill: a, stack: keys}"), "there is no file"));
  BOOST_TEST(has(of_line("{drill: a, set: {hold: 2m}}"), "'set' goes with 'playbook'"));
  BOOST_TEST(has(of_line("{drill: a, least_changes: 0}"), "must be at least 1"));
  BOOST_TEST(has(of_line("[a]"), "must be a map of keys"));
}

BOOST_AUTO_TEST_CASE(a_waiver_needs_an_owner_a_reason_and_an_end_that_is_near) {
  const std::string head = "{" + std::string(kWaived);
  BOOST_TEST(of_waiver(head + ", expires: 2026-12-10}") == "");
  BOOST_TEST(of_waiver(head + ", expires: 2026-12-10T12:00:00Z}") == "");
  BOOST_TEST(of_waiver(head + ", expires: 2020-01-01}") == "");  // an ended one is no mistake
  BOOST_TEST(has(of_waiver(head + "}"), "a waiver needs 'expires'"));
  BOOST_TEST(has(of_waiver("{expires: 2026-12-10}"), "a waiver needs 'owner'"));
  BOOST_TEST(has(of_waiver("{expires: 2026-12-10}"), "a waiver needs 'reason'"));
  BOOST_TEST(has(of_waiver("{expires: 2026-12-10}"), "a waiver needs 'drill'"));
  BOOST_TEST(has(of_waiver(head + ", expires: 2027-02-19}"), "a waiver ends within 90 days"));
  BOOST_TEST(of_waiver(head + ", expires: 2027-02-18}") == "");
  BOOST_TEST(has(of_waiver(head + ", expires: 9999-01-01}"), "a waiver ends within 90 days"));
  BOOST_TEST(has(of_waiver("{owner: '', drill: drain-us-east, service: web, environment: "
                           "production, reason: x, expires: 2026-12-10}"),
                 "'owner' of a waiver must not be empty"));
  for (const char* text : {"never",
                           "30d",
                           "2026-13-01",
                           "2026-02-30",
                           "2026-2-1",
                           "10.12.2026",
                           "2026-12-10 12:00",
                           "2026-12-10T12:00:00",
                           "2026-12-10T12:00:00+01:00",
                           "2026-12-10T25:00:00Z",
                           "2026-12-10T1:2:3Z"})
    BOOST_TEST(has(of_waiver(head + ", expires: '" + text + "'}"), "must be a day or an instant"),
               text);
}

BOOST_AUTO_TEST_CASE(a_waiver_for_what_is_not_asked_for_is_a_mistake) {
  BOOST_TEST(has(of_waiver("{drill: drain-us-east, service: wep, environment: production, owner: "
                           "o, reason: x, expires: 2026-12-10}"),
                 "the policy has no service 'wep' that could be waived"));
  BOOST_TEST(has(of_waiver("{drill: drain-us-east, service: web, environment: staging, owner: o, "
                           "reason: x, expires: 2026-12-10}"),
                 "the policy has no environment 'staging' that could be waived"));
}

BOOST_AUTO_TEST_SUITE_END()
