#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/sample.h"

namespace muster {

/// The samples of one block of a sample file as columns, one for each member, packed by zstd.
/// Format: docs/samples.md.
struct PackedSamples {
  std::uint16_t series = 0;
  bool whole_microseconds = false;  ///< all lengths are: they are stored as such
  Time base;                        ///< due of the first
  std::uint32_t count = 0;
  std::string payload;
};

PackedSamples pack_samples(std::uint16_t series, const std::vector<Sample>& samples);
/// Appends exactly the samples that were packed. Throws Error where the payload is not what it
/// promises.
void unpack_samples(const PackedSamples& packed, std::vector<Sample>& into);

/// A sample as an agent measures it: what lies between its instants in whole microseconds, rounded
/// to the nearest; nothing it can measure is finer. The due time stays exact.
void round_to_microseconds(Sample& sample);

}  // namespace muster
