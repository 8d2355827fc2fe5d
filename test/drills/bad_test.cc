// Every file in test/bad is a playbook, and in test/bad/stacks a stack, that somebody might have
// written. Beside it lies what muster says of it, to the letter. MUSTER_UPDATE_GOLDEN=1 writes
// these texts anew.
#include <cstdlib>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/text.h"
#include "test/drills/test_catalogue.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

/// Paths in messages are as they were given: relative to the source tree, wherever it lies.
struct InSourceTree {
  InSourceTree() : before(fs::current_path()) { fs::current_path(MUSTER_SOURCE_DIR); }
  ~InSourceTree() { fs::current_path(before); }
  fs::path before;
};

/// A first line "# --set name=value" stands for the command line.
LoadOptions options_in(const std::string& text) {
  LoadOptions options;
  constexpr std::string_view kMark = "# --set ";
  if (!text.starts_with(kMark)) return options;
  const std::string line = text.substr(kMark.size(), text.find('\n') - kMark.size());
  options.set[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  return options;
}

std::string message_of_playbook(const std::string& file) {
  try {
    load_drill(file, test_catalogue(), options_in(read_file(file)));
  } catch (const UsageError& error) {
    return std::string(error.what()) + "\n";
  }
  return "it loads\n";
}

std::string message_of_stack(const std::string& file) {
  try {
    load_stack(file);
  } catch (const UsageError& error) {
    return std::string(error.what()) + "\n";
  }
  return "it loads\n";
}

void check_folder(const fs::path& folder,
                  const fs::path& not_this,
                  std::string (*message_of)(const std::string&)) {
  const InSourceTree here;
  std::size_t count = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml" || entry.path() == not_this) continue;
    ++count;
    const fs::path golden = fs::path(entry.path()).replace_extension(".err");
    const std::string said = message_of(entry.path().string());
    BOOST_TEST(said != "it loads\n", entry.path().string() << " has a mistake, but it loads");
    if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) {
      write_file_atomically(golden, said, 0644);
      continue;
    }
    const std::string expected =
        read_file_if_exists(golden).value_or("(there is no " + golden.string() + ")\n");
    BOOST_TEST(said == expected,
               entry.path().string() << "\nexpected:\n"
                                     << expected << "but muster said:\n"
                                     << said);
  }
  BOOST_TEST(count > 20U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bad)

BOOST_AUTO_TEST_CASE(every_broken_playbook_is_told_what_is_wrong_with_it) {
  check_folder("test/bad", "test/bad/stack.yaml", message_of_playbook);
}

BOOST_AUTO_TEST_CASE(every_broken_stack_is_told_what_is_wrong_with_it) {
  check_folder("test/bad/stacks", "", message_of_stack);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
