#include "reports/page/head.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "reports/page/markup.h"

namespace muster {

/// reports/web/style.css, embedded by the build.
extern const std::string_view kPageStyle;

namespace {

std::string icon(std::string_view mark) {
  const bool bad = mark == "fail" || mark == "broken" || mark == "stop";
  const std::string_view colour = bad ? "c62f1c" : mark == "pass" ? "1a7048" : "5f6670";
  return fmt::format(
      "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
      "viewBox='0 0 16 16'%3E%3Cpath d='M1 13h4V4h3v9h7' fill='none' stroke='%23{}' "
      "stroke-width='2'/%3E%3C/svg%3E\">\n",
      colour);
}

std::string_view style_of(const PageKind& kind) {
  return kind.style.empty() ? kPageStyle : std::string_view(kind.style);
}

/// With no-referrer browsers would say "Origin: null" in our own forms, which the server could not
/// tell from forged ones; it says "same-origin" itself, and a page that says otherwise wins.
std::string_view referrer(const PageKind& kind) {
  return kind.talks_to_server ? "" : "<meta name=\"referrer\" content=\"no-referrer\">\n";
}

}  // namespace

std::string page_policy(const PageKind& kind) {
  const std::string scripts = kind.scripts.empty()
                                  ? ""
                                  : fmt::format("script-src {}; {}",
                                                kind.scripts,
                                                kind.talks_to_server ? "connect-src 'self'; " : "");
  return fmt::format(
      "default-src 'none'; style-src '{}'; {}img-src data:; base-uri 'none'; form-action '{}'",
      sha256_for_csp(style_of(kind)),
      scripts,
      kind.talks_to_server ? "self" : "none");
}

std::string page_head(std::string_view title,
                      std::string_view mark,
                      const PageKind& kind,
                      std::string_view more) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n{}<title>{} (muster)</title>\n{}"
      "<style>{}</style>{}</head>\n",
      page_policy(kind),
      referrer(kind),
      escape(title),
      icon(mark),
      style_of(kind),
      more);
}

}  // namespace muster
