#include "drills/playbook.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

struct Titles {
  std::string operator()(const BaselineStep& step) const {
    return "baseline of " + human_duration(step.length);
  }
  std::string operator()(const InjectStep& step) const {
    return fmt::format("inject {} ({})", step.name, step.kind);
  }
  std::string operator()(const UndoStep& step) const { return "undo " + step.name; }
  std::string operator()(const HoldStep& step) const {
    return "hold for " + human_duration(step.length);
  }
  std::string operator()(const AwaitStep& step) const {
    const std::string within = " within " + human_duration(step.within);
    if (step.kind == AwaitStep::Kind::Failover) return "await failover of " + step.probe + within;
    if (step.kind == AwaitStep::Kind::Recovery) return "await recovery of " + step.probe + within;
    return "await " + step.condition.text() + within;
  }
  std::string operator()(const ExpectStep& step) const { return "expect " + step.condition.text(); }
  std::string operator()(const RunStep& step) const {
    return fmt::format("run {} on {}", show_argv(step.argv), step.host);
  }
  std::string operator()(const AskStep& step) const { return "ask: " + step.question; }
  std::string operator()(const ParallelStep& step) const {
    std::vector<std::string> titles;
    for (const Step& branch : step.branches) titles.push_back(branch.title());
    return "at once: " + join(titles, "; ");
  }
};

}  // namespace

std::string Step::title() const {
  return std::visit(Titles{}, action);
}

const ProbeSpec* Playbook::probe(std::string_view name) const {
  const auto found = std::find_if(
      probes.begin(), probes.end(), [&](const ProbeSpec& each) { return each.name == name; });
  return found == probes.end() ? nullptr : &*found;
}

}  // namespace muster
