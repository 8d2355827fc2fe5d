#include "runner/journal.h"

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"

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
};

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

BOOST_AUTO_TEST_CASE(a_journal_is_never_written_over) {
  BOOST_CHECK_THROW(Journal::create(path), Error);
}

BOOST_AUTO_TEST_SUITE_END()
