#include "store/occurrence_table.h"

#include <algorithm>

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

using Rows = soci::rowset<soci::row>;

constexpr const char* kColumns = "schedule, due, at, latest, state, holder, generation, run, why";
constexpr const char* kMine = "schedule = :s AND due = :d AND holder = :h AND generation = :g";

long long micros(UtcTime at) {
  return at.time_since_epoch().count();
}

long long micros(Duration length) {
  return std::chrono::duration_cast<std::chrono::microseconds>(length).count();
}

UtcTime utc(long long micros) {
  return UtcTime(std::chrono::microseconds(micros));
}

Occurrence occurrence_of(const soci::row& row) {
  Occurrence occurrence;
  occurrence.schedule = row.get<std::string>(0);
  occurrence.due = utc(row.get<long long>(1));
  occurrence.at = utc(row.get<long long>(2));
  occurrence.latest = utc(row.get<long long>(3));
  occurrence.state = row.get<std::string>(4);
  occurrence.holder = row.get<std::string>(5);
  occurrence.generation = row.get<long long>(6);
  occurrence.run = row.get<std::string>(7);
  occurrence.why = row.get<std::string>(8);
  return occurrence;
}

std::vector<Occurrence> occurrences_of(const Rows& rows) {
  std::vector<Occurrence> found;
  for (const soci::row& row : rows) found.push_back(occurrence_of(row));
  return found;
}

/// ":s0, :s1" for two.
std::string parameters(std::size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format(":s{}", i));
  return join(names, ", ");
}

}  // namespace

OccurrenceTable::OccurrenceTable(std::shared_ptr<SqlDatabase> database)
    : database_(std::move(database)), now_(database_->dialect().now) {}

/// Whoever adds to the claims in force counts them first, or asks the clock whether his own still
/// is: nobody may do the same in between.
void OccurrenceTable::queue_up(soci::session& sql) const {
  if (const std::string statement = database_->dialect().queue_up; !statement.empty())
    sql << statement;
}

Occurrence OccurrenceTable::plan(const Occurrence& occurrence) {
  const long long due = micros(occurrence.due);
  const long long at = micros(occurrence.at);
  const long long latest = micros(occurrence.latest);
  std::vector<Occurrence> known;
  database_->write([&](soci::session& sql) {
    sql << "INSERT INTO occurrence (schedule, due, at, latest, state, holder, generation, "
           "lease_until, run, why) VALUES (:s, :d, :a, :l, 'planned', '', 0, 0, '', :w) ON "
           "CONFLICT (schedule, due) DO NOTHING",
        soci::use(occurrence.schedule), soci::use(due), soci::use(at), soci::use(latest),
        soci::use(occurrence.why);
    known = occurrences_of((
        sql.prepare << "SELECT " << kColumns << " FROM occurrence WHERE schedule = :s AND due = :d",
        soci::use(occurrence.schedule),
        soci::use(due)));
  });
  return known.at(0);
}

std::optional<Occurrence> OccurrenceTable::claim(const std::vector<std::string>& schedules,
                                                 const std::string& holder,
                                                 Duration lease,
                                                 int at_once,
                                                 UtcTime now) {
  if (schedules.empty()) return std::nullopt;
  const std::string take_back = fmt::format(
      "UPDATE occurrence SET state = 'planned', holder = '' WHERE state = 'claimed' AND "
      "lease_until < {}",
      now_);
  const std::string take = fmt::format(
      "UPDATE occurrence SET state = 'claimed', holder = :h, generation = generation + 1, "
      "lease_until = {now} + :l "
      "WHERE (SELECT count(*) FROM occurrence WHERE state IN ('claimed', 'started')) < :m "
      "AND (schedule, due) = (SELECT schedule, due FROM occurrence WHERE state = 'planned' "
      "AND at <= :n AND latest >= :o AND schedule IN ({schedules}) "
      "ORDER BY at, schedule, due LIMIT 1 {free}) RETURNING {columns}",
      fmt::arg("now", now_),
      fmt::arg("schedules", parameters(schedules.size())),
      fmt::arg("free", database_->dialect().take_a_free_row),
      fmt::arg("columns", kColumns));
  const long long length = micros(lease);
  const long long moment = micros(now);
  std::vector<Occurrence> claimed;
  database_->write([&](soci::session& sql) {
    queue_up(sql);
    sql << take_back;
    soci::details::prepare_temp_type query = (sql.prepare << take,
                                              soci::use(holder),
                                              soci::use(length),
                                              soci::use(at_once),
                                              soci::use(moment),
                                              soci::use(moment));
    for (const std::string& schedule : schedules) query, soci::use(schedule);
    claimed = occurrences_of(query);
  });
  if (claimed.empty()) return std::nullopt;
  return claimed.front();
}

bool OccurrenceTable::renew(const Occurrence& mine, Duration lease) {
  const long long due = micros(mine.due);
  const long long generation = mine.generation;
  const long long length = micros(lease);
  long long renewed = -1;
  // A started one is its holder's until somebody cuts it: nobody else can have begun it.
  const std::string statement = fmt::format(
      "UPDATE occurrence SET lease_until = {0} + :l WHERE {1} AND (state = 'started' OR (state = "
      "'claimed' AND lease_until >= {0})) RETURNING generation",
      now_,
      kMine);
  database_->write([&](soci::session& sql) {
    queue_up(sql);
    sql << statement, soci::use(length), soci::use(mine.schedule), soci::use(due),
        soci::use(mine.holder), soci::use(generation), soci::into(renewed);
  });
  return renewed == generation;
}

bool OccurrenceTable::start(const Occurrence& mine, const std::string& run) {
  const long long due = micros(mine.due);
  const long long generation = mine.generation;
  long long started = -1;
  const std::string statement = fmt::format(
      "UPDATE occurrence SET state = 'started', run = :r WHERE {} AND state = 'claimed' AND "
      "lease_until >= {} RETURNING generation",
      kMine,
      now_);
  database_->write([&](soci::session& sql) {
    queue_up(sql);
    sql << statement, soci::use(run), soci::use(mine.schedule), soci::use(due),
        soci::use(mine.holder), soci::use(generation), soci::into(started);
  });
  return started == generation;
}

bool OccurrenceTable::finish(const Occurrence& mine,
                             const std::string& state,
                             const std::string& why) {
  if (state != "finished" && state != "skipped" && state != "cut")
    fail("an occurrence ends as finished, skipped or cut, not as '{}'", printable(state));
  const long long due = micros(mine.due);
  const long long generation = mine.generation;
  const int skipped = state == "skipped" ? 1 : 0;
  long long ended = -1;
  const std::string statement = fmt::format(
      "UPDATE occurrence SET state = :t, why = :w, lease_until = 0 WHERE schedule = :s AND due = "
      ":d AND ((state IN ('claimed', 'started') AND holder = :h AND generation = :g) OR (:k = 1 "
      "AND (state = 'planned' OR (state = 'claimed' AND lease_until < {})))) RETURNING generation",
      now_);
  database_->write([&](soci::session& sql) {
    sql << statement, soci::use(state), soci::use(why), soci::use(mine.schedule), soci::use(due),
        soci::use(mine.holder), soci::use(generation), soci::use(skipped), soci::into(ended);
  });
  return ended >= 0;
}

std::vector<Occurrence> OccurrenceTable::cut_expired(const std::string& why) {
  std::vector<Occurrence> cut;
  database_->write([&](soci::session& sql) {
    cut = occurrences_of(
        (sql.prepare << fmt::format("UPDATE occurrence SET state = 'cut', why = :w WHERE state = "
                                    "'started' AND lease_until < {} RETURNING {}",
                                    now_,
                                    kColumns),
         soci::use(why)));
  });
  return cut;
}

std::vector<Occurrence> OccurrenceTable::newest(const std::string& schedule, std::size_t limit) {
  const int all = schedule.empty() ? 1 : 0;
  const auto most = static_cast<long long>(std::min<std::size_t>(limit, 1'000'000));
  std::vector<Occurrence> found;
  database_->read([&](soci::session& sql) {
    found = occurrences_of((sql.prepare << "SELECT " << kColumns
                                        << " FROM occurrence WHERE :a = 1 OR schedule = :s ORDER "
                                           "BY due DESC, schedule LIMIT :l",
                            soci::use(all),
                            soci::use(schedule),
                            soci::use(most)));
  });
  return found;
}

}  // namespace muster
