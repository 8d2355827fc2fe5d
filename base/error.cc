#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace muster {

std::string Where::text() const {
  return known() ? fmt::format("{}:{}:{}", file, line, column) : file;
}

Error::Error(std::string message, Where where)
    : message_(std::move(message)), where_(std::move(where)), text_(message_) {
  if (where_.known()) text_ = where_.text() + ": " + message_;
}

Error Error::within(std::string_view outer) const {
  return Error(fmt::format("{}: {}", outer, message_), where_);
}

void fail_errno(std::string_view what) {
  const int code = errno;
  throw Error(fmt::format("{}: {}", what, std::strerror(code)));
}

}  // namespace muster
