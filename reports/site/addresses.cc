#include "reports/site/addresses.h"

#include <algorithm>

#include <fmt/format.h>

namespace muster::address {

namespace {

/// Everything but what RFC 3986 calls unreserved, so neither a path nor a query can be left.
std::string encoded(std::string_view text) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

std::string history(std::string_view drill) {
  return fmt::format("/drills/{}/history", encoded(drill));
}

std::string start(std::string_view schedule) {
  return fmt::format("/drills/{}/start", encoded(schedule));
}

std::string run(std::string_view id) {
  return fmt::format("/runs/{}", encoded(id));
}

std::string live(std::string_view id) {
  return fmt::format("/runs/{}/live", encoded(id));
}

std::string events(std::string_view id, std::uint64_t after) {
  return fmt::format("/runs/{}/events?after={}", encoded(id), after);
}

std::string abort(std::string_view id) {
  return fmt::format("/runs/{}/abort", encoded(id));
}

std::string compare(std::string_view before, std::string_view after) {
  return fmt::format("/compare?before={}&after={}", encoded(before), encoded(after));
}

std::string runs(std::string_view drill, std::string_view verdict, std::size_t page) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, value);
  };
  if (!drill.empty()) add("drill", encoded(drill));
  if (!verdict.empty()) add("verdict", encoded(verdict));
  if (page > 1) add("page", std::to_string(page));
  return std::string(kRuns) + query;
}

std::string local(std::string_view wanted) {
  // Browsers read "//host" and "/\host" as another server, and skip tabs and line breaks.
  const bool plain = std::ranges::all_of(
      wanted, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
  const bool here = wanted.starts_with('/') && !wanted.starts_with("//");
  return plain && here ? std::string(wanted) : std::string(kIndex);
}

}  // namespace muster::address
