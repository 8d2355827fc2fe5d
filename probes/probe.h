#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drills/playbook.h"

namespace muster {

/// Where one probe has to run: usually the vantages it names; a database probe runs on the
/// database's own hosts.
struct ProbePlace {
  std::string vantage;  ///< the vantage's name, or the host's where there is no vantage
  std::string host;
  std::string resolver;
  std::string region;
  json::object
      params;  ///< what its agent needs: the kind's params with everything of the stack resolved
};

class Prober;
struct Watch;

/// A kind of probe: one file, one line in kinds.inc.
struct ProbeKind {
  KindSpec spec;
  bool signal = false;  ///< shows the control plane, not what users get
  /// Where it runs and what its agents are told; pure. Throws Error where the stack lacks what it
  /// needs.
  std::vector<ProbePlace> (*places)(const ProbeSpec& probe, const Stack& stack);
  /// The agent's side of it (probes/prober.h). Throws Error where the params make no sense.
  std::unique_ptr<Prober> (*prober)(const Watch& watch);
};

const std::vector<ProbeKind>& probe_kinds();
const ProbeKind* probe_kind(std::string_view name);
/// The usual places: the vantages the probe names, or every one of the stack, with the kind's
/// params as they are.
std::vector<ProbePlace> at_vantages(const ProbeSpec& probe, const Stack& stack);
/// The service that the probe's `service` names; throws Error where it is not of this kind.
const StackService& watched_service(const ProbeSpec& probe,
                                    const Stack& stack,
                                    std::string_view kind);
std::vector<const KindSpec*> probe_specs();

}  // namespace muster
