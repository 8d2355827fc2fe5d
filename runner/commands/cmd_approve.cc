#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/interlocks/approval.h"
#include "runner/interlocks/person.h"
#include "runner/plan/plan_hash.h"
#include "runner/plan/reach.h"

namespace muster {

namespace {

constexpr Duration kLongest = std::chrono::hours(24 * 30);

UtcTime later(UtcTime now, Duration length) {
  return now + std::chrono::duration_cast<std::chrono::microseconds>(length);
}

/// Where other servers look; "" where there are none.
std::string share(const Approval& approval) {
  const std::string location = default_store();
  if (!is_shared(location)) return "";
  const std::unique_ptr<Store> store = open_store(location);
  keep_approval(approval, *store);
  return "all servers of the store at " + store->host() + " know of it\n";
}

Task<int> approve(Drill drill, std::string words, Duration length, std::string reason) {
  StackHosts hosts(drill.stack.hosts);
  const std::string hash = co_await plan_hash(drill, hosts);
  const SystemClock clock;
  const UtcTime now = clock.utc_now();
  const Approval approval{hash,
                          drill.playbook.drill,
                          drill.stack.name,
                          this_person(),
                          std::move(reason),
                          now,
                          later(now, length)};
  write_approval(approval);
  std::string shared;
  try {
    shared = share(approval);
  } catch (const Error& error) {
    fail("approved in this home alone, other servers do not know of it: {}; approve it again then",
         error.what());
  }
  print(fmt::format("{} on {} ({}) is approved by {} until {}\nplan hash: {}\n",
                    approval.drill,
                    approval.stack,
                    drill.stack.environment,
                    approval.who,
                    format_utc(approval.expires),
                    approval.plan_hash));
  if (!shared.empty()) print(shared);
  if (drill.stack.environment == "production")
    print("run it with: muster run " + words + " --yes-production\n");
  else
    print("only a production stack asks for an approval; this one does not\n");
  co_return static_cast<int>(ExitCode::Pass);
}

}  // namespace

Action define_approve(Arguments& arguments) {
  arguments.example(
      "muster approve drain.yaml --stack production.yaml --for 24h --reason \"CHG 81\"");
  auto& playbook = arguments.operand("PLAYBOOK", "the drill whose plan is approved, as it is now");
  auto& stack = arguments.option("--stack", "FILE", "another stack than the playbook names");
  auto& set = arguments.options("--set", "NAME=VALUE", "the value of a variable");
  auto& length = arguments.option("--for", "DURATION", "how long the approval holds", "24h");
  auto& reason = arguments.option("--reason", "TEXT", "kept with the approval");
  return [&] {
    const auto holds = parse_duration(length);
    if (!holds || *holds <= Duration::zero() || *holds > kLongest)
      throw UsageError("--for wants a duration up to 30d, such as 24h, not '" + length + "'");
    Drill drill = load_drill_as_asked(playbook, set, stack);
    return run_to_end(approve(std::move(drill), drill_words(playbook, set, stack), *holds, reason));
  };
}

}  // namespace muster
