#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/host.h"
#include "drills/stack.h"
#include "faults/fault.h"

namespace muster {

/// Hosts that run nothing: they answer from a list, and refuse whatever is not known to change
/// nothing. What a fault's plan is made with in tests.
class FakeHosts final : public Hosts {
 public:
  FakeHosts();
  ~FakeHosts() override;

  /// `host` ("*": any) answers `out` to a command whose words or input hold `fragment`; later
  /// answers win.
  FakeHosts& says(std::string host, std::string fragment, std::string out);
  /// So much that only its beginning came.
  FakeHosts& says_too_much(std::string host, std::string fragment, std::string out);
  FakeHosts& fails(std::string host, std::string fragment, std::string err);
  Host& host(std::string_view name) override;

  struct Answer {
    std::string host;
    std::string fragment;
    CommandResult result;
  };
  const std::vector<Answer>& answers() const { return answers_; }

 private:
  std::vector<Answer> answers_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> hosts_;
};

/// drills/stacks/lab.yaml, healthy and at rest.
Stack lab_stack();
FakeHosts& answer_like_the_lab(FakeHosts& hosts);

/// The parameters of a fault as the language reads them; throws UsageError where they are wrong.
Params params_of(std::string_view kind, const std::string& yaml, const Stack& stack);

/// Plans a fault for run "20261122-211500-sample", step "break", with a deadline of two minutes.
FaultPlan plan_of(std::string_view kind, const std::string& yaml, const Stack& stack, Hosts& hosts);
/// In the lab, with the answers it gives at rest.
FaultPlan lab_plan(std::string_view kind, const std::string& yaml);

/// Why the fault cannot be planned; empty where it can.
std::string refusal(std::string_view kind,
                    const std::string& yaml,
                    const Stack& stack,
                    Hosts& hosts);
std::string lab_refusal(std::string_view kind, const std::string& yaml);

/// The plan in test/plans/<name>.txt; MUSTER_UPDATE_GOLDEN=1 writes it.
void check_golden_plan(const std::string& name, const FaultPlan& plan);

bool holds(std::string_view text, std::string_view part);

}  // namespace muster
