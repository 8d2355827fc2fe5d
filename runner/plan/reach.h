#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/host.h"
#include "drills/stack.h"

namespace muster {

/// The hosts of a stack as muster can reach them from here. A host is made when it is first asked
/// for, so that a drill that needs no lab host runs without the lab.
class StackHosts final : public Hosts {
 public:
  explicit StackHosts(std::vector<StackHost> hosts);
  Host& host(std::string_view name) override;

 private:
  std::vector<StackHost> described_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> made_;
};

}  // namespace muster
