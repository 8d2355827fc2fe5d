#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host.h"
#include "base/log.h"
#include "base/tasks.h"
#include "runner/settings/settings.h"

namespace muster {

class Courier;

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

/// Tells people, beside everything else: `tell` returns at once. A delivery that fails is tried
/// again after 1 s, 5 s, 30 s, 2 min and 10 min, each give or take a fifth, and then given up. Each
/// receiver has a queue of 200 of its own, out of which the oldest is dropped, so that one who does
/// not answer keeps nobody else waiting. What is dropped or given up is logged. Nothing that a
/// receiver does is ever thrown. All calls are on the loop's thread.
class Notifier {
 public:
  /// What is referred to outlives it. `here` is the machine whose sendmail is used; without a log
  /// of the process it has one of its own, in words.
  Notifier(std::vector<NotifySettings> receivers, Clock& clock, Host& here, Log* log = nullptr);
  /// Carried by somebody else: for tests.
  Notifier(std::vector<NotifySettings> receivers, Clock& clock, std::unique_ptr<Courier> courier);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();

  /// To every receiver that wants to know of such an event.
  void tell(Notice notice);
  /// Delivers until cancelled; run it in a TaskGroup. Returns at once where nobody is to be told.
  Task<> run();
  /// For the end of a process, while `run` still runs: what waits is tried at once, a last time.
  /// Returns when everything was delivered or given up, at most after `limit`.
  Task<> finish(Duration limit);

  struct Delivery {
    std::string id;  ///< as the receiver sees it, the same for each of its tries
    std::string receiver;
    NotifyEvent event = NotifyEvent::Failed;
    UtcTime at;         ///< when what it tells of happened
    std::string state;  ///< delivered, waiting, given up, dropped
    int tries = 0;
    std::string problem;  ///< of the last try
  };
  /// The newest hundred, the newest last.
  std::vector<Delivery> deliveries() const;

  /// Since the start; `waiting` is now.
  struct Counts {
    std::string receiver;
    std::uint64_t delivered = 0;
    std::uint64_t given_up = 0;
    std::uint64_t dropped = 0;
    std::uint64_t waiting = 0;
  };
  std::vector<Counts> counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One try, for `muster serve --test-notify`: "" or what is wrong.
Task<std::string> deliver_once(const NotifySettings& receiver, const Notice& notice, Host& here);

}  // namespace muster
