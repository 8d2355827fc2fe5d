#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/store.h"

namespace muster {

/// The turns of all schedules and who has claimed them; each call is as Store describes it.
///
/// An occurrence only changes hands from one state to the next, and every change names the
/// generation it is about, so that whoever lost a claim changes nothing any more. A claim whose
/// time is over is taken away before the next one is given: from then on its holder cannot start,
/// whatever the database's clock does later.
class OccurrenceTable {
 public:
  explicit OccurrenceTable(std::shared_ptr<SqlDatabase> database);

  Occurrence plan(const Occurrence& occurrence);
  std::optional<Occurrence> claim(const std::vector<std::string>& schedules,
                                  const std::string& holder,
                                  Duration lease,
                                  int at_once,
                                  UtcTime now);
  bool renew(const Occurrence& mine, Duration lease);
  bool start(const Occurrence& mine, const std::string& run);
  bool finish(const Occurrence& mine, const std::string& state, const std::string& why);
  std::vector<Occurrence> cut_expired(const std::string& why);
  std::vector<Occurrence> newest(const std::string& schedule, std::size_t limit);

 private:
  void queue_up(soci::session& sql) const;

  std::shared_ptr<SqlDatabase> database_;
  std::string now_;
};

}  // namespace muster
