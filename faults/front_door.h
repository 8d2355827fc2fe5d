#pragma once

#include <functional>
#include <vector>

#include "faults/prediction.h"
#include "faults/targets.h"

namespace muster {

// The chain of health checks, as far as the stack tells it: the name servers look at each region's
// front doors (`front_door` of a service), and a front door that is a program of its own, which is
// the load balancer, at the servers behind it (`health` of a service).

bool is_front_door(const StackService& service);

/// Whether no packet gets from one host to the other, or none back.
using Apart = std::function<bool(const StackHost& one, const StackHost& other)>;

/// What it means to users that hosts are apart. A front door is apart from every name server (those
/// of gdnsd are the only ones that a stack knows by host): the users of its region move. A load
/// balancer is apart from its servers: as if these had frozen. Nothing is predicted where that is
/// so in more than one region.
std::vector<PredictedStage> predict_apart(const Stack& stack, const Apart& apart);

}  // namespace muster
