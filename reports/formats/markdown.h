#pragma once

#include <string>
#include <string_view>

namespace muster {

/// Makes text from the system under test inert in GitHub's and GitLab's Markdown: no markup, no
/// HTML, no link, mention, issue number or emoji, no end of a table's cell; on one line, cut to
/// `limit` characters.
std::string markdown_text(std::string_view data, std::size_t limit = 200);

/// The same as a code span, in which every character stays what it is: for what a person copies
/// into a terminal. Not for tables.
std::string markdown_code(std::string_view data, std::size_t limit = 1000);

/// What a comment may hold on GitHub: the report stays below, whatever is in the result.
inline constexpr std::size_t kMostMarkdown = 64U << 10U;

}  // namespace muster
