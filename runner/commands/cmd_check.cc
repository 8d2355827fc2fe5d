#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "probes/vantage.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"

namespace muster {

Action define_check(Arguments& arguments) {
  arguments.example("muster check drills/library/*.yaml");
  auto& playbooks = arguments.operands("PLAYBOOK", "the playbooks to check");
  auto& stack = arguments.option("--stack", "FILE", "another stack than the playbooks name");
  auto& set = arguments.options("--set", "NAME=VALUE", "the value of a variable");
  return [&] {
    std::size_t wrong = 0;
    for (const std::string& playbook : playbooks) {
      try {
        const Drill drill = load_drill_as_asked(playbook, set, stack);
        try {
          agent_tasks(drill.playbook, drill.stack);  // what its agents would not take
        } catch (const Error& error) {
          fail("{}: {}", playbook, error.what());
        }
        print(fmt::format("{}: good: drill {} on {}, {}\n",
                          playbook,
                          drill.playbook.drill,
                          drill.stack.name,
                          count_of(drill.playbook.steps.size(), "step")));
      } catch (const Error& error) {
        ++wrong;
        std::fputs((std::string(error.what()) + "\n").c_str(), stderr);
      }
    }
    return static_cast<int>(wrong == 0 ? ExitCode::Pass : ExitCode::Usage);
  };
}

}  // namespace muster
