#include "base/huge_pages.h"

#include <cstdint>

#include <malloc.h>
#include <sys/mman.h>

namespace muster {

namespace {

constexpr std::uintptr_t kHugePage = 2U << 20U;
constexpr std::uintptr_t kPage = 4096;

// What glibc begins with.
constexpr int kMostMappings = 65536;
constexpr int kTrimAbove = 128 << 10;

}  // namespace

void use_huge_pages(void* begin, std::size_t bytes) {
  if (bytes < 4 * kHugePage) return;
  const auto from = (reinterpret_cast<std::uintptr_t>(begin) + kPage - 1) / kPage * kPage;
  const auto to = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / kPage * kPage;
  // Where it is refused the pages are small ones.
  (void)::madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
}

FreedMemoryKept::FreedMemoryKept() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
}

FreedMemoryKept::~FreedMemoryKept() {
  ::mallopt(M_MMAP_MAX, kMostMappings);
  ::mallopt(M_TRIM_THRESHOLD, kTrimAbove);
}

}  // namespace muster
