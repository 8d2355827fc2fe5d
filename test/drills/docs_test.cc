// What docs/playbook.md shows must be true: its playbooks load with the real kinds, its tables are
// whole.
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "base/text.h"
#include "drills/playbook_tables.h"
#include "faults/fault.h"
#include "probes/probe.h"
#include "test/drills/test_catalogue.h"

namespace muster {

namespace {

std::string page() {
  return read_file(source_path("docs/playbook.md"));
}

std::vector<std::string> yaml_blocks(const std::string& text) {
  std::vector<std::string> blocks;
  constexpr std::string_view kOpen = "\n```yaml\n";
  for (std::size_t at = text.find(kOpen); at != std::string::npos; at = text.find(kOpen, at + 1)) {
    const std::size_t begin = at + kOpen.size();
    blocks.push_back(text.substr(begin, text.find("```", begin) - begin));
  }
  return blocks;
}

/// Writes the blocks that are no playbooks to the files that their first line names: "#
/// stacks/here.yaml".
void write_other_files(const std::vector<std::string>& blocks, const Scratch& scratch) {
  for (const std::string& block : blocks) {
    if (block.starts_with("# ")) scratch.write(block.substr(2, block.find('\n') - 2), block);
  }
  scratch.write("stacks/lab.yaml", read_file(source_path("drills/stacks/lab.yaml")));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(docs)

BOOST_AUTO_TEST_CASE(every_fault_has_its_row_with_its_undo_class) {
  const std::string faults = read_file(source_path("docs/faults.md"));
  for (const KindSpec* fault : fault_specs()) {
    const std::size_t at = faults.find(fmt::format("\n| `{}` |", fault->name));
    BOOST_TEST_REQUIRE(at != std::string::npos, fault->name);
    const std::string row = faults.substr(at + 1, faults.find('\n', at + 1) - at - 1);
    BOOST_TEST(row.ends_with(fmt::format("| {} |", name_of(fault->undo))), row);
  }
}

BOOST_AUTO_TEST_CASE(every_playbook_on_the_page_loads_with_the_real_kinds) {
  const Catalogue catalogue{fault_specs(), probe_specs()};
  const Scratch scratch;
  const std::vector<std::string> blocks = yaml_blocks(page());
  write_other_files(blocks, scratch);
  std::size_t playbooks = 0;
  for (const std::string& block : blocks) {
    if (!block.starts_with("muster: 1")) continue;
    ++playbooks;
    const std::string file = scratch.write(fmt::format("library/{}.yaml", playbooks), block);
    try {
      load_drill(file, catalogue, {});
    } catch (const Error& error) {
      BOOST_ERROR(error.what());
    }
  }
  BOOST_TEST(playbooks == 8U);
}

BOOST_AUTO_TEST_CASE(the_page_has_every_step_and_every_metric) {
  const std::string text = page();
  for (const StepKind& kind : step_kinds()) {
    BOOST_TEST(text.find(fmt::format("\n| `{}:", kind.name)) != std::string::npos, kind.name);
  }
  for (const MetricSpec& metric : metric_catalogue()) {
    BOOST_TEST(text.find(fmt::format("\n| `{}` |", metric.name)) != std::string::npos, metric.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
