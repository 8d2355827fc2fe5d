#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/vantage.h"

namespace muster {

/// The samples of a run as rows, for other programs. Columns and units: docs/samples.md. Texts come
/// from the system under test: in CSV a text that begins like a formula of a spreadsheet is put
/// behind an apostrophe.
enum class SampleRows { Csv, Ndjson };

struct SampleSelection {
  std::vector<std::string> probes;    ///< empty: all
  std::vector<std::string> vantages;  ///< empty: all
};

/// Calls `write` with some rows at a time, series after series. `origin` is the instant from which
/// seconds count. Throws Error where nothing fits the selection.
void export_samples(const SampleFileContent& content,
                    const SampleSelection& selection,
                    Time origin,
                    SampleRows rows,
                    const std::function<void(std::string_view)>& write);

}  // namespace muster
