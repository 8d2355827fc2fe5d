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

}  // namespace muster
