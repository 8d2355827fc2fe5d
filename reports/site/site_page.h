#pragma once

#include <string>
#include <string_view>

#include "reports/site/views.h"

namespace muster {

/// One page in parts that are finished markup, unless it says otherwise.
struct SitePage {
  std::string title;      ///< plain text
  std::string_view mark;  ///< class of a StatusWord, for the icon's colour; or ""
  std::string_view here;  ///< address of the page in the menu, or ""
  std::string head;       ///< more for the end of <head>
  std::string main;
  bool scripted = false;  ///< with the script that follows a running drill
};

/// The whole document: menu, halt button, what is wrong with the site, the page, who looks at it.
std::string site_document(const SitePage& page, const SiteContext& site);
/// The same for nobody: without menu and forms.
std::string bare_document(const SitePage& page);

/// A form that posts to `to`, with the viewer's token against forged requests; `body` is markup.
std::string post_form(std::string_view css,
                      std::string_view to,
                      const SiteViewer& viewer,
                      std::string_view body);

/// `<a href="TO">text</a>`; `text` is markup.
std::string site_link(std::string_view to, std::string_view text, std::string_view css = "");

}  // namespace muster
