#include "runner/plan/plan_hash.h"

#include <functional>
#include <set>

#include <boost/test/unit_test.hpp>

#include "test/runner/sample_drill.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

struct Planned {
  Drill drill = empty_drill();
  std::vector<PlannedInject> injects{drain_of("west", "us"), kill_on("kill", {"app1-eu"})};

  Planned() {
    change().resource = "file:/etc/state";
    change().apply = exec({"break", "it"});
    change().undo = exec({"mend", "it"});
    drill.playbook.steps = {inject_step("west"),
                            {HoldStep{20s}, {}},
                            {RunStep{"lb-us", {"uptime"}, 30s}, {}},
                            undo_step("west"),
                            inject_step("kill")};
    Condition errors;
    errors.metric = "error_ratio";
    errors.probe = "users";
    errors.above = 0.9;
    drill.playbook.stop_if = {errors};
  }
  Change& change() { return injects[0].plan.changes[0]; }
  std::string hash() const { return hash_of_plan(drill, injects); }
};

struct Edit {
  const char* what;
  std::function<void(Planned&)> make;
};

/// What hosts only said when they were looked at, and what people read.
const std::vector<Edit>& observations() {
  static const std::vector<Edit> edits{{"what",
                                        [](Planned& p) {
                                          p.change().what += " (they do not talk just now)";
                                        }},
                                       {"verify",
                                        [](Planned& p) {
                                          p.change().verify = exec({"nft", "list", "table"});
                                        }},
                                       {"verify_undone",
                                        [](Planned& p) {
                                          p.change().verify_undone = exec({"look"});
                                        }},
                                       {"verify_within",
                                        [](Planned& p) {
                                          p.change().verify_within = 33s;
                                        }},
                                       {"title",
                                        [](Planned& p) {
                                          p.drill.playbook.title = "another";
                                        }},
                                       {"objectives",
                                        [](Planned& p) {
                                          p.drill.playbook.objectives.emplace_back();
                                        }},
                                       {"prediction", [](Planned& p) {
                                          p.injects[0].plan.predicted = {{"detect", "", 1s, 2s}};
                                        }}};
  return edits;
}

/// Everything that would be done in another way.
const std::vector<Edit>& deeds() {
  static const std::vector<Edit> edits{
      {"drill",
       [](Planned& p) {
         p.drill.playbook.drill = "other";
       }},
      {"stack",
       [](Planned& p) {
         p.drill.stack.name = "other";
       }},
      {"environment",
       [](Planned& p) {
         p.drill.stack.environment = "production";
       }},
      {"id",
       [](Planned& p) {
         p.change().id = "west/2";
       }},
      {"host",
       [](Planned& p) {
         p.change().host = "lb-eu";
       }},
      {"reach",
       [](Planned& p) {
         p.drill.stack.hosts[0].reach.kind = Reach::Kind::Netns;
       }},
      {"target",
       [](Planned& p) {
         p.drill.stack.hosts[0].reach.target = "elsewhere";
       }},
      {"resource",
       [](Planned& p) {
         p.change().resource = "file:/etc/other";
       }},
      {"process",
       [](Planned& p) {
         p.change().process = "/run/other.pid";
       }},
      {"apply",
       [](Planned& p) {
         p.change().apply.args.emplace_back("harder");
       }},
      {"apply's input",
       [](Planned& p) {
         p.change().apply.input = "x";
       }},
      {"undo",
       [](Planned& p) {
         p.change().undo.args.emplace_back("softer");
       }},
      {"deadline",
       [](Planned& p) {
         p.change().deadline += 1s;
       }},
      {"lease",
       [](Planned& p) {
         p.change().lease += 1s;
       }},
      {"undo class",
       [](Planned& p) {
         p.change().undo_class = UndoClass::Irreversible;
       }},
      {"order",
       [](Planned& p) {
         p.change().order = 1;
       }},
      {"a change less",
       [](Planned& p) {
         p.injects.pop_back();
       }},
      {"order of injects",
       [](Planned& p) {
         std::swap(p.injects[0], p.injects[1]);
       }},
      {"hold",
       [](Planned& p) {
         p.drill.playbook.steps[1] = {HoldStep{2h}, {}};
       }},
      {"run",
       [](Planned& p) {
         p.drill.playbook.steps[2] = {RunStep{"lb-us", {"reboot"}, 30s}, {}};
       }},
      {"run's host",
       [](Planned& p) {
         p.drill.playbook.steps[2] = {RunStep{"lb-eu", {"uptime"}, 30s}, {}};
       }},
      {"no undo",
       [](Planned& p) {
         p.drill.playbook.steps.erase(p.drill.playbook.steps.begin() + 3);
       }},
      {"no stop_if",
       [](Planned& p) {
         p.drill.playbook.stop_if.clear();
       }},
      {"peers not asked", [](Planned& p) {
         p.drill.stack.peer_healthy = 0s;
       }}};
  return edits;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_hash)

BOOST_AUTO_TEST_CASE(it_does_not_change_with_what_hosts_say) {
  const std::string hash = Planned().hash();
  for (const Edit& edit : observations()) {
    Planned planned;
    edit.make(planned);
    BOOST_TEST(planned.hash() == hash, edit.what);
  }
}

BOOST_AUTO_TEST_CASE(it_changes_with_whatever_would_be_done) {
  std::set<std::string> hashes{Planned().hash()};
  for (const Edit& edit : deeds()) {
    Planned planned;
    edit.make(planned);
    BOOST_TEST(hashes.insert(planned.hash()).second, edit.what);
  }
}

BOOST_AUTO_TEST_SUITE_END()
