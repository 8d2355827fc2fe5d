#include "reports/page/head.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "reports/page/markup.h"

namespace muster {

/// reports/web/style.css, embedded by the build.
extern const std::string_view kPageStyle;

namespace {

std::string icon(std::string_view mark) {
  const std::string_view colour = mark == "pass"                   ? "%231a7048"
                                  : mark == "grey" || mark.empty() ? "%235f6670"
                                                                   : "%23c62f1c";
  return fmt::format(
      "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
      "viewBox='0 0 16 16'%3E"
      "%3Cpath d='M1 13h4V4h3v9h7' fill='none' stroke='{}' stroke-width='2'/%3E%3C/svg%3E\">\n",
      colour);
}

}  // namespace

std::string page_head(std::string_view title, std::string_view mark, std::string_view scripts) {
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'{}'; {}img-src data:; base-uri 'none'; form-action 'none'\">\n"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
             "content=\"no-referrer\">\n<title>{} (muster)</title>\n",
             sha256_for_csp(kPageStyle),
             scripts.empty() ? "" : fmt::format("script-src {}; ", scripts),
             escape(title)) +
         icon(mark) + "<style>" + std::string(kPageStyle) + "</style></head>\n";
}

}  // namespace muster
