#pragma once

// What a format wrote is compared with test/golden/FORMAT/SAMPLE.EXTENSION, which test/outputs
// holds against validators that were not written here.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "reports/formats/formats.h"
#include "test/reports/sample_result.h"

namespace muster::sample {

/// What a system under test might say to be taken for markup, a command or another number.
inline const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {"</testsuite><script>alert(1)</script>",
                                                 "]]></system-out>",
                                                 "\" onload=\"alert(1)",
                                                 "a | b | :white_check_mark: | ![x](http://x)",
                                                 "`rm -rf` @admin fixes #123 **x** _y_",
                                                 "\n### Passed\n/close\n::error::x",
                                                 "\"} 1\nmuster_last_run_success{} 1\n# EOF\n",
                                                 "\x1b[2J\x01 \uFFFE\uFFFF \xff\xfe",
                                                 "a\u2028b\u202ec",
                                                 "\\",
                                                 std::string(3000, '@')};
  return texts;
}

inline Result all_hostile() {
  std::string everything;
  for (const std::string& text : hostile_texts()) everything += text.substr(0, 60) + ' ';
  return hostile(everything);
}

/// MUSTER_UPDATE_GOLDEN=1 rewrites the files.
inline void check_golden(const std::string& format, const std::string& extension) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(MUSTER_SOURCE_DIR) / "test/golden" / format;
  const std::vector<Named> samples = {{"pass", passed()},
                                      {"fail", failed()},
                                      {"inconclusive", inconclusive()},
                                      {"aborted", aborted()},
                                      {"broken", broken()},
                                      {"nothing-injected", nothing_injected()},
                                      {"hostile", all_hostile()}};
  for (const auto& [name, result] : samples) {
    const fs::path file = folder / (name + extension);
    const std::string text = report_format(format)->render(result);
    if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) {
      fs::create_directories(folder);
      std::ofstream(file, std::ios::binary) << text;
    }
    const std::optional<std::string> golden = read_file_if_exists(file);
    BOOST_REQUIRE_MESSAGE(golden, "no " << file << "; make it with MUSTER_UPDATE_GOLDEN=1");
    BOOST_CHECK_MESSAGE(*golden == text,
                        file << " would change; look at it, then MUSTER_UPDATE_GOLDEN=1");
  }
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace muster::sample
