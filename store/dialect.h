#pragma once

namespace muster {

/// What SQLite and PostgreSQL say differently; all other SQL of this room is the same for both.
struct Dialect {
  const char* begin;       ///< a transaction that may write
  const char* begin_read;  ///< one that sees the tables as they were at one moment
  const char* now;         ///< the database's own clock, in microseconds since 1970, UTC
  const char* tables;      ///< a query for the `name` of each table there is
  const char* text;        ///< the type of a text that is compared by its bytes
  /// What whoever claims, starts or renews does first, so that they do it one after the other; ""
  /// where a transaction that may write is alone anyway.
  const char* queue_up;
  const char* take_a_free_row;  ///< ends a query for a row that is about to be changed
};

extern const Dialect kSqlite;
extern const Dialect kPostgres;

}  // namespace muster
