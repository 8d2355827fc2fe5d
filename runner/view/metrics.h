#pragma once

#include <memory>
#include <string>

#include "drills/playbook.h"
#include "probes/vantage.h"
#include "runner/view/observer.h"

namespace muster {

/// While a drill runs: what users see and what is in force, for Prometheus to scrape from
/// http://ADDRESS/metrics. The names are those of docs/outputs.md. Its own threads answer the
/// scrapes, and whoever else can connect: there is no authentication. The run only adds numbers.
class Exposition {
 public:
  virtual ~Exposition() = default;
  /// The same file; what is written to it is counted on the way.
  virtual std::unique_ptr<SampleFile> counting(std::unique_ptr<SampleFile> file) = 0;
  /// The same observer; what it is told of faults and phases is shown as well.
  virtual std::unique_ptr<Observer> showing(std::unique_ptr<Observer> observer) = 0;
};

/// Throws UsageError unless it is "" or ADDRESS:PORT, "[::1]:9464" for version 6: a port alone
/// would be open on every address of the machine. Looks at nothing but the words.
void check_metrics_address(const std::string& address);

/// Listens on "127.0.0.1:9464" from now on until it is destroyed, which is after everything it gave
/// out; throws UsageError where check_metrics_address() does, Error where it cannot. "" listens
/// nowhere and gives back what it gets. Signals never reach its threads.
std::unique_ptr<Exposition> expose_metrics(const std::string& address, const Playbook& playbook);

}  // namespace muster
