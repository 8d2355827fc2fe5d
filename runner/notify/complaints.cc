#include "runner/notify/complaints.h"

#include <algorithm>

#include "base/secret.h"
#include "runner/notify/mail_server.h"

namespace muster {

namespace {

bool is_without_blanks(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter < '\x7F'; });
}

}  // namespace

std::string web_address_complaint(std::string_view url) {
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  return is_web && is_without_blanks(url) ? "" : "that is no web address; write https://HOST/PATH";
}

std::string mail_server_complaint(std::string_view url) {
  const bool is_mail = url.starts_with("smtp://") || url.starts_with("smtps://");
  if (!is_mail || !is_without_blanks(url))
    return "that is no mail server; write smtp://HOST or smtps://HOST:465";
  const MailServer server(url);
  const std::string_view password = server.password;
  if (password.empty()) return "";
  if (!password.starts_with("${") || !password.ends_with("}"))
    return "its password stands there; write smtps://USER:${secret:file:/path}@HOST";
  return secret_complaint(password.substr(2, password.size() - 3));
}

}  // namespace muster
