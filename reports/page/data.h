#pragma once

#include <string>

#include "reports/result.h"

namespace muster {

/// What the page's script needs to draw the hero again, as JSON that is inert inside
/// <script type="application/json">: every "<" is \u003c, U+2028 and U+2029 are escaped, texts have
/// passed printable(). "" where there is no hero. Times are seconds from the injection.
///
/// The bins of a series are one text. Bins are parted by ";"; "BIN*3" stands for three equal ones,
/// and empty ones at the end are left out. A bin holds values by index, parted by ",": the first is
/// that of index 0, each further that of the next; "7:" before a value jumps to index 7, and
/// nothing between two commas skips one. So "12:5,3,,1" is 5 at 12, 3 at 13 and 1 at 15. The index
/// is a latency bin, a place in `reasons` or in `regions`, or always 0.
std::string page_data(const Result& result);

}  // namespace muster
