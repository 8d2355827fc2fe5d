#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "reports/gate/answer.h"
#include "runner/commands/ask_server.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/interlocks/lever.h"
#include "runner/record/gate_evidence.h"

namespace muster {

namespace {

struct GateArguments {
  std::string drill, service, environment, version, configuration, max_age;
  std::string policy, server, token_file, trusted_key;
  bool no_regression = false;
  bool as_json = false;
};

GateQuestion question_in(const GateArguments& arguments) {
  GateQuestion question;
  question.drill = arguments.drill;
  question.service = arguments.service;
  question.environment = arguments.environment;
  question.version = arguments.version;
  question.configuration = arguments.configuration;
  question.no_regression = arguments.no_regression;
  if (!arguments.max_age.empty()) {
    question.max_age = parse_duration(arguments.max_age);
    if (!question.max_age)
      throw UsageError("--max-age wants a duration such as 7d or 12h, not '" + arguments.max_age +
                       "'");
  }
  if (const std::string wrong = complaint(question); !wrong.empty())
    throw UsageError("muster gate: " + wrong +
                     "; e.g. --policy gate.yaml --service web --environment production, or --drill "
                     "drain-us-east");
  return question;
}

void refuse_what_does_not_go_together(const GateArguments& arguments) {
  const bool asks_a_server = !arguments.server.empty();
  if (asks_a_server && !arguments.policy.empty())
    throw UsageError("--policy goes without --server: a server has a policy of its own");
  if (!asks_a_server && !arguments.token_file.empty())
    throw UsageError("--token-file goes with --server");
  if (!asks_a_server && arguments.policy.empty() && !arguments.service.empty())
    throw UsageError("--service needs --policy FILE, or a --server that has one");
}

// ---- asked here

TrustedKeys keys_for(const GateArguments& arguments, const GatePolicy& policy) {
  std::vector<std::string> files = policy.trusted_keys;
  if (!arguments.trusted_key.empty()) files.push_back(arguments.trusted_key);
  return trusted_keys(files);
}

GateAnswer answer_of_this_home(const GateArguments& arguments, const GateQuestion& question) {
  const UtcTime now = SystemClock().utc_now();
  std::optional<GatePolicy> policy;
  if (!arguments.policy.empty()) policy = load_gate_policy(arguments.policy, now);
  const TrustedKeys trusted = keys_for(arguments, policy.value_or(GatePolicy{}));
  std::unique_ptr<Store> store;
  std::string store_error;
  try {
    store = open_store(default_store());
  } catch (const Error& error) {
    store_error = error.what();
  }
  GateSources sources{store.get(), store_error, trusted, "", now};
  if (const auto lever = engaged_lever()) sources.lever = lever->text();
  return gate_answer(question, policy ? &*policy : nullptr, [&](const GateDemand& demand) {
    return collect_evidence(demand, sources);
  });
}

// ---- asked of a server

std::optional<Secret> token_for(const GateArguments& arguments) {
  if (!arguments.token_file.empty())
    return read_secret("secret:file:" + std::filesystem::absolute(arguments.token_file).string());
  const char* const given = std::getenv("MUSTER_TOKEN");
  if (given == nullptr || *given == '\0') return std::nullopt;
  return read_secret("secret:env:MUSTER_TOKEN");
}

TrustedKeys keys_of_server(const GateArguments& arguments) {
  TrustedKeys trusted;
  if (arguments.trusted_key.empty()) {
    trusted = trusted_keys({});
  } else {
    trusted.add(arguments.trusted_key);
  }
  if (trusted.empty())
    throw UsageError(
        "--server needs --trusted-key FILE, the signing-key.pub of the server: without it anybody "
        "could say yes");
  return trusted;
}

std::string new_nonce() {
  return fmt::format("{:016x}{:016x}", entropy(), entropy());
}

/// What a server's reply comes to, as a document that can be shown.
struct Heard {
  bool allow = false;
  std::string document;
};

Heard ask(const GateArguments& arguments, const GateQuestion& question) {
  const TrustedKeys trusted = keys_of_server(arguments);
  const std::string nonce = new_nonce();
  const ServerReply reply =
      ask_server(arguments.server, words_of(question, nonce), token_for(arguments));
  const UtcTime now = SystemClock().utc_now();
  const std::string why =
      reply.problem.empty()
          ? why_not_pass(reply.body, reply.signature, trusted, question, nonce, now)
          : reply.problem;
  if (why.empty() || why == kAnsweredNo) return {why.empty(), reply.body};
  GateAnswer denied;
  denied.reasons = {why};
  return {false, answer_json(denied, question, nonce, arguments.server, now)};
}

// ----

int show(bool allow, const std::string& document, bool as_json) {
  if (as_json) {
    print(document);
  } else {
    print(allow ? "allow\n" : "deny\n");
    for (const std::string& reason : reasons_in_answer(document)) print("  " + reason + "\n");
  }
  return static_cast<int>(allow ? ExitCode::Pass : ExitCode::Fail);
}

int run_gate(const GateArguments& arguments) {
  refuse_what_does_not_go_together(arguments);
  const GateQuestion question = question_in(arguments);
  if (!arguments.server.empty()) {
    const Heard heard = ask(arguments, question);
    return show(heard.allow, heard.document, arguments.as_json);
  }
  const GateAnswer answer = answer_of_this_home(arguments, question);
  const std::string document =
      answer_json(answer, question, "", "this home", SystemClock().utc_now());
  return show(answer.allow, document, arguments.as_json);
}

}  // namespace

Action define_gate(Arguments& arguments) {
  arguments.example("muster gate --policy gate.yaml --service web --environment production");
  auto& drill = arguments.option("--drill", "NAME", "one drill that must have passed");
  auto& service =
      arguments.option("--service", "NAME", "what is to be deployed, as the policy has it");
  auto& environment = arguments.option(
      "--environment", "NAME", "where it goes; with --drill, where its run must have been");
  auto& policy = arguments.option("--policy", "FILE", "which drills a service needs: gate.yaml");
  auto& version =
      arguments.option("--for-version", "VERSION", "the version that is to be deployed");
  auto& configuration =
      arguments.option("--configuration",
                       "DIGEST",
                       "the settings that it will run on: environment.digest of a result");
  auto& max_age = arguments.option(
      "--max-age", "DURATION", "how old a run may be at most; 7d where nobody says another");
  auto& no_regression = arguments.flag(
      "--no-regression",
      "also deny what is within its budgets but worse than usual, as trials confirm");
  auto& server =
      arguments.option("--server", "URL", "ask this `muster serve` instead of this home");
  auto& token_file = arguments.option(
      "--token-file", "FILE", "a token of the server; else the environment's MUSTER_TOKEN");
  auto& trusted_key =
      arguments.option("--trusted-key",
                       "PEM",
                       "public key that signs: of the server, or of results beside this home's");
  auto& as_json = arguments.flag("--json", "for programs");
  return [&] {
    return run_gate({drill,
                     service,
                     environment,
                     version,
                     configuration,
                     max_age,
                     policy,
                     server,
                     token_file,
                     trusted_key,
                     no_regression,
                     as_json});
  };
}

}  // namespace muster
