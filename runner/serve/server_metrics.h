#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "runner/serve/desk.h"
#include "runner/serve/turns_ahead.h"

namespace muster {

/// What /metrics says, by prometheus-cpp; docs/operate.md lists the names.
class ServerMetrics {
 public:
  ServerMetrics();
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;
  ~ServerMetrics();

  /// `route` is the id of a route, or "none".
  void count_request(const std::string& route, int status, Duration took);
  void count_gate(const std::string& verdict);
  /// The text exposition; what the history says of each drill is in `runs`, newest first, and what
  /// the store has of its turns in `known`.
  std::string render(const Desk& desk,
                     const std::vector<HistoryRun>& runs,
                     const KnownTurns& known,
                     const std::vector<Notifier::Counts>& told);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace muster
