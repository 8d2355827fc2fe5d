// A whole playbook with the fragments that it includes and the stack that it names: it is loaded,
// or refused with all that is wrong with it; nothing else comes out, and the same text loads as the
// same drill again.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "test/drills/test_catalogue.h"
#include "test/fuzz/fuzz_folder.h"

namespace muster {

namespace {

namespace fs = std::filesystem;

/// Ends the playbook in an input; a fragment and a stack of the input's own may follow.
constexpr char kNextFile = '\f';
constexpr const char* kOwnFragment = "parts/own.yaml";
constexpr const char* kOwnStack = "own_stack.yaml";

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// The folders of the tree that playbooks name files in, under names that are in reach of all of
/// test/good, test/bad and the library.
class Files {
 public:
  Files() {
    for (const char* folder : {"drills/parts", "bad", "stacks"})
      fs::create_directories(scratch_ / folder);
    for (const char* folder : {"test/bad/parts", "test/good/parts"}) {
      for (const fs::directory_entry& entry : fs::directory_iterator(source_path(folder)))
        copy(entry.path(), "drills/parts/" + entry.path().filename().string());
    }
    copy(source_path("test/bad/stack.yaml"), "drills/stack.yaml");
    copy(source_path("test/bad/stack.yaml"), "bad/stack.yaml");
    copy(source_path("drills/stacks/lab.yaml"), "stacks/lab.yaml");
  }

  /// Writes what an input holds; returns the file of its playbook.
  std::string write(std::string_view input) const {
    const std::string_view playbook = taken(input);
    scratch_.write(std::string("drills/") + kOwnFragment, taken(input));
    scratch_.write(std::string("drills/") + kOwnStack, input);
    return scratch_.write("drills/drill.yaml", playbook).string();
  }

 private:
  static std::string_view taken(std::string_view& input) {
    const std::size_t end = std::min(input.find(kNextFile), input.size());
    const std::string_view first = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return first;
  }

  void copy(const fs::path& from, const std::string& to) const {
    scratch_.write(to, read_file(from));
  }

  FuzzFolder scratch_;
};

std::optional<Drill> load(const std::string& file) {
  static const Catalogue kCatalogue = test_catalogue();
  try {
    return load_drill(file, kCatalogue, {});
  } catch (const UsageError& error) {
    const std::string_view said = error.what();
    demand(said.ends_with("; nothing was run"), "a whole message");
    demand(said.find(".yaml") != std::string_view::npos, "a message names a file");
  } catch (const Error& error) {
    // A file that is there and cannot be read, such as a device.
    demand(std::string_view(error.what()).starts_with("cannot read "), "an error of the reading");
  }
  return std::nullopt;
}

void expect_in_order(const Drill& drill) {
  const Playbook& playbook = drill.playbook;
  demand(!playbook.steps.empty(), "a drill has steps");
  demand(!playbook.drill.empty(), "a drill has a name");
  demand(playbook.trials >= 1, "a drill is tried");
  demand(!drill.stack.name.empty(), "a drill has a stack");
  demand(playbook.digest.starts_with("sha256:"), "a drill has a digest");
  for (const Step& step : playbook.steps) {
    demand(step.where.line > 0, "a step stands somewhere");
    demand(!step.title().empty(), "a step has a title");
  }
}

void examine(std::string_view input) {
  static const Files kFiles;
  const std::string file = kFiles.write(input);
  const std::optional<Drill> drill = load(file);
  if (!drill) return;
  expect_in_order(*drill);
  const std::optional<Drill> again = load(file);
  demand(again && again->playbook.digest == drill->playbook.digest &&
             again->playbook.series_key == drill->playbook.series_key,
         "the same text is the same drill");
}

}  // namespace

}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::examine(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
