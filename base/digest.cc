#include "base/digest.h"

#include <array>
#include <vector>

#include <openssl/evp.h>

#include <fmt/format.h>

#include "base/error.h"

namespace muster {

namespace {

constexpr std::size_t kLength = 32;

std::array<unsigned char, kLength> digest_of(std::string_view bytes) {
  std::array<unsigned char, kLength> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    fail("SHA-256 failed");
  return digest;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::string out = "sha256:";
  for (const unsigned char byte : digest_of(bytes)) out += fmt::format("{:02x}", byte);
  return out;
}

std::string sha256_for_csp(std::string_view bytes) {
  const auto digest = digest_of(bytes);
  return "sha256-" + base64(std::string(digest.begin(), digest.end()));
}

std::string base64(std::string_view bytes) {
  std::vector<unsigned char> text(4 * (bytes.size() / 3 + 1) + 1);
  const auto* const raw = static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
  const int length = EVP_EncodeBlock(text.data(), raw, static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + length};
}

}  // namespace muster
