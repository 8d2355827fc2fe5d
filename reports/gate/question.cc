#include "reports/gate/question.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "drills/reading.h"

namespace muster {

namespace {

constexpr std::size_t kMostBytes = 200;
constexpr std::size_t kLeastNonce = 16;
constexpr std::size_t kMostNonce = 128;

/// The words that stand for texts of the question.
struct TextWord {
  std::string_view name;
  std::string GateQuestion::*member;
};
constexpr std::array<TextWord, 5> kTextWords = {{{"service", &GateQuestion::service},
                                                 {"environment", &GateQuestion::environment},
                                                 {"drill", &GateQuestion::drill},
                                                 {"version", &GateQuestion::version},
                                                 {"configuration", &GateQuestion::configuration}}};

std::vector<std::string> known_words() {
  std::vector<std::string> names;
  names.reserve(kTextWords.size() + 3);
  for (const TextWord& word : kTextWords) names.emplace_back(word.name);
  for (const char* name : {"max_age", "no_regression", "nonce"}) names.emplace_back(name);
  return names;
}

std::string unknown_word(const std::string& name) {
  const std::string hint = suggestion(name, known_words());
  return fmt::format("the question has an unknown word '{}'{}{}",
                     printable(name, 60),
                     hint.empty() ? "" : "; ",
                     hint);
}

/// "" or what is wrong with the word.
std::string take_word(const std::string& name, const std::string& value, AskedGate& asked) {
  for (const TextWord& word : kTextWords) {
    if (word.name != name) continue;
    asked.question.*word.member = value;
    // A variable that is not set, in a pipeline, must not make the question ask for less.
    if (!value.empty()) return "";
    return fmt::format("'{}' is given and empty: leave it out, or say what it is", name);
  }
  if (name == "nonce") {
    asked.nonce = value;
    return is_nonce(value) ? "" : "'nonce' must be 16 to 128 letters, digits, '-' and '_'";
  }
  if (name == "no_regression") {
    asked.question.no_regression = value == "true";
    return value == "true" || value == "false" ? "" : "'no_regression' must be true or false";
  }
  if (name == "max_age") {
    asked.question.max_age = parse_duration(value);
    return asked.question.max_age
               ? ""
               : fmt::format("'max_age' must be a duration such as 7d or 12h, not '{}'",
                             printable(value, 60));
  }
  return unknown_word(name);
}

}  // namespace

std::string complaint(const GateQuestion& question) {
  for (const TextWord& word : kTextWords) {
    const std::string& text = question.*word.member;
    if (text.size() > kMostBytes || printable(text) != text)
      return fmt::format(
          "'{}' must be a text of one line and at most {} bytes", word.name, kMostBytes);
  }
  if (question.max_age && *question.max_age <= Duration::zero())
    return "a run may be no older than nothing: the age allowed must be above zero";
  const bool of_drill = !question.drill.empty();
  const bool of_service = !question.service.empty();
  if (of_drill && of_service)
    return "ask about a service and its environment, or about a drill, not about both";
  if (!of_drill && !of_service) return "nothing was asked about: name a service, or a drill";
  if (of_service && question.environment.empty())
    return fmt::format("name the environment that '{}' goes to", question.service);
  if (of_service && question.no_regression)
    return "whether a regression denies is said by the policy, drill by drill";
  return "";
}

json::object to_json(const GateQuestion& question) {
  json::object object;
  for (const TextWord& word : kTextWords)
    object[json::string_view(word.name.data(), word.name.size())] = question.*word.member;
  object["max_age"] = question.max_age ? format_duration(*question.max_age) : "";
  object["no_regression"] = question.no_regression;
  return object;
}

AskedGate asked_by_words(const GateWords& words) {
  AskedGate asked;
  for (const auto& [name, value] : words) {
    const std::string wrong = take_word(name, value, asked);
    if (asked.complaint.empty()) asked.complaint = wrong;
  }
  if (asked.complaint.empty()) asked.complaint = complaint(asked.question);
  return asked;
}

GateWords words_of(const GateQuestion& question, const std::string& nonce) {
  GateWords words;
  for (const TextWord& word : kTextWords) {
    const std::string& text = question.*word.member;
    if (!text.empty()) words[std::string(word.name)] = text;
  }
  if (question.max_age) words["max_age"] = format_duration(*question.max_age);
  if (question.no_regression) words["no_regression"] = "true";
  if (!nonce.empty()) words["nonce"] = nonce;
  return words;
}

bool is_nonce(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return text.size() >= kLeastNonce && text.size() <= kMostNonce && std::ranges::all_of(text, fits);
}

}  // namespace muster
