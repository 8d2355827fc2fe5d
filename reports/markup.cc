#include "reports/markup.h"

#include <array>

#include <openssl/evp.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

// A page is read by people: longer texts help nobody and would let the system under test fill the
// file.
constexpr std::size_t kLongestText = 20'000;

}  // namespace

std::string escape(std::string_view data) {
  std::string out;
  for (const char c : printable(data, kLongestText)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_lines(std::string_view data) {
  std::string out;
  for (const std::string& line : split(data, '\n')) {
    if (!out.empty()) out += '\n';
    out += escape(line.ends_with('\r') ? std::string_view(line).substr(0, line.size() - 1) : line);
  }
  return out;
}

std::string csp_hash(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    fail("OpenSSL has no SHA-256");
  }
  std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE / 3 + 1) + 1> text{};
  const int written = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(length));
  return "sha256-" + std::string(text.begin(), text.begin() + written);
}

}  // namespace muster
