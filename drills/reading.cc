#include "drills/reading.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::size_t kFewEnoughToList = 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Why a file cannot be read, or empty.
std::string unreadable(const std::string& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) return fmt::format("there is no file '{}'", file);
  if (std::filesystem::is_directory(status)) return fmt::format("'{}' is a folder", file);
  return {};
}

}  // namespace

const Source* Reading::open(const std::string& file, const Where& asked_by) {
  if (const std::string reason = unreadable(file); !reason.empty()) {
    report(asked_by.file.empty() ? Where{file, 0, 0} : asked_by, reason);
    return nullptr;
  }
  std::string text = read_file(file);
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return &adopt(file, std::move(text));
}

const Source& Reading::adopt(std::string name, std::string text) {
  return sources_.emplace_back(std::move(name), std::move(text));
}

void Reading::measure(const Where& where, int width) {
  widths_[where.file][{where.line, where.column}] = width;
}

void Reading::report(const Where& where, std::string message, std::string hint) {
  int width = 1;
  if (const auto file = widths_.find(where.file); file != widths_.end()) {
    const auto found = file->second.find({where.line, where.column});
    if (found != file->second.end()) width = found->second;
  }
  diagnostics_.push_back({where, std::move(message), std::move(hint), width});
}

void Reading::finish() const {
  if (diagnostics_.empty()) return;
  std::vector<const Source*> sources;
  for (const Source& source : sources_) sources.push_back(&source);
  throw UsageError(render_all(diagnostics_, sources));
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  // Words of one or two letters are all near each other.
  const std::string near = word.size() < 3 ? "" : nearest(word, candidates);
  if (!near.empty() && near != word) return fmt::format("did you mean '{}'?", near);
  if (candidates.empty() || candidates.size() > kFewEnoughToList) return {};
  return fmt::format("there is: {}", join(candidates, ", "));
}

std::string one_of(const std::vector<std::string>& words) {
  if (words.size() < 2) return join(words, "");
  const std::vector<std::string> head(words.begin(), words.end() - 1);
  return join(head, ", ") + " or " + words.back();
}

}  // namespace muster
