#pragma once

#include <cstddef>
#include <vector>

namespace muster {

/// Asks the kernel to back memory that is about to be filled with large pages: at hundreds of
/// megabytes the faults of small ones cost more than what is done with them. No effect on what is
/// computed.
void use_huge_pages(void* begin, std::size_t bytes);

/// Reserves room for `count`, backed so.
template <class T>
void reserve_much(std::vector<T>& values, std::size_t count) {
  values.reserve(count);
  use_huge_pages(values.data(), values.capacity() * sizeof(T));
}

/// While it lives the process keeps memory that was freed for what it needs next: of vectors as
/// large as a run, each made and thrown away, fresh pages are most of the cost.
class FreedMemoryKept {
 public:
  FreedMemoryKept();
  FreedMemoryKept(const FreedMemoryKept&) = delete;
  FreedMemoryKept& operator=(const FreedMemoryKept&) = delete;
  ~FreedMemoryKept();
};

}  // namespace muster
