#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"

namespace muster {

/// May we deploy? Asked about a service and where it goes, as the policy has it; or about one
/// drill.
struct GateQuestion {
  std::string service;
  std::string environment;  ///< with a drill: where its run must have been; empty: anywhere
  std::string drill;
  std::string version;        ///< of what is to be deployed; empty: not told
  std::string configuration;  ///< "sha256:...", environment.digest of a result; empty: not told
  std::optional<Duration> max_age;  ///< no older, whatever the policy allows
  /// Of one drill: within its budgets but worse than usual, and confirmed by trials, denies too. A
  /// policy says so itself.
  bool no_regression = false;

  friend bool operator==(const GateQuestion&, const GateQuestion&) = default;
};

/// What is wrong with it, in one line; "" where it can be answered.
std::string complaint(const GateQuestion& question);

json::object to_json(const GateQuestion& question);

/// A question as it came from outside. Where `complaint` is not empty, nothing else counts.
struct AskedGate {
  GateQuestion question;
  std::string nonce;  ///< of whoever wants to see it again in the answer, or ""
  std::string complaint;
};

/// The words of a question: service, environment, drill, version, configuration, max_age,
/// no_regression, nonce. Any other one is a complaint, so that none is misspelt without notice.
using GateWords = std::map<std::string, std::string>;
AskedGate asked_by_words(const GateWords& words);
/// What asked_by_words reads back as the same.
GateWords words_of(const GateQuestion& question, const std::string& nonce);

/// 16 to 128 letters, digits, '-' and '_'.
bool is_nonce(std::string_view text);

}  // namespace muster
