#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host.h"
#include "drills/stack.h"
#include "reports/measure/run_record.h"
#include "runner/plan/regions.h"

namespace muster {

/// Asks the services of the regions that a drill leaves to its users whether they are well, from
/// the start of the measurement until the first fault that takes a region out. Asked is every
/// service that has a `health` in the stack, on its own host, with curl.
class PeerHealth {
 public:
  /// `losses`: what `regions_lost` says of the drill. The stack must outlive this.
  PeerHealth(Clock& clock, Hosts& hosts, const Stack& stack, std::vector<RegionLoss> losses);
  PeerHealth(const PeerHealth&) = delete;
  PeerHealth& operator=(const PeerHealth&) = delete;

  /// Asks until `conclude`; run it in a TaskGroup. Returns at once where there is nobody to ask.
  Task<> watch();
  /// Whether the inject step of that name is the first that takes a region out, and somebody is
  /// asked.
  bool guards(const std::string& step) const;
  /// Ends the asking. One record for each service and host: whether it has been healthy for
  /// `interlocks.peer_healthy`. Waits where the watch has not lasted that long yet.
  Task<std::vector<CheckRecord>> conclude();

 private:
  struct Peer {
    std::string service;
    std::string host;
    std::string url;
    std::optional<Time> healthy_since;  ///< when the first good answer in a row was asked for
    bool answered = false;
    std::string problem;  ///< of the newest answer; empty for a good one
  };
  Task<> ask_again_and_again(Peer& peer);
  Task<std::string> ask(const Peer& peer);
  bool healthy(const Peer& peer) const;

  Clock& clock_;
  Hosts& hosts_;
  Duration wanted_;
  std::string first_loss_;
  std::vector<Peer> peers_;
  std::optional<Time> began_;
  bool concluded_ = false;
};

}  // namespace muster
