#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include <boost/test/unit_test.hpp>

#include "base/host.h"
#include "drills/stack.h"
#include "faults/fault.h"

namespace muster {

/// Two hosts, "left" 10.9.0.1 and "right" 10.9.0.2, joined by a cable, each with a kernel network
/// of its own that ends with this object. For what only a kernel can tell: whether it takes a
/// ruleset, and whether that bites.
class SampleNetwork final : public Hosts {
 public:
  /// Where this machine allows no namespaces, `works()` is false.
  SampleNetwork();
  ~SampleNetwork() override;
  SampleNetwork(const SampleNetwork&) = delete;
  SampleNetwork& operator=(const SampleNetwork&) = delete;

  bool works() const { return left_ != nullptr && right_ != nullptr; }
  Host& host(std::string_view name) override;
  /// Its two hosts in two regions of the same names.
  const Stack& stack() const { return stack_; }

  CommandResult run(std::string_view host, std::vector<std::string> argv, std::string input = {});
  /// Whether one ping from left reaches right.
  bool connected();

 private:
  pid_t child_ = 0;
  pid_t inner_ = 0;
  std::unique_ptr<Host> left_;
  std::unique_ptr<Host> right_;
  Stack stack_;
};

/// What a guard would do, without one: exec operations only. The word is what went wrong, or empty.
std::string perform(SampleNetwork& network, const Change& change, const Operation& operation);
/// Observes as a guard does, for as long as the change allows.
bool seen(SampleNetwork& network,
          const Change& change,
          const Operation& operation,
          Duration within);

/// Skips kernel tests where there are no namespaces.
struct NeedsNamespaces {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const;
};

}  // namespace muster
