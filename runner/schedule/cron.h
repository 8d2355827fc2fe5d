#pragma once

#include <string_view>

#include "runner/schedule/recurrence.h"

namespace muster {

/// Reads "30 10 1-7 * Tue": minute, hour, day of the month, month, day of the week. A field is '*',
/// or a list of numbers and ranges, each range and '*' with a step: "0,30", "9-17/2", "*/15".
/// Months and weekdays have names too (Jan, Mon); Sunday is 0 and 7.
///
/// A DAY MUST FIT BOTH DAY FIELDS. Other crons take a day that fits *either*, where both are
/// written: there "1-7 * Tue" are seven days and every Tuesday; here it is the first Tuesday, which
/// is what people write it for. `describe` says which was understood.
Parsed<Recurrence> parse_cron(std::string_view text);

}  // namespace muster
