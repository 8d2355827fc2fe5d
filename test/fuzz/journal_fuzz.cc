// What recover and status read of a dead run. The input is the file itself, or, where its first
// byte is odd, the damage that is done to a journal that was written properly.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "runner/record/journal.h"
#include "test/fuzz/fuzz_folder.h"

namespace muster {

namespace {

constexpr int kRecords = 6;

const FuzzFolder& folder() {
  static const FuzzFolder all;
  return all;
}

/// Whatever is thrown beside an Error ends the fuzzer.
JournalContent read(std::string_view bytes) {
  try {
    return parse_journal(bytes);
  } catch (const Error&) {
    return {};
  }
}

std::string written_properly() {
  const auto path = folder() / "proper";
  {
    Journal journal = Journal::create(path);
    for (int i = 0; i < kRecords; ++i) journal.append("intent", json::object{{"number", i}}, false);
  }
  return read_file(path);
}

/// Each three bytes of `damage`: where (two), and the bits that change; 0 cuts the file off there.
std::string damaged(std::string bytes, std::string_view damage) {
  for (; damage.size() >= 3 && !bytes.empty(); damage.remove_prefix(3)) {
    const std::size_t high = static_cast<unsigned char>(damage[0]);
    const std::size_t at = (high << 8U | static_cast<unsigned char>(damage[1])) % bytes.size();
    if (damage[2] == 0)
      bytes.resize(at);
    else
      bytes[at] = static_cast<char>(bytes[at] ^ damage[2]);
  }
  return bytes;
}

/// Records are never made up: what is read was written, in order.
void examine_damage(std::string_view damage) {
  static const std::string proper = written_properly();
  std::int64_t last = -1;
  for (const JournalRecord& record : read(damaged(proper, damage)).records) {
    const std::int64_t number = integer_at(record.detail, "number");
    if (record.kind == "intent" && number > last && number < kRecords) {
      last = number;
      continue;
    }
    std::fprintf(stderr, "a record that was not written: %s\n", record.kind.c_str());
    std::abort();
  }
}

}  // namespace

}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0)
    muster::examine_damage(text);
  else
    muster::read(text);
  return 0;
}
