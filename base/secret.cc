#include "base/secret.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::string_view kPrefix = "secret:";
constexpr std::string_view kFile = "secret:file:";
constexpr std::string_view kEnvironment = "secret:env:";
constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 64U << 10U;

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_';
  });
}

std::string value_of(std::string_view reference) {
  if (reference.starts_with(kFile)) {
    std::string content = read_file(std::string(reference.substr(kFile.size())), kLongest + 1);
    if (content.ends_with('\n')) content.pop_back();
    return content;
  }
  const char* const value = std::getenv(std::string(reference.substr(kEnvironment.size())).c_str());
  if (value == nullptr) fail("${{{}}}: the variable is not set on this host", reference);
  return value;
}

std::string url_escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain =
        std::isalnum(byte) != 0 || std::string_view("-._~").find(letter) != std::string_view::npos;
    out += plain ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return out;
}

/// What base 64 makes of `text` wherever it stands in a longer one: three ways, without the digits
/// that it shares with its neighbours.
std::vector<std::string> base64_forms(const std::string& text) {
  std::vector<std::string> forms;
  for (std::size_t before = 0; before < 3; ++before) {
    const std::size_t bits = 8 * (before + text.size());
    const std::size_t first = (8 * before + 5) / 6;
    forms.push_back(base64(std::string(before, '\0') + text).substr(first, bits / 6 - first));
  }
  return forms;
}

void replace_all(std::string& text, const std::string& from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// What this process has read.
class KnownSecrets {
 public:
  void add(const Secret& secret) {
    const std::lock_guard lock(mutex_);
    const auto same = [&](const Secret& known) {
      return known.reveal() == secret.reveal();
    };
    if (std::ranges::any_of(values_, same)) return;
    values_.emplace_back(secret.reveal());
    redactor_.hide(secret);
  }
  std::string taken_out_of(std::string text) {
    const std::lock_guard lock(mutex_);
    return values_.empty() ? text : redactor_.clean(text);
  }

 private:
  std::mutex mutex_;
  std::vector<Secret> values_;
  Redactor redactor_;
};

KnownSecrets& known_secrets() {
  static KnownSecrets known;
  return known;
}

}  // namespace

void Secret::wipe() {
  // Through a volatile pointer, or the compiler sees that nobody reads it any more.
  volatile char* const bytes = value_.data();
  for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = '\0';
}

bool is_secret_reference(std::string_view name) {
  return name.starts_with(kPrefix);
}

std::string secret_complaint(std::string_view reference) {
  if (reference.starts_with(kFile)) {
    const std::string_view path = reference.substr(kFile.size());
    return path.starts_with('/') ? "" : "a secret's file is named by its whole path";
  }
  if (reference.starts_with(kEnvironment))
    return is_variable_name(reference.substr(kEnvironment.size()))
               ? ""
               : "that names no environment variable";
  return "a secret is ${secret:file:/path} or ${secret:env:NAME}";
}

Secret read_secret(std::string_view reference) {
  const std::string complaint = secret_complaint(reference);
  if (!complaint.empty()) fail("${{{}}}: {}", reference, complaint);
  Secret secret(value_of(reference));
  const std::string& value = secret.reveal();
  if (value.size() < kShortest || value.size() > kLongest)
    fail("${{{}}}: a secret has from {} to {} bytes", reference, kShortest, kLongest);
  if (std::ranges::any_of(value, [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; }))
    fail("${{{}}}: a secret is one line of text", reference);
  known_secrets().add(secret);
  return secret;
}

std::string with_secrets(std::string_view text, std::vector<Secret>& used) {
  std::string out;
  for (;;) {
    const std::size_t start = text.find("${secret:");
    const std::size_t end = text.find('}', start == std::string_view::npos ? text.size() : start);
    out += text.substr(0, end == std::string_view::npos ? end : start);
    if (end == std::string_view::npos) return out;
    used.push_back(read_secret(text.substr(start + 2, end - start - 2)));
    out += used.back().reveal();
    text.remove_prefix(end + 1);
  }
}

void Redactor::hide(const Secret& secret) {
  const std::string& value = secret.reveal();
  const std::string quoted = compact_json(json::string(value));
  std::vector<std::string> forms = base64_forms(value);
  forms.insert(forms.end(), {url_escaped(value), quoted.substr(1, quoted.size() - 2), value});
  for (std::string& form : forms) forms_.emplace_back(std::move(form));
}

std::string Redactor::clean(std::string_view text) const {
  std::string out(text);
  for (const Secret& form : forms_) replace_all(out, form.reveal(), "[secret]");
  return out;
}

std::string without_secrets(std::string text) {
  return known_secrets().taken_out_of(std::move(text));
}

}  // namespace muster
