#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A value that no output may show: a token, a password. There is no way to print it, and its
/// memory is wiped. Only what puts it on the wire reveals it.
class Secret {
 public:
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret& operator=(Secret&&) = delete;
  ~Secret() { wipe(); }

  const std::string& reveal() const { return value_; }

 private:
  void wipe();
  std::string value_;
};

/// What a playbook may write in the place of a secret, without the braces: "secret:file:/run/token"
/// (the file's content without its last line break) or "secret:env:API_TOKEN". Empty if `reference`
/// is one of them, otherwise what is wrong with it.
std::string secret_complaint(std::string_view reference);
bool is_secret_reference(std::string_view name);

/// Reads it where it is used: on this host, now. Throws Error that names the reference, never the
/// value. A secret is from 8 bytes to 64 KiB of text in one line: a shorter one could not be kept
/// out of what is shown without breaking it.
Secret read_secret(std::string_view reference);

/// Puts the values where `text` has "${secret:...}"; what was put in is added to `used`.
std::string with_secrets(std::string_view text, std::vector<Secret>& used);

/// Takes secrets out of what will be shown or kept: as they are, and in base 64, URL and JSON
/// escapes.
class Redactor {
 public:
  void hide(const Secret& secret);
  std::string clean(std::string_view text) const;

 private:
  std::vector<Secret> forms_;
};

/// `text` without any secret that this process has read. The last line: whatever writes text for
/// people or disks calls it (the journal, the log, results, pages, terminals), so that a source
/// that forgot its own Redactor tells nothing. What was read is therefore kept until the process
/// ends, and wiped then. Costs nothing in a process that read none, as every runner. From any
/// thread.
std::string without_secrets(std::string text);

}  // namespace muster
