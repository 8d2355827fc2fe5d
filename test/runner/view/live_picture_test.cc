#include "runner/view/live_picture.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include <boost/test/unit_test.hpp>

#include "base/columns.h"
#include "base/files.h"
#include "base/text.h"

using namespace muster;
using namespace std::chrono_literals;
using Kind = LiveMilestone::Kind;

namespace {

constexpr Time kStart{1000s};
constexpr Time kInjected = kStart + 20s;
constexpr Time kNow = kInjected + 21300ms;

/// Bins of 200 ms from the start: every request fails by `share` from the injection on.
std::vector<LiveBin> bins_with(double share) {
  std::vector<LiveBin> bins;
  for (Time at = kStart; at < kNow; at += 200ms) {
    const bool hurt = at >= kInjected;
    bins.push_back({100, hurt ? static_cast<std::uint32_t>(share * 100) : 0});
  }
  return bins;
}

/// A picture together with what its rows only refer to.
struct Scene {
  Picture picture;
  std::vector<std::vector<LiveBin>> bins;

  void add_row(const std::string& probe, const std::string& vantage, double share) {
    bins.push_back(bins_with(share));
    LiveRow row;
    row.probe = probe;
    row.vantage = vantage;
    row.requests = 1000;
    row.failed = static_cast<std::uint64_t>(share * 1000);
    row.p50 = share > 0.5 ? Duration::max() : 21ms;
    row.p99 = share > 0.01 ? Duration::max() : 146ms;
    row.strip = {kStart, 200ms, {}};
    row.served_by = "eu-west";
    picture.now.rows.push_back(row);
    for (std::size_t i = 0; i < bins.size(); ++i) picture.now.rows[i].strip.bins = bins[i];
  }
  std::vector<std::string> draw(int columns = 80, int rows = 24, bool colours = false) const {
    return draw_picture(picture, {columns, rows}, colours);
  }
  std::string text(int columns = 80, int rows = 24) const {
    return join(draw(columns, rows), "\n") + "\n";
  }
};

Scene failing_over() {
  Scene scene;
  Picture& picture = scene.picture;
  picture.head = {"drain-us-east",
                  "novvista",
                  "lab",
                  "01KA3H6Q9T3V8Y2N5W7B4C6D8E",
                  146,
                  1,
                  1,
                  7,
                  UtcTime(1'763'129'500s),
                  kStart};
  picture.now.step = "await failover of readers, 21.3 s of 60s";
  picture.now.now = kNow;
  picture.now.injected = kInjected;
  picture.now.in_force = {"force us-east down on ns1", "block the replica's stream on db-eu"};
  picture.now.milestones = {{Kind::Baseline, "", 20s, kStart, 20s},
                            {Kind::Injected, "", {}, kInjected - 300ms, 300ms},
                            {Kind::Detected, "dns", 15s, kInjected, 11400ms},
                            {Kind::FailedOver, "readers", 30s, kInjected, {}},
                            {Kind::Undone, "", {}, {}, {}},
                            {Kind::Recovered, "readers", 60s, {}, {}}};
  scene.add_row("readers", "client-us", 0.78);
  scene.add_row("readers", "client-eu", 0.32);
  scene.add_row("readers", "client-ap", 0);
  picture.now.writes = {71204, 3, 4118};
  picture.now.lag = {400us, 0, false};
  picture.now.stop_limits = {
      {"error_ratio of readers over 10 s > 90 % for 20 s", "78 %", false, {}}};
  picture.events = {{kStart, "note", "measuring the baseline for 20s"},
                    {kInjected, "fault", "ns1: force us-east down"},
                    {kInjected, "fault", "db-eu: block the replica's stream"},
                    {kInjected + 200ms, "impact", "first failed request of readers  200 ms"},
                    {kInjected + 11400ms, "detected", "first sign in the control plane"}};
  return scene;
}

void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file =
      std::filesystem::path(MUSTER_SOURCE_DIR) / "test/golden/live" / (name + ".txt");
  if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(file.parent_path());
    write_file_atomically(file, text, 0644);
  }
  BOOST_TEST(text == read_file(file), name << " differs; MUSTER_UPDATE_GOLDEN=1 rewrites it");
}

bool has_line(const Scene& scene, std::string_view text) {
  return std::ranges::any_of(
      scene.draw(), [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_picture)

BOOST_AUTO_TEST_CASE(it_looks_as_it_should) {
  check_golden("failing-over", failing_over().text());
  check_golden("failing-over-wide", failing_over().text(120, 32));
  Scene stopping = failing_over();
  stopping.picture.now.stopping = "aborted by a person (key a)";
  stopping.picture.notices = {"stopping: everything is being undone; again shows what is left"};
  check_golden("stopping", stopping.text());
}

BOOST_AUTO_TEST_CASE(it_fills_every_screen_and_no_row_is_wider) {
  Scene scene = failing_over();
  for (int i = 0; i < 20; ++i)
    scene.add_row("writers-of-comments", "client-in-asia", 0.1 * (i % 9));
  for (const auto& [columns, rows] :
       {std::pair(80, 24), {81, 25}, {100, 30}, {132, 43}, {300, 90}}) {
    const auto lines = scene.draw(columns, rows);
    BOOST_TEST(lines.size() == static_cast<std::size_t>(rows));
    for (const std::string& line : lines)
      BOOST_TEST(columns_of(line) <= static_cast<std::size_t>(columns), line);
    BOOST_TEST(lines.back().find("a abort and undo") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_injection_is_one_column_in_every_row) {
  Scene scene = failing_over();
  scene.add_row("writers", "client-us", 1);
  std::size_t places = 0;
  std::size_t column = 0;
  for (const std::string& line : scene.draw()) {
    const std::size_t at = line.find("│");
    if (at == std::string::npos) continue;
    const std::size_t here = columns_of(line.substr(0, at));
    if (places++ == 0) column = here;
    BOOST_TEST(here == column);
  }
  BOOST_TEST(places == 4u);
}

BOOST_AUTO_TEST_CASE(the_worst_come_first_where_not_all_have_room) {
  Scene scene = failing_over();
  for (int i = 0; i < 20; ++i) scene.add_row("writers", "client-" + std::to_string(i), 0);
  scene.add_row("writers", "client-worst", 0.99);
  const auto lines = scene.draw();
  const auto first = std::ranges::find_if(
      lines, [](const std::string& line) { return line.find("│") != std::string::npos; });
  BOOST_REQUIRE(first != lines.end());
  BOOST_TEST(first->find("writers client-worst") != std::string::npos);
  BOOST_TEST(has_line(scene, " more"));
  BOOST_TEST(has_line(scene, "readers client-us"));
}

BOOST_AUTO_TEST_CASE(nothing_of_the_system_under_test_reaches_the_terminal_as_it_is) {
  Scene scene = failing_over();
  const std::string evil = "x\x1b]0;owned\x07\x1b[31m\r\n\u202e";
  Picture& picture = scene.picture;
  picture.head.drill = picture.head.stack = evil;
  picture.now.step = picture.now.stopping = evil;
  picture.now.in_force = {evil};
  picture.now.stop_limits[0].text = evil;
  picture.now.milestones[3].probe = evil;
  for (LiveRow& row : picture.now.rows) row.probe = row.vantage = row.served_by = evil;
  picture.events.push_back({kNow, evil, evil});
  picture.notices = {evil};
  picture.question = evil;
  for (const std::string& line : scene.draw(120, 40)) {
    BOOST_TEST(std::ranges::none_of(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
    BOOST_TEST(line.find("\u202e") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(colour_changes_nothing_but_the_colour) {
  const Scene scene = failing_over();
  const auto plain = scene.draw();
  auto coloured = scene.draw(80, 24, true);
  BOOST_TEST((plain != coloured));
  for (std::string& line : coloured) {
    for (std::size_t at = line.find('\x1b'); at != std::string::npos; at = line.find('\x1b'))
      line.erase(at, line.find('m', at) - at + 1);
  }
  BOOST_TEST((plain == coloured));
}

BOOST_AUTO_TEST_CASE(a_milestone_over_its_budget_says_so_in_words_and_signs) {
  Scene scene = failing_over();
  BOOST_TEST(has_line(scene, "▸ failover 21 s of 30 s"));
  BOOST_TEST(!has_line(scene, "OVER"));
  scene.picture.now.milestones[3].budget = 20s;
  BOOST_TEST(has_line(scene, "▸ failover 21 s of 20 s, OVER"));
  scene.picture.now.milestones[3].took = 20500ms;
  BOOST_TEST(has_line(scene, "✗ failover 20.5 s of 20 s"));
}

BOOST_AUTO_TEST_CASE(late_probes_are_named) {
  Scene scene = failing_over();
  BOOST_TEST(has_line(scene, "probes on time (lag p99 0.40 ms)"));
  scene.picture.now.lag = {30ms, 12, true};
  BOOST_TEST(has_line(scene, "PROBES LATE (lag p99 30 ms, 12 not sent)"));
}

BOOST_AUTO_TEST_CASE(a_question_takes_the_line_of_the_keys) {
  Scene scene = failing_over();
  scene.picture.question = "Is the region drained?";
  BOOST_TEST(scene.draw().back() == " Is the region drained?  y yes   n no");
}

BOOST_AUTO_TEST_CASE(a_drill_without_probes_or_faults_has_a_picture_too) {
  Picture picture;
  picture.head.started_utc = UtcTime(1'763'129'500s);
  BOOST_TEST(draw_picture(picture, {80, 24}, true).size() == 24u);
}

BOOST_AUTO_TEST_SUITE_END()
