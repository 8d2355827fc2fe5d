// What recover, sweep and list read from the disk after a crash. The first byte says whether the
// checksums of the rest are put right before it is read.
#include "faults/guard/record.h"
#include "test/fuzz/frames.h"

namespace muster::guard {

namespace {

void examine(std::string_view bytes) {
  const FoundRecord found = parse_record("record", bytes);
  demand(found.good <= bytes.size(), "what is good lies inside");
  demand(found.corrupt || found.facts.has_value(), "a record without facts is corrupt");
  if (found.corrupt) {
    demand(!found.clean(), "a corrupt record is never clean");
    return;
  }
  // Record::open cuts off what follows the good bytes: that must not change what is said.
  const FoundRecord cut = parse_record("record", bytes.substr(0, found.good));
  demand(!cut.corrupt && cut.stage == found.stage && cut.good == found.good,
         "a record without its torn end says the same");
}

}  // namespace

}  // namespace muster::guard

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) bytes = muster::with_checksums(std::move(bytes));
  muster::guard::examine(bytes);
  return 0;
}
