#pragma once

#include <string>
#include <string_view>

namespace muster {

/// What a page consists of and may do. Without anything said it is one that is opened as a file:
/// the report's style, no script, no form.
struct PageKind {
  std::string style;    ///< whole text; empty: that of the reports
  std::string scripts;  ///< sources by which the policy names them, "'sha256-...'"
  bool talks_to_server =
      false;  ///< has forms, and its scripts may ask; else tells nobody of itself
};

/// The Content-Security-Policy that a page says of itself: what `kind` names, and nothing else.
std::string page_policy(const PageKind& kind);

/// From the doctype to </head>. `title` is plain text; `mark` is the class of a StatusWord, for the
/// icon's colour, or ""; `more` is markup for the end.
std::string page_head(std::string_view title,
                      std::string_view mark,
                      const PageKind& kind = {},
                      std::string_view more = "");

}  // namespace muster
