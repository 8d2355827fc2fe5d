#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster {

/// The text of one file a person wrote, with its lines, for messages that show the place.
class Source {
 public:
  Source(std::string file, std::string text);
  const std::string& file() const { return file_; }
  const std::string& text() const { return text_; }
  /// Line `number`, from 1, without its end; empty past the end.
  std::string_view line(int number) const;

 private:
  std::string file_;
  std::string text_;
  std::vector<std::size_t> starts_;
};

/// One thing wrong with what a person wrote.
struct Diagnostic {
  Where where;
  std::string message;
  std::string hint;  ///< "did you mean 'target'?", or empty
  int width = 1;     ///< how many columns the place spans, for the underline
};

/// drills/x.yaml:14:7: error: unknown key 'tageret' in fault 'partition'
///   14 |       tageret: eu-west
///      |       ^~~~~~~ did you mean 'target'?
std::string render(const Diagnostic& diagnostic, const std::vector<const Source*>& sources);

/// All of them, sorted by file and place, and a closing line "2 errors; nothing was run".
std::string render_all(std::vector<Diagnostic> diagnostics,
                       const std::vector<const Source*>& sources);

}  // namespace muster
