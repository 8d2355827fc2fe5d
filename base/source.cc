#include "base/source.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace muster {

namespace {
constexpr std::size_t kWidestLine = 100;
}

Source::Source(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)), starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view Source::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
  const std::size_t begin = starts_[static_cast<std::size_t>(number) - 1];
  const std::size_t end = text_.find('\n', begin);
  std::string_view line =
      std::string_view(text_).substr(begin, end == std::string::npos ? end : end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string render(const Diagnostic& diagnostic, const std::vector<const Source*>& sources) {
  const Where& where = diagnostic.where;
  std::string out = fmt::format("{}: error: {}", where.text(), diagnostic.message);
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const Source* each) {
    return each->file() == where.file;
  });
  if (source == sources.end() || !where.known()) {
    return diagnostic.hint.empty() ? out : out + "\n  " + diagnostic.hint;
  }
  const std::string_view line = (*source)->line(where.line).substr(0, kWidestLine);
  const std::string number = std::to_string(where.line);
  const std::size_t column =
      std::min<std::size_t>(static_cast<std::size_t>(where.column), line.size() + 1);
  const std::size_t room =
      std::max<std::size_t>(1, line.size() - std::min(line.size(), column - 1));
  const std::size_t width =
      std::clamp<std::size_t>(static_cast<std::size_t>(diagnostic.width), 1, room);
  out += fmt::format("\n  {} | {}\n  {} | {}^{}",
                     number,
                     printable(line),
                     std::string(number.size(), ' '),
                     std::string(column - 1, ' '),
                     std::string(width - 1, '~'));
  return diagnostic.hint.empty() ? out : out + " " + diagnostic.hint;
}

std::string render_all(std::vector<Diagnostic> diagnostics,
                       const std::vector<const Source*>& sources) {
  const auto place = [](const Diagnostic& each) {
    return std::tie(each.where.file, each.where.line, each.where.column);
  };
  std::stable_sort(diagnostics.begin(),
                   diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  std::string out;
  for (const Diagnostic& each : diagnostics) out += render(each, sources) + "\n";
  return out + count_of(diagnostics.size(), "error") + "; nothing was run";
}

}  // namespace muster
