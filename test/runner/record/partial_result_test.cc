// The report of a run whose runner was killed, from what it left: a simulated drill is cut off
// after any record of its journal and any block of its samples.
#include <cstring>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/signature.h"
#include "base/text.h"
#include "reports/formats/formats.h"
#include "reports/gate/signed_result.h"
#include "reports/judge/judge.h"
#include "reports/judge/validity.h"
#include "runner/record/partial_record.h"
#include "runner/record/run_results.h"
#include "store/store.h"
#include "test/runner/scratch_home.h"
#include "test/runner/serve/sim_store.h"
#include "test/runner/sim_run.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBlockHeader = 28;
constexpr std::size_t kPlaceOfSize = 8;

/// Writes the samples of a run as its runner did.
void write_samples(const RunRecord& record, const fs::path& path) {
  const auto file = create_sample_file(path);
  for (std::size_t i = 1; i < record.texts.size(); ++i)
    file->add_text(static_cast<std::uint16_t>(i), record.texts[i]);
  for (const SampleSeries& series : record.series) {
    for (const Sample& sample : series.samples) file->add(series.probe, series.vantage, sample);
  }
  file->flush();
}

/// One good run, and what it left on disk.
struct Left {
  ScratchHome home;
  SimRunEnd run = SimRun{}();
  fs::path samples = home.path / "samples";
  std::vector<std::string> lines;

  Left() {
    write_samples(run.record, samples);
    lines = split(run.journal, '\n');
    lines.pop_back();
  }

  std::string journal_until(std::size_t count) const {
    return join({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count)}, "\n") +
           (count > 0 ? "\n" : "");
  }
  /// How many records the journal has until the first of this kind, with it.
  std::size_t through(std::string_view kind) const {
    const auto records = parse_journal(run.journal).records;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].kind == kind) return i + 1;
    }
    fail("the journal has no record {}", kind);
  }
  Result judged(std::string_view journal) const {
    return judge(partial_record(parse_journal(journal), read_sample_file(samples)));
  }
  /// Of the journal until its first `count` records, as recover goes on with it.
  std::string recovered(std::size_t count, Undone::State state) const {
    const fs::path path = home.path / "journal";
    write_file_atomically(path, journal_until(count));
    Journal journal = Journal::reopen(path);
    journal.append("recovering", json::object{{"at", "2026-11-26T12:00:00Z"}}, false);
    for (const OpenChange& open : trace_journal(read_journal(path)).open) {
      Undone undone;
      undone.state = state;
      undone.evidence = "it is gone";
      journal.append("undone", undone_record(open.change, undone), true);
    }
    journal.append("closed", {}, true);
    return read_file(path);
  }
  /// The directory of a run that left this journal.
  fs::path directory(std::string_view journal) const {
    const fs::path path = runs_directory() / run.record.id;
    make_private_directories(path);
    write_file_atomically(path / "journal", journal);
    fs::copy_file(samples, path / "samples", fs::copy_options::skip_existing);
    return path;
  }
};

std::vector<std::string> cuts_at_blocks(const std::string& bytes) {
  std::vector<std::string> cuts{""};
  for (std::size_t at = 0; at + kBlockHeader <= bytes.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes.data() + at + kPlaceOfSize, sizeof size);
    at += kBlockHeader + size;
    cuts.push_back(bytes.substr(0, at));
  }
  return cuts;
}

/// The same, closed on a person's word.
std::string given_up(const Left& left, std::size_t count) {
  const fs::path path = left.home.path / "journal";
  write_file_atomically(path, left.journal_until(count));
  Journal journal = Journal::reopen(path);
  journal.append("given-up",
                 json::object{{"at", "2026-11-26T12:00:00Z"},
                              {"who", "alice (uid 1000)"},
                              {"why", "app-us was scrapped"},
                              {"changes", json::array{}}},
                 true);
  journal.append("closed", {}, true);
  return read_file(path);
}

/// What must hold for every one of them.
void examine(const Result& result, const JournalContent& journal) {
  const bool open = !trace_journal(journal).open.empty() || journal.damaged;
  BOOST_TEST(result.verdict.status == (open ? "broken" : "interrupted"));
  BOOST_TEST(result.verdict.exit_code == (open ? 4 : 130));
  BOOST_TEST(partial_clause(result) != nullptr);
  const bool ended = std::ranges::any_of(
      journal.records, [](const JournalRecord& record) { return record.kind == "ended"; });
  BOOST_TEST(result.verdict.detail.starts_with(ended ? "Partial: the drill came to its end, but"
                                                     : "Partial: the runner was killed at "));
  BOOST_TEST(result.run.state == "interrupted");
}

/// A result without what a killed runner makes different.
json::object measured(const Result& result) {
  json::object object = to_json(result);
  for (const char* key : {"verdict", "validity", "samples"}) object.erase(key);
  object["run"].as_object().erase("state");
  object["run"].as_object().erase("abort");
  return object;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(partial_result, Left)

BOOST_AUTO_TEST_CASE(the_journal_and_the_samples_of_a_whole_run_say_all_that_was_judged) {
  const json::object whole = measured(run.result);
  const json::object partial = measured(judged(run.journal));
  BOOST_TEST(run.result.verdict.status == "pass");
  for (const auto& [key, value] : whole)
    BOOST_TEST(compact_json(partial.at(key)) == compact_json(value), std::string(key));
}

BOOST_AUTO_TEST_CASE(cut_off_anywhere_it_is_judged_and_is_never_a_pass) {
  const std::vector<std::string> blocks = cuts_at_blocks(read_file(samples));
  BOOST_TEST(blocks.size() > 15U);
  BOOST_TEST(lines.size() > 15U);
  std::vector<SampleFileContent> contents;
  for (const std::string& bytes : blocks) {
    // Torn within the next block.
    write_file_atomically(samples, bytes + blocks.back().substr(0, 40));
    contents.push_back(read_sample_file(samples));
  }
  for (std::size_t count = 0; count <= lines.size(); ++count) {
    std::string text = journal_until(count);
    if (count < lines.size()) text += lines[count].substr(0, lines[count].size() / 2);
    const JournalContent journal = parse_journal(text);
    for (const SampleFileContent& content : contents)
      examine(judge(partial_record(journal, content)), journal);
  }
}

BOOST_AUTO_TEST_CASE(cut_off_anywhere_every_format_can_show_it) {
  for (std::size_t count = 0; count <= lines.size(); ++count) {
    const Result result = judged(journal_until(count));
    BOOST_TEST(pretty_json(to_json(result_from_json(to_json(result)))) ==
               pretty_json(to_json(result)));
    for (const ReportFormat& format : report_formats())
      BOOST_TEST(!format.render(result).empty(), std::string(format.name));
  }
}

BOOST_AUTO_TEST_CASE(a_change_that_was_intended_and_never_told_of_may_be_in_force) {
  const Result result = judged(journal_until(through("intent")));
  BOOST_TEST(result.verdict.exit_code == 4);
  BOOST_TEST(result.verdict.headline.find("the journal ends before its undo") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_headline_says_who_put_it_back) {
  const std::size_t applied = through("applied");
  const Result guard = judged(recovered(applied, Undone::State::CleanByGuard));
  const Result recover = judged(recovered(applied, Undone::State::Clean));
  BOOST_TEST(guard.verdict.exit_code == 130);
  BOOST_TEST(guard.verdict.headline.ends_with("everything was undone by the guard."));
  BOOST_TEST(recover.verdict.headline.ends_with("everything was undone by recover."));
  BOOST_TEST(recover.verdict.headline.starts_with("Interrupted: the runner was killed at +"));
  BOOST_TEST(recover.actions.at(0).undo_verified);
  BOOST_TEST(!recover.actions.at(0).undone_s);  // nobody watched when
  BOOST_TEST(
      render_text(recover, false).find("undone unwatched (clean), seen: recover, 2026-11-26") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_recover_could_not_undo_is_broken) {
  const Result result = judged(recovered(through("applied"), Undone::State::Conflict));
  BOOST_TEST(result.verdict.status == "broken");
  BOOST_TEST(result.verdict.headline.find("it is gone") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_journal_may_have_held_anything) {
  std::vector<std::string> damaged = lines;
  damaged.resize(through("baseline"));
  damaged.erase(damaged.begin() + 2);
  const JournalContent journal = parse_journal(join(damaged, "\n") + "\n");
  BOOST_TEST(journal.damaged);
  examine(judge(partial_record(journal, read_sample_file(samples))), journal);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_given_up_stays_broken_and_says_by_whom) {
  const Result result = judged(given_up(*this, through("applied")));
  BOOST_TEST(result.verdict.exit_code == 4);
  BOOST_TEST(result.verdict.status == "broken");
  BOOST_TEST(
      pretty_json(to_json(result))
          .find("; given up by alice (uid 1000), 2026-11-26T12:00:00Z: app-us was scrapped") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_run_that_was_given_up_stays_broken) {
  std::string text = given_up(*this, through("opening"));
  BOOST_TEST(judge(partial_record(parse_journal(text), {})).verdict.exit_code == 130);
  text.erase(0, text.find('\n') + 1);
  BOOST_TEST(parse_journal(text).damaged);
  BOOST_TEST(judge(partial_record(parse_journal(text), {})).verdict.exit_code == 4);
}

BOOST_AUTO_TEST_CASE(journals_of_an_earlier_muster_are_read_as_far_as_they_say) {
  const fs::path path = home.path / "journal";
  {
    Journal journal = Journal::create(path);
    for (JournalRecord& record : parse_journal(run.journal).records) {
      for (const char* key : {"kind", "began", "ended", "observed", "source", "ref"})
        record.detail.erase(key);
      if (record.kind == "applied") record.detail.erase("evidence");
      for (const char* kind : {"run-started", "intent", "applied", "undone", "event"}) {
        if (record.kind == kind) journal.append(kind, record.detail, false);
      }
    }
  }
  const Result result = judged(read_file(path));
  BOOST_TEST(result.verdict.status == "interrupted");
  BOOST_TEST(result.run.drill == "small");
  BOOST_TEST(result.actions.size() == run.result.actions.size());
  BOOST_TEST(result.run.injected_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_run_without_any_samples_has_a_report) {
  const Result result = judge(partial_record(parse_journal(journal_until(through("applied"))), {}));
  BOOST_TEST(result.verdict.status == "broken");
}

BOOST_AUTO_TEST_CASE(what_is_kept_of_a_killed_run_is_remembered_and_mended_later) {
  const std::size_t applied = through("applied");
  const auto store = open_store("sqlite:" + (home.path / "history.db").string());
  History& history = store->history();
  const auto path = directory(recovered(applied, Undone::State::Conflict));
  BOOST_TEST(keep_result_of_killed(*store, path));
  BOOST_TEST(history.run(run.record.id)->status == "broken");
  directory(recovered(applied, Undone::State::CleanByGuard));
  BOOST_TEST(keep_result_of_killed(*store, path));
  BOOST_TEST(history.run(run.record.id)->status == "interrupted");
  BOOST_TEST(history.runs("small", 10).size() == 1U);
  BOOST_TEST(fs::exists(path / "report.html"));
  BOOST_TEST(result_of_run(path).verdict.status == "interrupted");
}

BOOST_AUTO_TEST_CASE(a_run_that_broke_off_by_itself_says_why_and_what_may_be_in_force) {
  const auto path = directory(journal_until(through("applied")));
  const Result result = result_of_broken_off(path, "no room on the disk");
  BOOST_TEST(result.verdict.exit_code == 4);
  BOOST_TEST(result.verdict.detail.starts_with("Partial: no room on the disk"));
  BOOST_TEST(something_was_tried(path));
  directory(journal_until(2));
  BOOST_TEST(!something_was_tried(path));
}

BOOST_AUTO_TEST_CASE(a_sick_history_costs_no_result) {
  const SystemClock clock;
  SimStore sick(clock);
  sick.away = true;
  const auto path = directory(run.journal);
  Result whole = run.result;
  BOOST_TEST(keep_result(sick, path, whole).find("the store is away") != std::string::npos);
  BOOST_TEST(result_of_run(path).verdict.status == "pass");
  BOOST_TEST(fs::exists(path / "report.html"));
}

BOOST_AUTO_TEST_CASE(a_closed_run_that_tried_something_is_not_called_one_that_drilled_nothing) {
  const auto path = directory(run.journal);
  Journal journal = Journal::reopen(path / "journal");
  journal.append("closed", {}, true);
  const Result result = result_of_run(path);
  BOOST_TEST(result.verdict.status == "interrupted");
  BOOST_TEST(!result.actions.empty());
}

BOOST_AUTO_TEST_CASE(a_kept_result_is_signed_by_its_home_byte_for_byte) {
  const auto store = open_store("sqlite:" + (home.path / "history.db").string());
  const auto path = directory(run.journal);
  Result whole = run.result;
  BOOST_TEST(keep_result(*store, path, whole).empty());
  TrustedKeys trusted;
  trusted.add(public_key_file(signing_key_file()));
  const std::string text = read_file(path / "result.json");
  BOOST_TEST(result_complaint(text, read_file(path / "result.sig"), trusted) == "");
  BOOST_TEST(result_complaint(text + " ", read_file(path / "result.sig"), trusted) != "");
  const auto remembered = store->history().run(whole.run.id);
  BOOST_TEST(remembered->result_digest == sha256(text));
  BOOST_TEST(store->result(whole.run.id)->text == text);
}

BOOST_AUTO_TEST_CASE(what_a_runner_kept_itself_is_left_alone) {
  const auto store = open_store("sqlite:" + (home.path / "history.db").string());
  const auto path = directory(run.journal);
  Result whole = run.result;
  BOOST_TEST(keep_result(*store, path, whole).empty());
  BOOST_TEST(!keep_result_of_killed(*store, path));
  BOOST_TEST(result_of_run(path).verdict.status == "pass");
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_or_never_began_has_no_report) {
  const auto says = [](std::string_view text) {
    return [text](const Error& error) {
      return std::string_view(error.what()).find(text) != std::string_view::npos;
    };
  };
  // Its runner is this process.
  const auto path = directory(journal_until(through("applied")));
  BOOST_CHECK_EXCEPTION(result_of_run(path), Error, says("still running"));
  Journal journal = Journal::reopen(directory(journal_until(2)) / "journal");
  journal.append("closed", json::object{{"why", "the host does not allow it"}}, true);
  BOOST_CHECK_EXCEPTION(result_of_run(path), Error, says("the host does not allow it"));
  directory("");
  BOOST_CHECK_EXCEPTION(result_of_run(path), Error, says("before it had begun"));
}

BOOST_AUTO_TEST_SUITE_END()
