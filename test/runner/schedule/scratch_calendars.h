#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace muster::sample {

/// A folder of calendar files for as long as it lives.
class ScratchCalendars {
 public:
  ScratchCalendars() {
    std::string name = (std::filesystem::temp_directory_path() / "muster-ics-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ScratchCalendars() { std::filesystem::remove_all(folder_); }
  ScratchCalendars(const ScratchCalendars&) = delete;
  ScratchCalendars& operator=(const ScratchCalendars&) = delete;

  /// `inside` stands between BEGIN and END of the VCALENDAR.
  std::string write(std::string_view name, std::string_view inside) const {
    const std::filesystem::path file = folder_ / name;
    std::ofstream(file) << "BEGIN:VCALENDAR\nVERSION:2.0\n" << inside << "END:VCALENDAR\n";
    return file.string();
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace muster::sample
