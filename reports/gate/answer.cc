#include "reports/gate/answer.h"

#include <cmath>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::int64_t kFormat = 1;

std::string signed_text(std::string_view body) {
  return fmt::format("muster gate answer 1\n{}\n", sha256(body));
}

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  array.reserve(lines.size());
  for (const std::string& line : lines) array.emplace_back(line);
  return array;
}

std::string_view verdict_word(bool allow) {
  return allow ? "pass" : "fail";
}

json::object to_json(const DrillAnswer& drill) {
  json::object object;
  object["drill"] = drill.drill;
  object["run"] = drill.run;
  object["verdict"] = verdict_word(drill.allow);
  object["reasons"] = texts(drill.reasons);
  object["waived"] = texts(drill.waived);
  return object;
}

json::object parsed_answer(std::string_view body) {
  json::value value = parse_json(body, "the answer");
  if (!value.is_object()) fail("the answer is no JSON object");
  return std::move(value.get_object());
}

/// Throws Error with what is wrong.
void expect_pass(const json::object& answer,
                 const GateQuestion& question,
                 const std::string& nonce,
                 UtcTime now) {
  if (integer_at(answer, "format") != kFormat)
    fail("the answer is of a format this muster does not know");
  if (text_at(answer, "nonce") != nonce)
    fail("the answer is not to this question: its nonce differs");
  if (at(answer, "question") != json::value(to_json(question)))
    fail("the answer is to another question");
  const auto given = parse_utc(text_at(answer, "answered_at"));
  if (!given) fail("the answer does not say when it was given");
  const auto apart = static_cast<double>(now.time_since_epoch().count()) -
                     static_cast<double>(given->time_since_epoch().count());
  if (std::abs(apart) > to_seconds(kFreshAnswer) * 1e6)
    fail("the answer was given at {}, not within {} of now",
         format_utc(*given),
         format_duration(kFreshAnswer));
  if (text_at(answer, "verdict") != verdict_word(true)) fail("{}", kAnsweredNo);
}

}  // namespace

std::string answer_json(const GateAnswer& answer,
                        const GateQuestion& question,
                        const std::string& nonce,
                        const std::string& server,
                        UtcTime now) {
  json::array drills;
  drills.reserve(answer.drills.size());
  for (const DrillAnswer& drill : answer.drills) drills.push_back(to_json(drill));
  json::object object;
  object["format"] = kFormat;
  object["verdict"] = verdict_word(answer.allow);
  object["reasons"] = texts(answer.reasons);
  object["drills"] = std::move(drills);
  object["question"] = to_json(question);
  object["nonce"] = nonce;
  object["answered_at"] = format_utc(now);
  object["server"] = server;
  return pretty_json(object);
}

std::string sign_answer(const SigningKey& key, std::string_view body) {
  return key.sign(signed_text(body));
}

std::string why_not_pass(std::string_view body,
                         std::string_view signature,
                         const TrustedKeys& trusted,
                         const GateQuestion& question,
                         const std::string& nonce,
                         UtcTime now) {
  if (!is_nonce(nonce)) return "the question had no nonce, so no answer to it can be believed";
  if (body.empty()) return "the answer is empty";
  if (const std::string wrong = trusted.complaint(signed_text(body), signature); !wrong.empty())
    return "the answer cannot be believed: " + wrong;
  try {
    expect_pass(parsed_answer(body), question, nonce, now);
    return "";
  } catch (const Error& error) {
    return printable(error.message());
  }
}

std::vector<std::string> reasons_in_answer(std::string_view body) {
  std::vector<std::string> reasons;
  try {
    const json::object answer = parsed_answer(body);
    const json::value& listed = at(answer, "reasons");
    if (!listed.is_array()) return reasons;
    reasons.reserve(listed.get_array().size());
    for (const json::value& reason : listed.get_array())
      if (reason.is_string()) reasons.push_back(printable(reason.get_string()));
  } catch (const Error&) {
    reasons.clear();
  }
  return reasons;
}

}  // namespace muster
