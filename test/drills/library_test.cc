#include <filesystem>
#include <set>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "drills/playbook.h"
#include "faults/fault.h"
#include "probes/probe.h"

namespace muster {
namespace {

Duration least_length(const Playbook& playbook) {
  Duration total{};
  for (const Step& step : playbook.steps) {
    if (const auto* baseline = std::get_if<BaselineStep>(&step.action)) total += baseline->length;
    if (const auto* hold = std::get_if<HoldStep>(&step.action)) total += hold->length;
  }
  return total;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(library)

BOOST_AUTO_TEST_CASE(every_shipped_drill_is_read_without_a_mistake_and_fits_the_lab) {
  const Catalogue catalogue{fault_specs(), probe_specs()};
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(MUSTER_SOURCE_DIR "/drills/library")) {
    if (entry.path().extension() != ".yaml") continue;
    BOOST_TEST_CONTEXT(entry.path().filename()) {
      const Drill drill = load_drill(entry.path(), catalogue, {});
      BOOST_TEST(drill.playbook.drill == entry.path().stem().string());
      BOOST_TEST(drill.stack.name == "novvista-lab");
      BOOST_TEST(!drill.playbook.objectives.empty());
      BOOST_TEST((least_length(drill.playbook) <= std::chrono::seconds(30)));
      names.insert(drill.playbook.drill);
    }
  }
  BOOST_TEST(!names.empty());
}

BOOST_AUTO_TEST_CASE(every_shipped_drill_is_explained_and_tried_on_a_good_lab_and_on_a_bad_one) {
  const std::string page = read_file(MUSTER_SOURCE_DIR "/drills/library/README.md");
  const std::string cases = read_file(MUSTER_SOURCE_DIR "/test/lab_drills");
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  for (const auto& entry :
       std::filesystem::directory_iterator(MUSTER_SOURCE_DIR "/drills/library")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().stem();
    BOOST_TEST(has(page, "| [" + name + "](" + name + ".yaml) |"), name);
    BOOST_TEST(has(cases, "(\"" + name + "\", {}, 0, "), name);
    BOOST_TEST(has(cases, "(\"" + name + "\", {\""), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
