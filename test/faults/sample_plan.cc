#include "sample_plan.h"

#include <algorithm>
#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "drills/fields.h"
#include "drills/stack_reader.h"
#include "drills/yaml_reader.h"
#include "faults/plan_text.h"
#include "test/base/loop.h"

namespace muster {
namespace {

/// The commands with which plans may look, and nothing else.
bool changes_nothing(const Command& command) {
  const std::string words = join(command.argv, " ");
  if (words.starts_with("cat ") || words == "ss -OHtni" || words == "ip -j route show default")
    return true;
  if (words.starts_with("ip -j link show dev ") || words.starts_with("readlink /proc/"))
    return true;
  if (words.starts_with("dig ") || words.starts_with("openssl s_client ")) return true;
  if (words.starts_with("steer --is-out=")) return true;  // the programs of drain_region_test
  if (words.starts_with("gdnsdctl ") && words.ends_with(" states")) return true;
  if (words.ends_with("/muster-setting read")) return true;
  if (holds(words, "muster-look away ") || holds(words, "muster-look unanswered ")) return true;
  if (words.starts_with("tc -j qdisc show ")) return true;
  if (words.ends_with(" list_local_zones") || words == "openssl x509 -noout -checkend 0")
    return true;
  if (words.starts_with("curl ") && !holds(words, " -X ") && !holds(words, " -d ")) return true;
  // A message that nobody listens to.
  if (words.starts_with("socat -t 0.5 - TCP:"))
    return command.input == "INFO replication\r\n" ||
           command.input == "PUBLISH muster:look 1\r\n" ||
           command.input == "INFO memory\r\nINFO stats\r\n";
  if (words.starts_with("socat - ")) return command.input.starts_with("show map ");
  return words.starts_with("psql ") && holds(words, "-c select ") && !holds(words, "_pause()") &&
         !holds(words, "_resume()");
}

class FakeHost final : public Host {
 public:
  FakeHost(std::string name, const FakeHosts& hosts) : name_(std::move(name)), hosts_(hosts) {}

  const std::string& name() const override { return name_; }
  std::string reach() const override { return "fake"; }

  Task<CommandResult> try_run(Command command) override {
    const std::string text = join(command.argv, " ") + " <<< " + command.input;
    BOOST_TEST(changes_nothing(command), "a plan must only look, but ran: " << text);
    const auto& answers = hosts_.answers();
    const auto found = std::find_if(answers.rbegin(), answers.rend(), [&](const auto& answer) {
      return (answer.host == "*" || answer.host == name_) && holds(text, answer.fragment);
    });
    if (found == answers.rend()) fail("nobody told fake host {} how to answer: {}", name_, text);
    co_return found->result;
  }

  Task<std::unique_ptr<Channel>> open(std::vector<std::string>) override {
    fail("a plan must not start programs");
    co_return nullptr;
  }

 private:
  std::string name_;
  const FakeHosts& hosts_;
};

constexpr std::string_view kGdnsdStates = R"({
	"geoip/geo/us": {"state": "NA", "real_state": "NA"},
	"geoip/geo/eu": {"state": "NA", "real_state": "NA"},
	"10.1.0.10/region": {"state": "UP", "real_state": "UP"},
	"10.2.0.10/region": {"state": "UP", "real_state": "UP"}
}
)";

/// Of Redis 7.0, shortened.
constexpr std::string_view kRedisMemory =
    "$300\r\n# Memory\r\nused_memory:2101544\r\nused_memory_human:2.00M\r\nmaxmemory:0\r\n"
    "maxmemory_human:0B\r\nmaxmemory_policy:noeviction\r\nallocator_frag_ratio:1.19\r\n\r\n"
    "$200\r\n# Stats\r\nexpired_keys:3\r\nevicted_keys:0\r\nevicted_clients:0\r\n\r\n";

}  // namespace

FakeHosts::FakeHosts() = default;
FakeHosts::~FakeHosts() = default;

FakeHosts& FakeHosts::says(std::string host, std::string fragment, std::string out) {
  CommandResult result;
  result.out = std::move(out);
  answers_.push_back({std::move(host), std::move(fragment), std::move(result)});
  return *this;
}

FakeHosts& FakeHosts::says_too_much(std::string host, std::string fragment, std::string out) {
  says(std::move(host), std::move(fragment), std::move(out));
  answers_.back().result.truncated = true;
  return *this;
}

FakeHosts& FakeHosts::fails(std::string host, std::string fragment, std::string err) {
  CommandResult result;
  result.exit_code = 1;
  result.err = std::move(err);
  answers_.push_back({std::move(host), std::move(fragment), std::move(result)});
  return *this;
}

Host& FakeHosts::host(std::string_view name) {
  auto found = hosts_.find(name);
  if (found == hosts_.end())
    found = hosts_.emplace(name, std::make_unique<FakeHost>(std::string(name), *this)).first;
  return *found->second;
}

Stack lab_stack() {
  return load_stack(MUSTER_SOURCE_DIR "/drills/stacks/lab.yaml");
}

FakeHosts& answer_like_the_lab(FakeHosts& hosts) {
  return hosts.says("*", "cat /run/lab/", "42\n")
      .says("*", "cat /proc/42/comm", "muster-lab-app\n")
      .says("*", "readlink /proc/42/exe", "/run/lab/bin/muster-lab-app\n")
      .says("*", "gdnsdctl", std::string(kGdnsdStates))
      .says("*", "/article/1", "HIT")
      .fails("*", "muster-look away", "")  // sent there, answered
      .fails("*", "muster-look unanswered", "")
      .says("*", "/lb-health", "status 200")
      .says("*", "show map", "0x55d0c8a0 region up\n\n")
      .says("*", "ss -OHtni", "")
      .says("db-us",
            "ss -OHtni",
            "ESTAB 0 0 10.1.0.20:5432 10.2.0.20:40112 cubic lastsnd:812 lastrcv:816 lastack:771\n")
      .says("*", "ip -j route", R"([{"dst":"default","gateway":"10.1.0.1","dev":"eth0"}])")
      .says("*", "ip -j link show dev eth0", R"([{"ifname":"eth0","altnames":["enp3s0"]}])")
      .says("*", "ip -j link show dev enp3s0", R"([{"ifname":"eth0","altnames":["enp3s0"]}])")
      .says("*", "ip -j link show dev eth1", R"([{"ifname":"eth1"}])")
      .says("*", "tc -j qdisc", R"([{"kind":"noqueue","handle":"0:","root":true,"refcnt":2}])")
      .says("*", "/objects/look", "muster\n")
      .says("*", "cat /run/lab/tls", "-----BEGIN CERTIFICATE-----\nMIIB\n")
      .fails("*", "-checkend", "Certificate will expire\n")
      .says("*", "openssl s_client", "CONNECTED(00000003)\nVerify return code: 0 (ok)\n")
      .says("*", "list_local_zones", "localhost. redirect\n")
      .says("*", "dig ", ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7\n")
      .says("*", "INFO replication", "role:slave\r\nmaster_link_status:up\r\n")
      .says("*", "PUBLISH", ":0\r\n")
      .says("*", "INFO memory", std::string(kRedisMemory))
      .says("db-us", "pg_stat_replication", "streaming\n")
      .says("db-eu", "pg_ls_waldir", "1\n")
      .says("db-us", "pg_file_settings", "off unset\n")
      .says("db-eu", "pg_stat_wal_receiver", "42\n")
      .says("db-eu", "pause_state", "not paused\n");
}

Params params_of(std::string_view kind, const std::string& yaml, const Stack& stack) {
  const FaultKind* fault = fault_kind(kind);
  BOOST_REQUIRE_MESSAGE(fault != nullptr, "no fault " << kind);
  Reading reading;
  const std::optional<YamlNode> node = read_yaml(reading.adopt("sample.yaml", yaml), reading);
  Params params;
  if (node) {
    const Owner owner{"fault", node->where};
    params = read_fields(fault->spec.fields, *node, owner, names_of(stack), reading);
  }
  reading.finish();
  return params;
}

FaultPlan plan_of(std::string_view kind,
                  const std::string& yaml,
                  const Stack& stack,
                  Hosts& hosts) {
  const Params params = params_of(kind, yaml, stack);
  FaultContext context{
      stack, hosts, "20261122-211500-sample", std::string(kind), "break", std::chrono::minutes(2)};
  FaultPlan plan;
  const auto make = [&]() -> Task<> {
    plan = co_await fault_kind(kind)->plan(params, context);
  };
  run_task(make());
  return plan;
}

FaultPlan lab_plan(std::string_view kind, const std::string& yaml) {
  FakeHosts hosts;
  return plan_of(kind, yaml, lab_stack(), answer_like_the_lab(hosts));
}

std::string refusal(std::string_view kind,
                    const std::string& yaml,
                    const Stack& stack,
                    Hosts& hosts) {
  try {
    plan_of(kind, yaml, stack, hosts);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string lab_refusal(std::string_view kind, const std::string& yaml) {
  FakeHosts hosts;
  return refusal(kind, yaml, lab_stack(), answer_like_the_lab(hosts));
}

void check_golden_plan(const std::string& name, const FaultPlan& plan) {
  const std::string path = MUSTER_SOURCE_DIR "/test/plans/" + name + ".txt";
  const std::string text = plan_text(plan);
  if (const char* update = std::getenv("MUSTER_UPDATE_GOLDEN"); update != nullptr && *update == '1')
    write_file_atomically(path, text, 0644);
  const std::string expected = read_file_if_exists(path).value_or("");
  BOOST_TEST(text == expected,
             "the plan differs from test/plans/"
                 << name << ".txt (MUSTER_UPDATE_GOLDEN=1 rewrites it); it is:\n"
                 << text);
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace muster
