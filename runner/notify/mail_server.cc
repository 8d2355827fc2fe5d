#include "runner/notify/mail_server.h"

namespace muster {

MailServer::MailServer(std::string_view text) : url(text) {
  const std::size_t begin = text.find("://") + 3;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at < begin) return;
  url = std::string(text.substr(0, begin)).append(text.substr(at + 1));
  const std::string_view login = text.substr(begin, at - begin);
  user = login.substr(0, login.find(':'));
  if (user.size() < login.size()) password = login.substr(user.size() + 1);
}

}  // namespace muster
