#pragma once

#include <string>
#include <vector>

#include "runner/plan/plan.h"

namespace muster {

/// An inject step by which regions may go out that users still had until then.
struct RegionLoss {
  std::string step;  ///< its name
  std::vector<std::string> regions;
};

/// Every such step, in the order of the playbook. A fault counts from its inject to its undo step,
/// or to the end; branches of a parallel step count as all broken before any is undone. A region is
/// out when a fault says so, or when every process of one of its services has been taken hold of.
/// Pure.
std::vector<RegionLoss> regions_lost(const Playbook& playbook,
                                     const Stack& stack,
                                     const std::vector<PlannedInject>& planned);

/// An inject step after which every region of the stack may be out at the same time.
struct NoRegionLeft {
  std::string step;  ///< its name
  Where where;
  std::vector<std::string> out;  ///< one line a region: "us-east by drain"
};

/// The inject steps that leave users nowhere to go and do not accept that (`all_regions:
/// accepted`).
std::vector<NoRegionLeft> injects_leaving_no_region(const Playbook& playbook,
                                                    const Stack& stack,
                                                    const std::vector<PlannedInject>& planned);

}  // namespace muster
