#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace muster {

/// A place in a file a person wrote. Lines and columns count from 1; line 0 means "nowhere in
/// particular".
struct Where {
  std::string file;
  int line = 0;
  int column = 0;

  bool known() const { return line > 0; }
  /// "drill.yaml:14:7", or only the file where no line is known.
  std::string text() const;
  friend bool operator==(const Where&, const Where&) = default;
};

/// The one exception type of muster. Thrown where something failed that the caller cannot be
/// expected to handle in place; caught in three places only (the step runner, the undo loop, main).
/// Context is added outside-in: `what()` reads "step 'drain': on ns1: gdnsdctl: connection
/// refused".
class Error : public std::exception {
 public:
  explicit Error(std::string message, Where where = {});

  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& message() const { return message_; }
  const Where& where() const { return where_; }
  /// Returns this error with `outer` put in front ("on ns1: ...").
  Error within(std::string_view outer) const;

 private:
  std::string message_;
  Where where_;
  std::string text_;
};

/// The playbook, the stack or the command line is wrong: exit code 2. `what()` holds every
/// diagnostic, rendered.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// muster refuses to do what it was asked (lock held, not opted in, plan hash differs): exit
/// code 6.
class Refused : public Error {
 public:
  using Error::Error;
};

/// Throws Error with a formatted message: fail("{} has no pid file", service).
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws Error for a failed system call; appends strerror(errno).
[[noreturn]] void fail_errno(std::string_view what);

}  // namespace muster
