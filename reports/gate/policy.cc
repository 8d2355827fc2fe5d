#include "reports/gate/policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/reading.h"

namespace muster {

namespace {

GateTerms denied(std::string why, const std::string& hint = "") {
  return {{}, hint.empty() ? std::move(why) : fmt::format("{}; {}", why, hint)};
}

template <class Value>
std::string near_one_of(const std::string& word, const std::map<std::string, Value>& named) {
  std::vector<std::string> names;
  names.reserve(named.size());
  for (const auto& [name, value] : named) names.push_back(name);
  return suggestion(word, names);
}

std::vector<Waiver> waivers_for(const GatePolicy& policy,
                                const GateQuestion& question,
                                const std::string& drill) {
  std::vector<Waiver> found;
  std::ranges::copy_if(policy.waivers, std::back_inserter(found), [&](const Waiver& waiver) {
    return waiver.drill == drill && waiver.service == question.service &&
           waiver.environment == question.environment;
  });
  return found;
}

GateDemand demand_of(const PolicyDrill& line, const GateQuestion& question) {
  GateDemand demand;
  demand.drill = line.drill;
  demand.max_age = std::min(line.max_age, question.max_age.value_or(line.max_age));
  demand.environment = line.environment;
  if (line.version_must_match) demand.version = question.version;
  if (line.configuration_must_match) demand.configuration = question.configuration;
  demand.playbook = line.playbook;
  demand.stack = line.stack;
  demand.set = line.set;
  demand.no_regression = line.no_regression;
  demand.least_changes = line.least_changes;
  return demand;
}

/// All that the question tells must match.
GateDemand demand_of(const GateQuestion& question) {
  GateDemand demand;
  demand.drill = question.drill;
  demand.max_age = question.max_age.value_or(kUsualMaxAge);
  demand.environment = question.environment;
  if (!question.version.empty()) demand.version = question.version;
  if (!question.configuration.empty()) demand.configuration = question.configuration;
  demand.no_regression = question.no_regression;
  return demand;
}

GateTerms terms_of_policy(const GateQuestion& question, const GatePolicy& policy) {
  const auto service = policy.services.find(question.service);
  if (service == policy.services.end())
    return denied(fmt::format("the policy says nothing about the service '{}'", question.service),
                  near_one_of(question.service, policy.services));
  const auto environment = service->second.find(question.environment);
  if (environment == service->second.end())
    return denied(fmt::format("the policy says nothing about '{}' in the environment '{}'",
                              question.service,
                              question.environment),
                  near_one_of(question.environment, service->second));
  GateTerms terms;
  terms.demands.reserve(environment->second.size());
  for (const PolicyDrill& line : environment->second) {
    terms.demands.push_back(demand_of(line, question));
    terms.demands.back().waivers = waivers_for(policy, question, line.drill);
  }
  if (terms.demands.empty()) return denied("the policy asks for no drill at all");
  return terms;
}

}  // namespace

GateTerms terms_of(const GateQuestion& question, const GatePolicy* policy) {
  if (std::string wrong = complaint(question); !wrong.empty()) return denied(std::move(wrong));
  if (!question.drill.empty()) return {{demand_of(question)}, ""};
  if (policy == nullptr)
    return denied(
        fmt::format("there is no policy that says which drills '{}' needs", question.service));
  return terms_of_policy(question, *policy);
}

}  // namespace muster
