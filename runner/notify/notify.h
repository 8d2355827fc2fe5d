#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host.h"
#include "base/tasks.h"
#include "runner/settings/settings.h"

namespace muster {

/// Something worth telling. All texts may come from the system under test: nothing in them is
/// trusted.
struct Notice {
  NotifyEvent event = NotifyEvent::Failed;
  std::string schedule;
  std::string drill;
  std::string run;       ///< id, or ""
  std::string status;    ///< pass, fail, inconclusive, aborted, ...
  std::string headline;  ///< one line
  std::string link;      ///< to the run's page, where the server knows its address; or ""
  UtcTime at;
};

/// Tells people, beside everything else: `tell` returns at once, deliveries are tried again with
/// growing pauses and given up after a while; a full queue drops the oldest and says so on stderr.
/// Never throws for what a receiver does.
class Notifier {
 public:
  Notifier(std::vector<NotifySettings> receivers, Clock& clock, Host& here);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();

  void tell(Notice notice);
  /// Delivers until cancelled; run it in a TaskGroup.
  Task<> run();
  /// Waits until everything was delivered or given up, at most so long: for the end of a process.
  Task<> finish(Duration limit);

  struct Delivery {
    std::string receiver;
    std::string state;  ///< delivered, waiting, given up
    int tries = 0;
    std::string problem;
  };
  /// The newest hundred.
  std::vector<Delivery> deliveries() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One try, for `muster serve --test-notify`: "" or what is wrong.
Task<std::string> deliver_once(const NotifySettings& receiver, const Notice& notice, Host& here);

}  // namespace muster
