#pragma once

#include <string>
#include <string_view>

namespace muster {

/// `smtp` of the settings taken apart: smtp(s)://[USER[:PASSWORD]@]HOST[:PORT]. User and password
/// stand there as they are, without escapes, since the password is a reference.
struct MailServer {
  explicit MailServer(std::string_view text);

  std::string url;  ///< without user and password
  std::string user;
  std::string password;  ///< "${secret:...}" or ""
};

}  // namespace muster
