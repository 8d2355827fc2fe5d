#include "runner/commands/run_outputs.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "reports/formats/formats.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr int kReadableByAll = 0644;  // collectors and web servers are other users

/// To replace a link would leave what it points to as it was; to append follows it.
enum class How { Replaced, Appended };

void check_name(const char* option, const std::string& file, How how) {
  std::error_code unknown;
  const fs::file_status found =
      how == How::Replaced ? fs::symlink_status(file, unknown) : fs::status(file, unknown);
  if (fs::is_directory(found))
    throw UsageError(fmt::format("{} {}: this is a folder; name a file in it", option, file));
  if (fs::is_symlink(found))
    throw UsageError(fmt::format("{} {}: this is a link; name the file itself", option, file));
  if (fs::exists(found) && !fs::is_regular_file(found))
    throw UsageError(fmt::format("{} {}: this is no regular file; name a file", option, file));
}

void check_file(const char* option, const std::string& file, How how) {
  if (file.empty()) return;
  fs::path folder = fs::path(file).parent_path();
  if (folder.empty()) folder = ".";
  std::error_code unknown;
  if (!fs::is_directory(folder, unknown)) {
    throw UsageError(
        fmt::format("{} {}: there is no folder {}; make it first", option, file, folder.string()));
  }
  check_name(option, file, how);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw UsageError(fmt::format("{} {}: the folder {} cannot be written: {}",
                                 option,
                                 file,
                                 folder.string(),
                                 std::generic_category().message(errno)));
  }
}

void append(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << text;
  out.close();
  if (!out) fail_errno("cannot write " + file);
}

void replace(const std::string& file, const std::string& text) {
  write_file_atomically(file, text, kReadableByAll);
}

std::string rendered(std::string_view format, const Result& result) {
  return report_format(format)->render(result);
}

}  // namespace

void check_output(const char* option, const std::string& file) {
  check_file(option, file, How::Replaced);
}

RunOutputs::RunOutputs(OutputFiles files) : files_(std::move(files)) {
  check_output("--report", files_.report);
  check_output("--junit", files_.junit);
  check_file("--summary", files_.summary, How::Appended);
  check_output("--textfile", files_.textfile);
}

template <class Write>
void RunOutputs::attempt(const std::string& file, Write write, std::vector<std::string>& problems) {
  if (file.empty()) return;
  try {
    write(file);
  } catch (const Error& error) {
    complete_ = false;
    problems.push_back(
        fmt::format("{}; the result is not lost: `muster report last` has it", error.what()));
    std::fputs(("muster: " + problems.back() + "\n").c_str(), stderr);
  }
}

std::vector<std::string> RunOutputs::write(const Result& result) {
  std::vector<std::string> problems;
  const auto whole = [&](std::string_view format) {
    return [&result, format](const auto& file) {
      replace(file, rendered(format, result));
    };
  };
  attempt(files_.report, whole("html"), problems);
  suites_.push_back(junit_suite(result));
  attempt(
      files_.junit, [&](const auto& file) { replace(file, render_junit(suites_)); }, problems);
  attempt(
      files_.summary,
      [&](const auto& file) { append(file, rendered("markdown", result)); },
      problems);
  attempt(files_.textfile, whole("prometheus"), problems);
  return problems;
}

}  // namespace muster
