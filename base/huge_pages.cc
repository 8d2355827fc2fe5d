#include "base/huge_pages.h"

#include <cstdint>

#include <sys/mman.h>

namespace muster {

namespace {

constexpr std::uintptr_t kHugePage = 2U << 20U;
constexpr std::uintptr_t kPage = 4096;

}  // namespace

void use_huge_pages(void* begin, std::size_t bytes) {
  if (bytes < 4 * kHugePage) return;
  const auto from = (reinterpret_cast<std::uintptr_t>(begin) + kPage - 1) / kPage * kPage;
  const auto to = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / kPage * kPage;
  // Where it is refused the pages are small ones.
  (void)::madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
}

}  // namespace muster
