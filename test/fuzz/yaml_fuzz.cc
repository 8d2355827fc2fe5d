// What a person writes, as far as the reader of YAML: it gives a tree within its limits, or says
// what is wrong and where, at a place that the text has; nothing else comes out.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "drills/reading.h"
#include "drills/yaml_reader.h"

namespace muster {

namespace {

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct Size {
  std::size_t nodes = 0;
  std::size_t depth = 0;
};

void measure(const YamlNode& node, std::size_t depth, int lines, Size& size) {
  ++size.nodes;
  size.depth = std::max(size.depth, depth);
  demand(node.where.line <= lines, "a value stands on a line of the text");
  for (const YamlNode& item : node.items) measure(item, depth + 1, lines, size);
  for (const YamlEntry& entry : node.entries) measure(entry.value, depth + 1, lines, size);
}

void examine(std::string text) {
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  Reading reading;
  const Source& source = reading.adopt("drill.yaml", std::move(text));
  const auto tree = read_yaml(source, reading);
  if (tree) {
    Size size;
    measure(*tree, 0, lines, size);
    demand(reading.count() > 0 || (size.nodes <= kYamlNodes && size.depth <= kYamlDepth),
           "what is beyond the limits is reported");
  }
  demand(tree || reading.count() > 0, "no tree, no word why");
  try {
    reading.finish();
  } catch (const UsageError& error) {
    demand(std::string_view(error.what()).ends_with("; nothing was run"), "a whole message");
  }
}

}  // namespace

}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::examine(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
