#include "runner/serve/result_shelf.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "runner/record/run_results.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

/// Sizes and times of what a result is made of: one that is looked at again, recovered or judged
/// since then differs.
std::string files_of(const fs::path& directory) {
  std::string text;
  for (const char* name : {"journal", "samples", "result.json"}) {
    std::error_code missing;
    const auto size = fs::file_size(directory / name, missing);
    const auto time = fs::last_write_time(directory / name, missing);
    text += missing ? "-;" : fmt::format("{}@{};", size, time.time_since_epoch().count());
  }
  return text;
}

}  // namespace

ResultShelf::Kept ResultShelf::look_up(const fs::path& directory) {
  const std::string files = files_of(directory);
  const auto found = std::ranges::find(places_, directory, &Place::directory);
  if (found != places_.end() && found->files == files) {
    places_.splice(places_.begin(), places_, found);
    return found->result;
  }
  if (found != places_.end()) places_.erase(found);
  ++judged_;
  try {
    places_.push_front(
        {directory, files, std::make_shared<const Result>(result_of_run(directory))});
  } catch (const Error&) {
    return nullptr;  // it runs, or nothing was drilled
  }
  if (places_.size() > most_kept_) places_.pop_back();
  return places_.front().result;
}

Task<ResultShelf::Kept> ResultShelf::of_run(fs::path directory) {
  auto work = [this, directory = std::move(directory)] {
    return look_up(directory);
  };
  co_return co_await worker_.run(std::move(work));
}

Task<ResultShelf::Kept> ResultShelf::of_text(std::string text) {
  auto work = [text = std::move(text)] {
    const json::value value = parse_json(text, "a result");
    if (!value.is_object()) fail("the store keeps something else than a result");
    return std::make_shared<const Result>(result_from_json(value.get_object()));
  };
  co_return co_await worker_.run(std::move(work));
}

}  // namespace muster
