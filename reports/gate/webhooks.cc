#include "reports/gate/webhooks.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::size_t kMostBody = 64U << 10U;

/// Deploy tools write numbers and flags as texts or as they are.
std::string word_of(const json::value& value, std::string_view key) {
  if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  fail("'{}' is not a text", printable(key, 60));
}

json::object object_of(std::string_view body) {
  if (body.size() > kMostBody) fail("the question is larger than {} bytes", kMostBody);
  json::value value = parse_json(body, "the question");
  if (!value.is_object()) fail("the question is no JSON object");
  return std::move(value.get_object());
}

GateWords words_in(const json::object& object) {
  GateWords words;
  for (const auto& [key, value] : object) words[std::string(key)] = word_of(value, key);
  return words;
}

GateWords flagger_words(std::string_view body) {
  const json::object payload = object_of(body);
  const std::string name = text_at(payload, "name");
  const std::string space = text_at(payload, "namespace");
  GateWords words;
  if (const json::value* metadata = find(payload, "metadata")) {
    if (!metadata->is_object()) fail("'metadata' is no JSON object");
    words = words_in(metadata->get_object());
  }
  if (!words.contains("drill")) words.try_emplace("service", name);
  words.try_emplace("environment", space);
  return words;
}

template <class Read>
AskedGate asked(std::string_view body, Read read) {
  try {
    return asked_by_words(read(body));
  } catch (const Error& error) {
    AskedGate wrong;
    wrong.complaint = printable(error.message());
    return wrong;
  }
}

}  // namespace

AskedGate asked_by_flagger(std::string_view body) {
  return asked(body, flagger_words);
}

AskedGate asked_by_json(std::string_view body) {
  return asked(body, [](std::string_view text) { return words_in(object_of(text)); });
}

GateReply flagger_reply(const GateAnswer& answer) {
  std::string body = answer.allow ? "pass\n" : "fail\n";
  for (const std::string& reason : answer.reasons) body += reason + "\n";
  return {answer.allow ? 200 : 403, "text/plain; charset=utf-8", std::move(body)};
}

GateReply argo_reply(std::string document) {
  return {200, "application/json", std::move(document)};
}

}  // namespace muster
