#pragma once

#include <string>
#include <vector>

#include "reports/formats/junit.h"
#include "reports/result.h"

namespace muster {

/// Where `muster run` writes besides the run's own folder; "": not asked for.
struct OutputFiles {
  std::string report;    ///< the HTML page of the last trial
  std::string junit;     ///< a suite for each trial
  std::string summary;   ///< Markdown, appended: $GITHUB_STEP_SUMMARY is shared by a job's steps
  std::string textfile;  ///< the last trial for node_exporter, replaced at once
};

/// Throws UsageError where `file`, which is about to be replaced, cannot be: its folder is missing
/// or closed, or what has its name is no regular file. "" is not asked for.
void check_output(const char* option, const std::string& file);

/// Writes them after each trial. One that cannot be written hinders neither the others nor the run,
/// whose result lies in the run's folder whatever happens here; but then it is not complete(), and
/// `muster run` turns a pass into exit code 3, for who reads that file would take an older result
/// for this one.
class RunOutputs {
 public:
  /// Throws UsageError as check_output does, before anything is touched: a device or a pipe would
  /// be replaced.
  explicit RunOutputs(OutputFiles files);

  /// What could not be written and why, a sentence each; also said on stderr.
  std::vector<std::string> write(const Result& result);
  /// Whether all that was asked for is there.
  bool complete() const { return complete_; }

 private:
  template <class Write>
  void attempt(const std::string& file, Write write, std::vector<std::string>& problems);

  OutputFiles files_;
  std::vector<JunitSuite> suites_;
  bool complete_ = true;
};

}  // namespace muster
