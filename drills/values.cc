#include "drills/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace muster {

namespace {

struct TypeWords {
  Type type;
  std::string_view name;
  std::string_view expected;
};

constexpr std::array<TypeWords, 18> kWords = {{
    {Type::Text, "text", "a text"},
    {Type::Name, "name", "a name (small letters, digits, '-', '_'; at most 64)"},
    {Type::Flag, "flag", "true or false"},
    {Type::Integer, "integer", "a whole number, like 42"},
    {Type::Number, "number", "a number, like 0.5"},
    {Type::Duration, "duration", "a duration, like 20s or 1m30s"},
    {Type::Ratio, "ratio", "a share, like 1% or 0.01"},
    {Type::Rate, "rate", "a rate, like 100/s or 30/m"},
    {Type::Bandwidth, "bandwidth", "a bandwidth, like 64kbit or 10mbit"},
    {Type::Size, "size", "a size, like 64KiB or 10MB"},
    {Type::Choice, "choice", "one of its choices"},
    {Type::Argv, "argv", "a program and its arguments, like [systemctl, stop, app]"},
    {Type::TextList, "text_list", "a list of texts, like [a, b]"},
    {Type::NameList, "name_list", "a list of names, like [a, b]"},
    {Type::Object, "object", "a map of keys"},
    {Type::ObjectList, "object_list", "a list of maps"},
    {Type::TextMap, "text_map", "a map of texts, like {a: b}"},
    {Type::Limit, "limit", "a limit, like 30s, 1% or 0"},
}};

const TypeWords& words_of(Type type) {
  return *std::find_if(
      kWords.begin(), kWords.end(), [&](const TypeWords& each) { return each.type == type; });
}

struct Unit {
  std::string_view name;
  double factor;
};

// Smallest first: the last one that divides a value is the one to show it in.
constexpr std::array<Unit, 4> kBandwidths = {
    {{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}}};
constexpr std::array<Unit, 10> kSizes = {{{"B", 1},
                                          {"kB", 1e3},
                                          {"KB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"TB", 1e12},
                                          {"KiB", 1024},
                                          {"MiB", 1048576},
                                          {"GiB", 1073741824},
                                          {"TiB", 1099511627776}}};
constexpr std::array<Unit, 3> kRates = {{{"/s", 1}, {"/m", 1.0 / 60}, {"/h", 1.0 / 3600}}};
constexpr double kLargestCount = 9e15;  // doubles count exactly up to here

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes a plain decimal number off the front of `text`: no sign but '-', no leading zeros, no inf,
/// no nan.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.size() <= sign || !is_digit(text[sign])) return std::nullopt;
  if (text[sign] == '0' && text.size() > sign + 1 && is_digit(text[sign + 1])) return std::nullopt;
  double value = 0;
  const auto [end, status] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (status != std::errc() || end[-1] == '.') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  const auto value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<json::value> parse_integer(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <std::size_t N>
std::optional<double> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const auto number = take_number(text);
  if (!number || *number < 0) return std::nullopt;
  if (text.empty()) return *number == 0 ? number : std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == text) return *number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t N>
std::optional<json::value> parse_count(std::string_view text, const std::array<Unit, N>& units) {
  const auto value = parse_with_unit(text, units);
  if (!value || *value > kLargestCount) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*value));
}

template <std::size_t N>
std::string write_count(double value, const std::array<Unit, N>& units) {
  std::string best = fmt::format("{:.0f}{}", value, units.front().name);
  for (const Unit& unit : units) {
    if (value >= unit.factor && std::fmod(value, unit.factor) == 0) {
      const std::string text = fmt::format("{:.0f}{}", value / unit.factor, unit.name);
      if (text.size() <= best.size()) best = text;
    }
  }
  return best;
}

std::optional<json::value> parse_ratio(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const auto value = parse_number(text);
  if (!value) return std::nullopt;
  return percent ? *value / 100 : *value;
}

template <class T>
std::optional<json::value> as_json(const std::optional<T>& value) {
  return value ? std::optional<json::value>(json::value(*value)) : std::nullopt;
}

json::value text_json(std::string_view text) {
  return json::string(text.data(), text.size());
}

}  // namespace

std::string_view type_name(Type type) {
  return words_of(type).name;
}

std::optional<Type> type_named(std::string_view name) {
  for (const TypeWords& each : kWords) {
    if (each.name == name) return each.type;
  }
  return std::nullopt;
}

std::string_view expected(Type type) {
  return words_of(type).expected;
}

bool is_scalar_type(Type type) {
  switch (type) {
    case Type::Argv:
    case Type::TextList:
    case Type::NameList:
    case Type::Object:
    case Type::ObjectList:
    case Type::TextMap:
      return false;
    default:
      return true;
  }
}

bool is_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const auto small = [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c);
  };
  return !text.empty() && text.size() <= kLongest && small(text.front()) &&
         std::all_of(
             text.begin(), text.end(), [&](char c) { return small(c) || c == '-' || c == '_'; });
}

std::optional<json::value> parse_value(Type type, std::string_view text) {
  switch (type) {
    case Type::Name:
      return is_name(text) ? std::optional(text_json(text)) : std::nullopt;
    case Type::Flag:
      if (text == "true" || text == "false") return text == "true";
      return std::nullopt;
    case Type::Integer:
      return parse_integer(text);
    case Type::Number:
      return as_json(parse_number(text));
    case Type::Duration: {
      std::string_view rest = text;
      const auto value = take_number(rest) ? parse_duration(text) : std::nullopt;
      return value ? std::optional<json::value>(value->count()) : std::nullopt;
    }
    case Type::Ratio:
      return parse_ratio(text);
    case Type::Rate:
      return as_json(parse_with_unit(text, kRates));
    case Type::Bandwidth:
      return parse_count(text, kBandwidths);
    case Type::Size:
      return parse_count(text, kSizes);
    default:
      return text_json(text);
  }
}

std::optional<double> number_of(Type type, const json::value& value) {
  const double number = value.is_double()  ? value.get_double()
                        : value.is_int64() ? static_cast<double>(value.get_int64())
                                           : std::nan("");
  if (std::isnan(number)) return std::nullopt;
  return type == Type::Duration ? number / 1e9 : number;
}

std::string write_value(Type type, const json::value& value) {
  if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  const auto number = number_of(type, value);
  if (!number) return compact_json(value);
  switch (type) {
    case Type::Duration:
      return format_duration(from_seconds(*number));
    case Type::Ratio:
      return fmt::format("{}%", std::round(*number * 1e10) / 1e8);
    case Type::Rate:
      return fmt::format("{}/s", *number);
    case Type::Bandwidth:
      return write_count(*number, kBandwidths);
    case Type::Size:
      return write_count(*number, kSizes);
    default:
      return fmt::format("{}", *number);
  }
}

std::string value_hint(Type type, std::string_view text) {
  const auto meant = [](std::string_view what) {
    return fmt::format("did you mean '{}'?", what);
  };
  const bool number = parse_number(text).has_value();
  switch (type) {
    case Type::Duration:
      if (!number) return {};
      return text.size() < 3 ? meant(fmt::format("{}s", text))
                             : fmt::format("did you mean '{0}ms' or '{0}s'?", text);
    case Type::Rate:
      return number ? meant(fmt::format("{}/s", text)) : "";
    case Type::Bandwidth:
      return number ? meant(fmt::format("{}kbit", text)) : "";
    case Type::Size:
      return number ? meant(fmt::format("{}B", text)) : "";
    case Type::Ratio:
      return number ? meant(fmt::format("{}%", text)) : "";
    case Type::Flag:
      if (text == "yes" || text == "on" || text == "True") return meant("true");
      if (text == "no" || text == "off" || text == "False") return meant("false");
      return {};
    case Type::Name: {
      std::string name;
      for (const char c : text) {
        name += c >= 'A' && c <= 'Z'   ? static_cast<char>(c - 'A' + 'a')
                : c == ' ' || c == '.' ? '-'
                                       : c;
      }
      return is_name(name) ? meant(name) : "";
    }
    case Type::Argv:
      return text.empty() ? "" : fmt::format("did you mean [{}]?", join(split(text, ' '), ", "));
    default:
      return {};
  }
}

}  // namespace muster
