#include "store/dialect.h"

namespace muster {

// IMMEDIATE: two processes queue up instead of failing half-way.
const Dialect kSqlite = {
    .begin = "BEGIN IMMEDIATE",
    .begin_read = "BEGIN",
    .now = "(CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000)",
    .tables = "SELECT name FROM sqlite_master WHERE type = 'table'",
    .text = "TEXT",
    .queue_up = "",
    .take_a_free_row = "",
};

// READ COMMITTED, whatever is the default there: after queueing up, the next statement has to see
// what those in front have done. A claim that a crash forgets would be made twice, so every commit
// is on disk, whatever is the default.
//
// Counting the claims of all holders and adding one is only right if nobody adds one in between. A
// lock on the one row of muster_schema does that: unlike SERIALIZABLE it never asks to be tried
// again, and unlike an advisory lock it ends with its transaction in every case.
const Dialect kPostgres = {
    .begin = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = on",
    .begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    .now = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
    .tables = "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
    .text = "TEXT COLLATE \"C\"",
    .queue_up = "SELECT version FROM muster_schema FOR UPDATE",
    .take_a_free_row = "FOR UPDATE SKIP LOCKED",
};

}  // namespace muster
