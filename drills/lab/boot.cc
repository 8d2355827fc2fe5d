#include "drills/lab/boot.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace muster::lab {

namespace {

constexpr Duration kHealthPatience = std::chrono::seconds(30);
constexpr Duration kLookEvery = std::chrono::milliseconds(30);
constexpr Duration kAnswerWithin = std::chrono::seconds(1);
constexpr std::size_t kLogLines = 8;

std::string last_lines(std::string_view log) {
  const auto lines = split(trim(log), '\n');
  std::string text;
  for (std::size_t i = lines.size() - std::min(lines.size(), kLogLines); i < lines.size(); ++i)
    text += "\n    " + printable(lines[i], 200);
  return text;
}

/// What a person can do about the part; the log says the rest.
std::string advice(const PartRef& ref) {
  if (ref.part.starts_with("delay"))
    return "the kernel must offer NFQUEUE (nfnetlink_queue, xt_NFQUEUE); `--set wan_delay=0` does "
           "without";
  if (ref.part == "postgres")
    return "remove the folder postgres-template* below $MUSTER_HOME/lab, then bring the lab up "
           "again";
  if (ref.part == "router")
    return "the kernel must offer veth, bridge and tmpfs inside namespaces; --root may be allowed "
           "more";
  return fmt::format(
      "bring the lab up again; if it fails the same way, its packages may be broken: apt-get "
      "install --reinstall");
}

}  // namespace

Boot::Boot(const Plan& plan, Asker& asker, Clock& clock, std::function<void(std::string)> progress)
    : plan_(plan),
      asker_(asker),
      clock_(clock),
      progress_(std::move(progress)),
      began_(clock.now()) {}

bool Boot::ready(const PartPlan& part) const {
  return std::all_of(part.after.begin(), part.after.end(), [&](const PartRef& ref) {
    return healthy_.contains(ref) || plan_.part(ref) == nullptr;
  });
}

Task<> Boot::start_what_is_ready() {
  std::vector<const PartPlan*> starting;
  std::vector<Question> requests;
  for (const PartPlan& part : plan_.parts) {
    if (started_.contains(part.ref) || !ready(part)) continue;
    if (part.argv.empty()) {
      started_.insert(part.ref);
      continue;
    }
    starting.push_back(&part);
    requests.push_back(ask_init(part.ref.host, "start\t" + part.ref.part));
  }
  if (requests.empty()) co_return;
  const std::vector<Answer> answers = co_await asker_.ask(std::move(requests), kAnswerWithin);
  for (std::size_t i = 0; i < starting.size(); ++i) {
    if (!answers[i].ok()) continue;  // process 1 of the host is not there yet
    if (!answers[i].bytes.starts_with("0\n"))
      co_await give_up(*starting[i], answers[i].bytes.substr(2));
    started_.insert(starting[i]->ref);
  }
}

Task<> Boot::look_at_what_is_started() {
  std::vector<const PartPlan*> looked_at;
  std::vector<std::size_t> counts;
  std::vector<Question> questions;
  for (const PartPlan& part : plan_.parts) {
    if (!started_.contains(part.ref) || healthy_.contains(part.ref)) continue;
    const auto own = questions_about(part);
    looked_at.push_back(&part);
    counts.push_back(own.size());
    questions.insert(questions.end(), own.begin(), own.end());
  }
  const std::vector<Answer> answers = co_await asker_.ask(std::move(questions), kAnswerWithin);
  auto next = answers.begin();
  for (std::size_t i = 0; i < looked_at.size(); ++i) {
    const std::vector<Answer> own(next, next + static_cast<std::ptrdiff_t>(counts[i]));
    next += static_cast<std::ptrdiff_t>(counts[i]);
    const PartHealth health = judge(*looked_at[i], own);
    if (health.host_broken || health.ended) co_await give_up(*looked_at[i], health.health);
    if (health.healthy) healthy_.insert(looked_at[i]->ref);
    last_health_[looked_at[i]->ref] = health.health;
  }
}

void Boot::tell_finished_groups() {
  std::map<std::string, bool> finished;
  for (const PartPlan& part : plan_.parts) {
    auto& all = finished.try_emplace(part.group, true).first->second;
    all = all && healthy_.contains(part.ref);
  }
  for (const auto& [group, all] : finished)
    if (all && told_.insert(group).second)
      progress_(group + " " + human_duration(clock_.now() - began_));
}

Task<> Boot::run() {
  while (healthy_.size() < plan_.parts.size()) {
    co_await start_what_is_ready();
    co_await look_at_what_is_started();
    tell_finished_groups();
    if (clock_.now() - began_ < kHealthPatience) {
      co_await clock_.sleep_for(kLookEvery);
      continue;
    }
    for (const PartPlan& part : plan_.parts)
      if (started_.contains(part.ref) && !healthy_.contains(part.ref))
        co_await give_up(
            part,
            fmt::format("after {}: {}", human_duration(kHealthPatience), last_health_[part.ref]));
  }
}

Task<> Boot::give_up(const PartPlan& part, std::string reason) {
  const bool own_log = !part.argv.empty();
  std::vector<Question> questions = {
      ask_file(part.ref.host, "root/run/lab/" + (own_log ? part.ref.part : "init") + ".log"),
      ask_file(part.ref.host, "root/run/lab/init.log")};
  const std::vector<Answer> logs = co_await asker_.ask(std::move(questions), kAnswerWithin);
  const std::string log = logs[0].bytes.empty() ? logs[1].bytes : logs[0].bytes;
  fail("the lab is down again: {} ({}) did not get healthy: {}{}\n  {}",
       part.ref.text(),
       host_row(part.ref.host).address,
       trim(reason),
       log.empty() ? "" : "\n  its log ends with:" + last_lines(log),
       advice(part.ref));
}

}  // namespace muster::lab
