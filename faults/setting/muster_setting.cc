// What a guard of this machine runs to change one value behind a provider's HTTP API, and to put it
// back. The API comes on stdin, as JSON (api.h); no secret is in it or in the arguments.
//
//   muster-setting read              prints the value, as JSON
//   muster-setting show              the same as "value=VALUE;", which is no part of another's
//   muster-setting set FROM TO       writes TO where FROM stands
//   muster-setting restore FROM TO   the same, and is content where TO stands already
//
// Exit codes: 0 done; 1 another value stands there; 2 called wrongly; 3 the API did not do it.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "faults/setting/api.h"

namespace muster {

namespace {

constexpr int kOther = 1;
constexpr int kCalledWrongly = 2;
constexpr int kFailed = 3;
/// Below the time that a guard gives its programs.
constexpr Duration kPatience = std::chrono::seconds(20);

int differs(const std::string& found, const std::string& wanted) {
  std::fprintf(stderr, "it is %s, not %s\n", printable(found, 200).c_str(), wanted.c_str());
  return kOther;
}

int perform(const std::vector<std::string>& words, SettingClient& setting) {
  const std::string found = setting.read();
  if (words[0] == "read" || words[0] == "show") {
    std::printf(words[0] == "read" ? "%s\n" : "value=%s;\n", found.c_str());
    return 0;
  }
  if (words[0] == "restore" && found == words[2]) return 0;
  if (found != words[1]) {
    std::fputs("somebody else changed it: ", stderr);
    return differs(found, words[1]);
  }
  setting.write(words[2]);
  return 0;
}

bool is_call(const std::vector<std::string>& words) {
  if (words.empty()) return false;
  if (words[0] == "read" || words[0] == "show") return words.size() == 1;
  return (words[0] == "set" || words[0] == "restore") && words.size() == 3;
}

int run(const std::vector<std::string>& words) {
  if (!is_call(words)) {
    std::fputs("usage: muster-setting read | show | set FROM TO | restore FROM TO\n", stderr);
    return kCalledWrongly;
  }
  try {
    const std::string order{std::istreambuf_iterator<char>(std::cin), {}};
    const json::value parsed = parse_json(order, "the API on stdin");
    if (!parsed.is_object()) fail("the API on stdin is no JSON object");
    SettingClient setting(SettingApi::from_json(parsed.get_object()),
                          std::chrono::steady_clock::now() + kPatience);
    return perform(words, setting);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kFailed;
  }
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  return muster::run({argv + 1, argv + argc});
}
