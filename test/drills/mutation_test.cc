// Good playbooks, damaged at random: whatever a person or an editor does to a file, muster says
// what is wrong with it, where, and nothing else comes out.
#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "test/drills/test_catalogue.h"

namespace muster {

namespace {

constexpr int kRounds = 200;  // test/fuzz/playbook_fuzz.cc goes on

const std::vector<std::string>& tokens() {
  static const std::vector<std::string> all = {"{",
                                               "}",
                                               "[",
                                               "]",
                                               ":",
                                               ": ",
                                               "- ",
                                               ",",
                                               "#",
                                               "'",
                                               "\"",
                                               "&a ",
                                               "*a",
                                               "!x ",
                                               "|",
                                               ">",
                                               "?",
                                               "---\n",
                                               "...\n",
                                               "<<: ",
                                               "${",
                                               "}",
                                               "${hold}",
                                               "${nothing}",
                                               "$${",
                                               "\t",
                                               "\n",
                                               "  ",
                                               "0",
                                               "-1",
                                               "1e9",
                                               "99999999999999999999",
                                               "null",
                                               "~",
                                               "yes",
                                               "\\",
                                               "%",
                                               "@",
                                               "é",
                                               "\xE9",
                                               std::string(1, '\0'),
                                               "steps: []\n",
                                               "when: ${mode}",
                                               "include: parts/readers.yaml\n",
                                               "\r\n"};
  return all;
}

std::string damaged(std::string text, Random& random) {
  const std::uint64_t times = 1 + random.below(3);
  for (std::uint64_t i = 0; i < times; ++i) {
    const std::size_t at = random.below(text.size());
    switch (random.below(5)) {
      case 0:
        text.erase(at, 1 + random.below(12));
        break;
      case 1:
        text.insert(at, tokens()[random.below(tokens().size())]);
        break;
      case 2:
        text[at] = tokens()[random.below(tokens().size())].front();
        break;
      case 3: {  // a line twice, or somewhere else
        std::vector<std::string> lines = split(text, '\n');
        const std::string line = lines[random.below(lines.size())];
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(random.below(lines.size())), line);
        text = join(lines, "\n");
        break;
      }
      default: {  // an indentation changes
        const std::size_t end = text.find('\n', at);
        if (end != std::string::npos) text.insert(end + 1, std::string(1 + random.below(4), ' '));
      }
    }
    if (text.empty()) text = "\n";
  }
  return text;
}

/// Empty if `file` loads or is refused properly; else what went wrong.
std::string complaint(const std::string& file) {
  try {
    load_drill(file, test_catalogue(), {});
  } catch (const UsageError& error) {
    const std::string said = error.what();
    const bool complete =
        said.ends_with("; nothing was run") && said.find(".yaml") != std::string::npos;
    return complete ? "" : "an incomplete message: " + said;
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(no_damage_to_a_playbook_ends_in_anything_but_a_diagnosis) {
  const Scratch scratch;
  for (const std::string part : {"parts/readers.yaml", "parts/limits.yaml"}) {
    scratch.write(part, read_file(source_path("test/good/" + part)));
  }
  const std::string stack = read_file(source_path("test/bad/stack.yaml"));
  scratch.write("stack.yaml", stack);
  std::string drill = read_file(source_path("test/good/every_step.yaml"));
  drill.replace(drill.find("../bad/stack.yaml"), 17, "stack.yaml");
  Random random(20261122);
  for (int round = 0; round < kRounds; ++round) {
    const bool of_stack = round % 4 == 0;
    const std::string text = damaged(of_stack ? stack : drill, random);
    const std::string file = scratch.write("drill.yaml", of_stack ? drill : text);
    scratch.write("stack.yaml", of_stack ? text : stack);
    const std::string wrong = complaint(file);
    BOOST_TEST_REQUIRE(wrong.empty(), wrong << "\nround " << round << ":\n" << text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
