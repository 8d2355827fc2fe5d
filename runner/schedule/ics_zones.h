#pragma once

#include <map>
#include <memory>
#include <string>

#include "runner/schedule/ics_library.h"

namespace muster {

/// The clocks that the times of one calendar file are of. `own` and `rules` outlive it.
class IcsZones {
 public:
  IcsZones(const TimeZone& own, RuleFollower& rules) : own_(own), utc_("UTC"), rules_(rules) {}
  /// The file describes a zone; read when a time is of it.
  void add(icalcomponent* vtimezone);

  const WallClock& own() const { return own_; }  ///< of times without a zone
  const WallClock& utc() const { return utc_; }
  /// Throws Error where nobody knows the zone. Valid as long as this.
  const WallClock& named(const std::string& name);

 private:
  std::unique_ptr<WallClock> make(const std::string& name);
  std::unique_ptr<WallClock> read(const std::string& name, icalcomponent* vtimezone);

  const TimeZone& own_;
  TimeZone utc_;
  RuleFollower& rules_;
  std::map<std::string, icalcomponent*> described_;
  std::map<std::string, std::unique_ptr<WallClock>> known_;
};

}  // namespace muster
