// A calendar file, which comes from who knows where: it is understood or refused, and what is
// understood is in order, within the calendar, and named in one printable line.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "runner/schedule/ics.h"

namespace muster {

namespace {

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void expect_in_order(const BusyCalendar& calendar) {
  UtcTime last = UtcTime::min();
  for (const BusyTime& time : calendar.between(kCalendarBegin, kCalendarEnd)) {
    demand(time.span.begin >= last && !time.span.empty(), "busy times are in order");
    demand(time.until >= time.span.end, "an event lasts as long as it is busy");
    const std::string& name = calendar.name_of(time);
    demand(!name.empty() && printable(name) == name, "a name is printable");
    demand(calendar.busy(time.span.begin).has_value(), "it is busy when it begins");
    last = time.span.end;
  }
}

void examine(std::string_view text) {
  static const TimeZone kZone("Europe/Berlin");
  try {
    expect_in_order(BusyCalendar("freeze.ics", text, kZone));
  } catch (const Error& error) {
    demand(std::string_view(error.what()).starts_with("calendar freeze.ics: "), "a file is named");
  }
}

}  // namespace

}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::examine(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
