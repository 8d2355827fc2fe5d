#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "base/source.h"

namespace muster {

/// One load: the files it reads, how wide the words in them are, and all that is wrong so far.
/// Readers report and go on, so that a person sees every mistake at once; `finish` throws them.
class Reading {
 public:
  /// The file's text, or nullptr after reporting, at `asked_by`, that it cannot be read.
  const Source* open(const std::string& file, const Where& asked_by = {});
  /// A text that lies in no file: a default from a table, a test's.
  const Source& adopt(std::string name, std::string text);

  /// The word at `where` spans so many columns; what is reported there is underlined that far.
  void measure(const Where& where, int width);

  void report(const Where& where, std::string message, std::string hint = {});
  std::size_t count() const { return diagnostics_.size(); }
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  /// Throws UsageError with everything rendered, if anything was reported.
  void finish() const;

 private:
  std::list<Source> sources_;
  std::map<std::string, std::map<std::pair<int, int>, int>> widths_;
  std::vector<Diagnostic> diagnostics_;
};

/// "did you mean 'target'?", or the few there are: "there is: us-east, eu-west"; empty where
/// neither helps.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b or c"
std::string one_of(const std::vector<std::string>& words);

}  // namespace muster
