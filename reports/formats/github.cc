#include "reports/formats/github.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/page.h"

namespace muster {

namespace {

constexpr std::size_t kLongestTitle = 200;
constexpr std::size_t kLongestText = 1000;

std::string message(std::string_view text) {
  return replaced(printable(text, kLongestText), "%", "%25");
}

std::string property(std::string_view text) {
  std::string out = replaced(printable(text, kLongestTitle), "%", "%25");
  return replaced(replaced(std::move(out), ":", "%3A"), ",", "%2C");
}

}  // namespace

std::string github_annotation(const Result& result) {
  if (result.verdict.status == "pass") return "";
  const std::string title = fmt::format("{}: {}, run {}",
                                        status_word(result.verdict.status).word,
                                        result.run.drill,
                                        result.run.number);
  return fmt::format("::error title={}::{}\n", property(title), message(result.verdict.headline));
}

}  // namespace muster
