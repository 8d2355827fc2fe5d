#include <algorithm>

#include <fmt/format.h>

#include "reports/page/markup.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "reports/site/site_page.h"

namespace muster {

namespace {

struct StatusText {
  int status;
  std::string_view title;
  std::string_view what_to_do;  ///< markup
};

constexpr StatusText kTexts[] = {
    {400,
     "The request cannot be understood",
     "Go back and try again. A program finds the right form in the API's description."},
    {401,
     "You have to log in",
     "Log in with a token. Whoever runs this server makes one with <code>muster token</code>."},
    {403,
     "Your token does not allow this",
     "Ask whoever runs this server for a token with the scope that is missing; "
     "<code>tokens:</code> in <code>muster.yaml</code> says who has which. To halt all drills "
     "without one: <code>muster lever engage</code> on the server."},
    {404,
     "There is nothing here",
     "The run may have been removed, or the address has a mistake. The menu leads to what there "
     "is."},
    {405, "This address does not do that", "Go back and use the page's own buttons."},
    {409, "Not now", "Something else is in the way. The list of drills says what holds them up."},
    {429, "Too many requests", "Wait a minute, then try again."},
    {500,
     "That went wrong, and it is muster's fault",
     "Nothing was started by it. The server's log says more: <code>journalctl -u muster</code>. "
     "Drills that run go on and still undo everything."},
    {503,
     "The server cannot answer now",
     "Try again in a minute. Drills that run go on and still undo everything."},
};
constexpr StatusText kOther{0, "That did not work", "Go back and try again."};

const StatusText& text_of(int status) {
  const auto* found =
      std::ranges::find_if(kTexts, [&](const StatusText& text) { return text.status == status; });
  return found == std::end(kTexts) ? kOther : *found;
}

}  // namespace

std::string render_login(const LoginView& view) {
  const std::string refused =
      view.refused
          ? "<p class=\"banner fail\" role=\"alert\"><b><span aria-hidden=\"true\">✕</span> "
            "Not let in.</b> The token is not known here, or has expired.</p>\n"
          : "";
  const SiteViewer nobody{"", false, false, false, view.csrf};
  const std::string fields = fmt::format(
      "<input type=\"hidden\" name=\"next\" value=\"{}\">\n"
      "<label for=\"token\">Token</label>\n"
      "<input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" "
      "required=\"\" autofocus=\"\">\n<button>Log in</button>",
      escape(address::local(view.next)));
  SitePage page;
  page.title = "log in";
  page.main = "<h1>Log in</h1>\n" + refused + post_form("login", address::kLogin, nobody, fields) +
              "<p class=\"note\">Whoever runs this server makes a token with <code>muster "
              "token</code>. It is kept here only as its SHA-256.</p>\n";
  return bare_document(page);
}

std::string render_error(const ErrorView& view) {
  const StatusText& text = text_of(view.status);
  SitePage page;
  page.title = fmt::format("{} {}", view.status, text.title);
  page.mark = "fail";
  page.main = fmt::format("<p class=\"status mut\">Error {}</p>\n<h1>{}.</h1>\n{}<p>{}</p>\n",
                          view.status,
                          text.title,
                          view.detail.empty() ? "" : "<p>" + escape(view.detail) + "</p>\n",
                          text.what_to_do);
  if (view.status == 401)
    page.main += "<p>" + site_link(address::kLogin, "Log in", "button") + "</p>\n";
  if (!view.known) return bare_document(page);
  return site_document(page, *view.known);
}

}  // namespace muster
