#include "base/text.h"

#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "reports/formats/formats.h"
#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

RecordBuilder drained() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13200ms, 100)
      .good("readers", "client-us", 13200ms, 40s, 100)
      .fault(10s)
      .undo(30s)
      .agent("client-us")
      .objective("time_to_failover", "readers", 30)
      .objective("unavailable_seconds", "readers", 5);
  run.record().predicted = {{"detect", "gdnsd: fall 2 x interval 2 s", 2s, 4s},
                            {"propagate", "ttl 6 s", 0s, 6s}};
  return run;
}

Result failed() {
  RecordBuilder run = drained();
  run.record().playbook.objectives[0].max = 2;
  run.kind(SampleKind::Write).good("comments", "client-us", 1s, 2s, 10);
  for (int number = 0; number < 2; ++number) {
    Sample read;
    read.due = read.sent = read.done = at(39s);
    read.kind = SampleKind::ReadBack;
    read.value = 0;
    read.text = run.text("client-us");
    read.outcome = Outcome::WrongBody;
    run.sample("comments", "client-us", read);
  }
  return run.objective("lost_writes", "comments", 0).judged();
}

Result broken() {
  RecordBuilder run = drained();
  run.record().actions[0].undone->state = Undone::State::Conflict;
  run.record().actions[0].undone->evidence = "the file is not what muster wrote";
  run.record().actions[0].undone->residue = {"/run/lab/admin_state was changed by another"};
  return run.judged();
}

Result aborted() {
  RecordBuilder run = drained();
  run.record().state = RunState::Aborted;
  run.record().abort_reason = "error_ratio of readers was over 90 % for 20 s";
  return run.judged();
}

Result inconclusive() {
  RecordBuilder run = drained();
  run.record().agents[0].sent = 500;
  return run.judged();
}

/// MUSTER_UPDATE_GOLDEN=1 rewrites the files.
void check_golden(const std::string& name, const std::string& text) {
  const std::string file = std::string(MUSTER_SOURCE_DIR) + "/test/golden/text/" + name + ".txt";
  if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) write_file_atomically(file, text, 0644);
  BOOST_TEST(text == read_file(file), name << " differs; MUSTER_UPDATE_GOLDEN=1 rewrites it");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(text_report)

BOOST_AUTO_TEST_CASE(every_verdict_reads_as_it_did) {
  check_golden("pass", render_text(drained().judged(), false));
  check_golden("fail", render_text(failed(), false));
  check_golden("broken", render_text(broken(), false));
  check_golden("aborted", render_text(aborted(), false));
  check_golden("inconclusive", render_text(inconclusive(), false));
}

BOOST_AUTO_TEST_CASE(no_line_is_longer_than_100_columns_and_none_ends_in_a_blank) {
  for (const Result& result : {drained().judged(), failed(), broken(), aborted(), inconclusive()}) {
    for (const std::string& line : split(render_text(result, false), '\n')) {
      BOOST_TEST(line.size() <= 100u, line);
      BOOST_TEST(!line.ends_with(' '), line);
    }
  }
}

BOOST_AUTO_TEST_CASE(colour_adds_nothing_but_colour) {
  std::string coloured = render_text(failed(), true);
  BOOST_TEST(coloured.find("\x1b[31mFAIL\x1b[0m") != std::string::npos);
  for (std::size_t at = coloured.find('\x1b'); at != std::string::npos;
       at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  BOOST_TEST(coloured == render_text(failed(), false));
}

BOOST_AUTO_TEST_CASE(what_the_system_said_cannot_steer_the_terminal) {
  Result result = broken();
  result.actions[0].evidence = "\x1b[2J\x1b]0;owned\x07";
  result.verdict.headline = "two\nlines";
  const std::string text = render_text(result, false);
  BOOST_TEST(text.find('\x1b') == std::string::npos);
  BOOST_TEST(text.find('\x07') == std::string::npos);
  BOOST_TEST(text.find("two lines") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(how_long_each_step_took_people_is_said) {
  RecordBuilder run = drained();
  BOOST_TEST(render_text(run.judged(), false).find("Steps by people") == std::string::npos);
  run.record().checks.push_back({"ask", "Promote it", true, at(20s), 42s, "yes after 42.0 s"});
  const std::string text = render_text(run.judged(), false);
  BOOST_TEST(text.find("Steps by people\n  done Promote it (yes after 42.0 s)\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_empty_result_is_printed_without_harm) {
  BOOST_TEST(!render_text(Result{}, false).empty());
}

BOOST_AUTO_TEST_CASE(every_format_is_found_by_its_name) {
  for (const ReportFormat& format : report_formats())
    BOOST_TEST(report_format(format.name) == &format);
  BOOST_TEST(report_format("pdf") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
