#include "runner/commands/relative_address.h"

#include <string_view>

#include <fmt/format.h>

namespace muster {

namespace {

/// All but what an address may hold as it is (RFC 3986: unreserved) and what parts its segments.
std::string percent_encoded(std::string_view path) {
  constexpr std::string_view kAsItIs =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string out;
  for (const char c : path) {
    if (kAsItIs.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

/// weakly_canonical leaves a path alone of which nothing exists.
std::filesystem::path resolved(const std::filesystem::path& path) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
}

}  // namespace

std::string relative_address(const std::filesystem::path& file, const std::filesystem::path& page) {
  const std::filesystem::path folder = resolved(std::filesystem::absolute(page).parent_path());
  return percent_encoded(resolved(file).lexically_relative(folder).generic_string());
}

}  // namespace muster
