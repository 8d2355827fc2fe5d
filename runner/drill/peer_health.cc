#include "runner/drill/peer_health.h"

#include <algorithm>
#include <set>

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr Duration kAskEvery = std::chrono::milliseconds(500);
constexpr Duration kLookEvery = std::chrono::milliseconds(100);
constexpr std::string_view kUnanswered = "it did not answer yet";
/// No answer takes longer: curl gives up before.
constexpr Duration kOneAnswer = std::chrono::seconds(3);

/// What the stack promises of `health`: the status is 200. No settings of the user who runs it.
Command health_question(const std::string& url) {
  return command("curl",
                 "--disable",
                 "--silent",
                 "--show-error",
                 "--output",
                 "/dev/null",
                 "--noproxy",
                 "*",
                 "--max-time",
                 "2",
                 "--write-out",
                 "%{http_code}",
                 "--url",
                 url);
}

}  // namespace

PeerHealth::PeerHealth(Clock& clock,
                       Hosts& hosts,
                       const Stack& stack,
                       std::vector<RegionLoss> losses)
    : clock_(clock), hosts_(hosts), wanted_(stack.peer_healthy) {
  if (losses.empty() || wanted_ == Duration::zero()) return;
  first_loss_ = losses.front().step;
  std::set<std::string> out;
  for (const RegionLoss& loss : losses) out.insert(loss.regions.begin(), loss.regions.end());
  for (const StackService& service : stack.services) {
    const Params health = service.params.object("health");
    for (const std::string& name : service.hosts) {
      const StackHost* host = stack.host(name);
      if (!health.has("http") || host == nullptr || host->region.empty()) continue;
      if (!out.contains(host->region))
        peers_.push_back(
            {service.name, name, health.text("http"), {}, false, std::string(kUnanswered)});
    }
  }
}

bool PeerHealth::guards(const std::string& step) const {
  return !concluded_ && !peers_.empty() && step == first_loss_;
}

Task<> PeerHealth::watch() {
  began_ = clock_.now();
  auto executor = co_await asio::this_coro::executor;
  TaskGroup asking(executor);
  for (Peer& peer : peers_) asking.spawn(ask_again_and_again(peer));
  co_await asking.join();
}

Task<> PeerHealth::ask_again_and_again(Peer& peer) {
  while (!concluded_) {
    const Time asked = clock_.now();
    peer.problem = co_await ask(peer);
    peer.answered = true;
    if (!peer.problem.empty())
      peer.healthy_since.reset();
    else if (!peer.healthy_since)
      peer.healthy_since = asked;
    co_await clock_.sleep_for(kAskEvery);
  }
}

/// What is wrong with the answer; empty for a good one.
Task<std::string> PeerHealth::ask(const Peer& peer) {
  std::string problem;
  try {
    Command question = health_question(peer.url);
    const CommandResult answer = co_await hosts_.host(peer.host).try_run(std::move(question));
    if (!answer.ok())
      problem = printable(trim(answer.err), 200);
    else if (answer.out != "200")
      problem = "the status is " + printable(answer.out, 20);
    if (!answer.ok() && problem.empty())
      problem = fmt::format("curl ended with {}", answer.exit_code);
  } catch (const Error& error) {
    problem = error.what();
  }
  co_return problem;
}

bool PeerHealth::healthy(const Peer& peer) const {
  return peer.healthy_since && clock_.now() - *peer.healthy_since >= wanted_;
}

Task<std::vector<CheckRecord>> PeerHealth::conclude() {
  const Time began = clock_.now();
  const Time watched_enough = began_.value_or(began) + wanted_ + kLookEvery;
  const auto unasked = [&] {
    return std::ranges::any_of(peers_, [](const Peer& peer) { return !peer.answered; });
  };
  while (clock_.now() < watched_enough || (unasked() && clock_.now() < watched_enough + kOneAnswer))
    co_await clock_.sleep_for(kLookEvery);
  concluded_ = true;
  std::vector<CheckRecord> checks;
  for (const Peer& peer : peers_) {
    const std::string text =
        fmt::format("{} on {} healthy for {}", peer.service, peer.host, format_duration(wanted_));
    std::string saw = peer.problem;
    if (saw.empty() && !healthy(peer)) saw = "it was not healthy all that time";
    checks.push_back(
        {"peer", text, healthy(peer), clock_.now(), clock_.now() - began, std::move(saw)});
  }
  co_return checks;
}

}  // namespace muster
