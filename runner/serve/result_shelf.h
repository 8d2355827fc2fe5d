#pragma once

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <string>

#include "base/worker.h"
#include "reports/result.h"

namespace muster {

/// Results of runs, read, judged and written out on a thread of its own: one whose runner was
/// killed is judged anew out of all its samples, and neither scheduler nor gate nor halt may wait
/// for that. The last few are kept, so that looking at one again costs nothing.
class ResultShelf {
 public:
  using Kept = std::shared_ptr<const Result>;

  explicit ResultShelf(std::size_t most_kept = 4) : most_kept_(most_kept) {}

  /// The result in a run's directory, as result_of_run says; nullptr where it has none.
  Task<Kept> of_run(std::filesystem::path directory);
  /// The one that a store kept as text. Throws Error where it is none.
  Task<Kept> of_text(std::string text);

  /// Runs `work` there, which makes a page or a text of results.
  template <class Work>
  Task<std::invoke_result_t<Work&>> make(Work work) {
    return worker_.run(std::move(work));
  }

  std::size_t judged() const { return judged_; }  ///< how often one was not at hand; for tests

 private:
  struct Place {
    std::filesystem::path directory;
    std::string files;  ///< what they were like when it was read
    Kept result;
  };

  Kept look_up(const std::filesystem::path& directory);

  std::size_t most_kept_;
  std::list<Place> places_;  ///< the one asked for last in front; touched by the worker alone
  std::atomic<std::size_t> judged_ = 0;
  Worker worker_;  ///< its thread ends before what it touches goes
};

}  // namespace muster
