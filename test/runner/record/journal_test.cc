#include "runner/record/journal.h"

#include <filesystem>
#include <fstream>
#include <functional>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

struct JournalFile {
  fs::path folder;
  fs::path path;
  JournalFile() {
    std::string name = (fs::temp_directory_path() / "muster-journal-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    path = folder / "journal";
    Journal journal = Journal::create(path);
    for (int i = 0; i < 3; ++i) journal.append("event", json::object{{"number", i}}, i == 2);
  }
  ~JournalFile() { fs::remove_all(folder); }
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  void overwrite(std::string_view text) const { std::ofstream(path, std::ios::binary) << text; }
  std::vector<std::string> lines() const {
    std::vector<std::string> all = split(read_file(path), '\n');
    all.pop_back();
    return all;
  }
  JournalContent read_lines(const std::vector<std::string>& all) const {
    overwrite(join(all, "\n") + "\n");
    return read_journal(path);
  }
};

constexpr int kNotPermitted = 77;

/// Runs `body` in a child on a file system of `kilobytes`, which it finds at the path it is given;
/// what it returned, or kNotPermitted.
int on_a_small_disk(const fs::path& where,
                    int kilobytes,
                    const std::function<int(const fs::path&)>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int spaces = CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER);
    const std::string size = fmt::format("size={}k", kilobytes);
    const bool mounted = ::unshare(spaces) == 0 &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", where.c_str(), "tmpfs", 0, size.c_str()) == 0;
    int result = 99;
    try {
      result = mounted ? body(where) : kNotPermitted;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(result);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

void fill_disk(const fs::path& folder) {
  std::ofstream file(folder / "fill", std::ios::binary);
  const std::string block(4096, 'x');
  while (file.write(block.data(), 4096).flush()) {
  }
}

bool appends(Journal& journal, bool durable) {
  try {
    journal.append("event", json::object{{"text", std::string(500, 'x')}}, durable);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(journal, JournalFile)

BOOST_AUTO_TEST_CASE(what_was_appended_is_read_back_in_order) {
  const JournalContent content = read_journal(path);
  BOOST_TEST(content.records.size() == 3U);
  BOOST_TEST(content.records[2].sequence == 3U);
  BOOST_TEST(integer_at(content.records[2].detail, "number") == 2);
  BOOST_TEST(!content.torn);
  BOOST_TEST(!content.damaged);
}

BOOST_AUTO_TEST_CASE(a_record_cut_off_at_any_byte_of_the_end_is_a_torn_write) {
  const std::string whole = read_file(path);
  const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t length = last + 1; length < whole.size(); ++length) {
    overwrite(std::string_view(whole).substr(0, length));
    const JournalContent content = read_journal(path);
    BOOST_TEST(content.records.size() == 2U);
    BOOST_TEST(content.torn);
    BOOST_TEST(!content.damaged);
  }
}

BOOST_AUTO_TEST_CASE(any_changed_byte_before_a_good_record_is_damage) {
  const std::string whole = read_file(path);
  const std::size_t first_line = whole.find('\n');
  for (std::size_t i = 0; i < first_line; ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    overwrite(changed);
    BOOST_TEST(read_journal(path).damaged, "byte " << i);
  }
}

BOOST_AUTO_TEST_CASE(a_torn_journal_is_mended_and_goes_on) {
  const std::string whole = read_file(path);
  overwrite(std::string_view(whole).substr(0, whole.size() - 5));
  Journal::reopen(path).append("closed", {}, true);
  const JournalContent content = read_journal(path);
  BOOST_TEST(!content.torn);
  BOOST_TEST(!content.damaged);
  BOOST_TEST(content.records.back().kind == "closed");
}

BOOST_AUTO_TEST_CASE(a_record_that_was_taken_away_moved_or_put_in_is_damage) {
  const std::vector<std::string> all = lines();
  BOOST_TEST(!read_lines(all).damaged);
  BOOST_TEST(read_lines({all[0], all[2]}).damaged);
  BOOST_TEST(read_lines({all[1], all[2]}).damaged);
  BOOST_TEST(read_lines({all[1], all[0], all[2]}).damaged);
  BOOST_TEST(read_lines({all[0], all[1], all[1], all[2]}).damaged);
  // The end alone may be missing: nobody can tell that from a crash before it was written.
  BOOST_TEST(!read_lines({all[0], all[1]}).damaged);
}

BOOST_AUTO_TEST_CASE(a_record_of_another_run_is_damage) {
  const std::vector<std::string> mine = lines();
  const fs::path other = folder / "other";
  {
    Journal journal = Journal::create(other);
    for (int i = 7; i < 10; ++i) journal.append("event", json::object{{"number", i}}, false);
  }
  const std::vector<std::string> theirs = split(read_file(other), '\n');
  BOOST_TEST(read_lines({mine[0], theirs[1], mine[2]}).damaged);
}

BOOST_AUTO_TEST_CASE(a_damaged_journal_with_a_torn_end_loses_nothing_when_it_goes_on) {
  const std::vector<std::string> all = lines();
  overwrite(all[0] + "\n" + all[2] + "\n" + all[1].substr(0, 30));
  Journal::reopen(path).append("closed", {}, true);
  const JournalContent content = read_journal(path);
  BOOST_TEST(content.damaged);
  BOOST_TEST(!content.torn);
  BOOST_TEST(content.records.size() == 3U);
  BOOST_TEST(content.records.back().kind == "closed");
}

BOOST_AUTO_TEST_CASE(the_room_that_was_set_aside_is_given_back) {
  BOOST_TEST(fs::file_size(path) == read_journal(path).good_bytes);
}

BOOST_AUTO_TEST_CASE(no_journal_is_begun_on_a_full_disk) {
  const int result = on_a_small_disk(folder, 128, [](const fs::path& disk) {
    try {
      Journal::create(disk / "journal");
    } catch (const Error& error) {
      return std::string(error.what()).find("No space left") != std::string::npos ? 0 : 1;
    }
    return 2;
  });
  BOOST_TEST((result == 0 || result == kNotPermitted), "result " << result);
}

BOOST_AUTO_TEST_CASE(on_a_disk_that_fills_up_the_undo_still_finds_its_place) {
  const int result = on_a_small_disk(folder, 400, [](const fs::path& disk) {
    Journal journal = Journal::create(disk / "journal");
    fill_disk(disk);
    int events = 0;
    while (appends(journal, false)) ++events;
    if (events < 10) return 1;
    for (int i = 0; i < 60; ++i)
      if (!appends(journal, true)) return 2;
    const JournalContent content = read_journal(disk / "journal");
    return content.torn || content.damaged ? 3 : 0;
  });
  BOOST_TEST_INFO("1: events found no place, 2: the room for undos was gone, 3: half a record");
  BOOST_TEST((result == 0 || result == kNotPermitted), "result " << result);
}

BOOST_AUTO_TEST_CASE(a_journal_is_never_written_over) {
  BOOST_CHECK_THROW(Journal::create(path), Error);
}

BOOST_AUTO_TEST_SUITE_END()
