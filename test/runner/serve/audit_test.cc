#include "runner/serve/audit.h"

#include <csignal>
#include <fstream>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "test/runner/scratch_home.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

struct Home : ScratchHome {
  fs::path file = path / "audit.jsonl";

  static AuditEntry entry(std::string what = "start a drill") {
    return {*parse_utc("2026-11-14T12:00:00Z"),
            "ci",
            "10.0.0.1",
            "POST",
            "/drills/a/start",
            200,
            std::move(what)};
  }
  void write(int count) const {
    AuditLog log(file);
    for (int i = 0; i < count; ++i) log.write(entry("number " + std::to_string(i)));
  }
  std::vector<std::string> lines() const { return split(trim(read_file(file)), '\n'); }
  void put(const std::vector<std::string>& lines) const {
    std::ofstream(file, std::ios::trunc) << join(lines, "\n") << "\n";
  }
};

/// Files of this process may not grow beyond so much: what a full disk is to it.
struct SmallDisk {
  rlimit before{};
  explicit SmallDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{bytes, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit, Home)

BOOST_AUTO_TEST_CASE(a_line_says_who_asked_for_what) {
  AuditLog(file).write(entry());
  BOOST_TEST(read_file(file) ==
             R"({"at":"2026-11-14T12:00:00.000000Z","who":"ci","peer":"10.0.0.1","method":"POST",)"
             R"("path":"/drills/a/start","status":200,"what":"start a drill","previous":""})"
             "\n");
}

BOOST_AUTO_TEST_CASE(what_was_begun_has_no_status_yet) {
  AuditEntry begun = entry();
  begun.status = 0;
  AuditLog(file).write(begun);
  BOOST_TEST(read_file(file).find("status") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(it_is_for_its_owner_alone_and_only_grows) {
  write(2);
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0600U);
  const std::string before = read_file(file);
  write(2);
  BOOST_TEST(read_file(file).starts_with(before));
  BOOST_TEST(verify_audit(file).lines == 4U);
  BOOST_TEST(verify_audit(file).problems.empty());
}

BOOST_AUTO_TEST_CASE(two_do_not_write_one_file) {
  const AuditLog first(file);
  BOOST_CHECK_THROW(AuditLog{file}, Error);
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused) {
  fs::create_symlink("/dev/null", file);
  BOOST_CHECK_THROW(AuditLog{file}, Error);
  fs::remove(file);
  ::mkfifo(file.c_str(), 0600);
  BOOST_CHECK_THROW(AuditLog{file}, Error);
  fs::remove(file);
  fs::create_directory(file);
  BOOST_CHECK_THROW(AuditLog{file}, Error);
}

BOOST_AUTO_TEST_CASE(hostile_texts_stay_on_their_line_and_harmless) {
  AuditEntry hostile = entry("a\r\n{\"at\":\"forged\"}\x1b[2J\xff");
  hostile.who = "eve\nmallory";
  hostile.path = "/" + std::string(10'000, 'x');
  AuditLog(file).write(hostile);
  BOOST_TEST(lines().size() == 1U);
  const json::object read = parse_json(lines()[0], "the line").as_object();
  BOOST_TEST(text_at(read, "who") == "eve mallory");
  BOOST_TEST(text_at(read, "what") == "a  {\"at\":\"forged\"}\uFFFD[2J\uFFFD");
  BOOST_TEST(text_at(read, "path").size() < 500U);
}

BOOST_AUTO_TEST_CASE(every_line_that_is_taken_out_changed_moved_or_put_in_shows) {
  write(6);
  const std::vector<std::string> good = lines();
  const auto problems = [&](const std::vector<std::string>& changed) {
    put(changed);
    return verify_audit(file).problems.size();
  };
  BOOST_TEST(problems(good) == 0U);
  for (std::size_t i = 0; i + 1 < good.size(); ++i) {  // the last one: see the header
    std::vector<std::string> fewer = good;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    BOOST_TEST(problems(fewer) > 0U);
    std::vector<std::string> changed = good;
    changed[i] = replaced(changed[i], "number", "nothing");
    BOOST_TEST(problems(changed) > 0U);
    std::vector<std::string> broken = good;
    broken[i].pop_back();
    BOOST_TEST(problems(broken) > 0U);
    std::vector<std::string> swapped = good;
    std::swap(swapped[i], swapped[i + 1]);
    BOOST_TEST(problems(swapped) > 0U);
    std::vector<std::string> more = good;
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    BOOST_TEST(problems(more) > 0U);
  }
  put({good.begin() + 2, good.end()});
  BOOST_TEST(verify_audit(file).problems.at(0).starts_with("line 1 is not the first"));
}

BOOST_AUTO_TEST_CASE(a_line_that_a_crash_cut_is_told_and_the_chain_goes_on) {
  write(3);
  fs::resize_file(file, fs::file_size(file) - 20);
  write(2);
  const AuditCheck check = verify_audit(file);
  BOOST_TEST(check.lines == 5U);
  BOOST_TEST(check.torn == 1U);
  BOOST_TEST(check.problems.empty());
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_it_says_so_leaves_no_half_line_and_goes_on_later) {
  AuditLog log(file);
  log.write(entry());
  {
    const SmallDisk full(fs::file_size(file) + 10);
    BOOST_CHECK_THROW(log.write(entry()), Error);
    BOOST_CHECK_THROW(log.write(entry()), Error);
  }
  log.write(entry());
  const AuditCheck check = verify_audit(file);
  BOOST_TEST(check.lines == 2U);
  BOOST_TEST(check.torn == 0U);
  BOOST_TEST(check.problems.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_no_good_one) {
  BOOST_CHECK_THROW(verify_audit(file), Error);
}

namespace {

/// "PEER STATUS TIMES" of each line; 1 is not written.
std::vector<std::string> told(const Home& home) {
  std::vector<std::string> texts;
  for (const std::string& line : home.lines()) {
    const json::value value = parse_json(line, "a line");
    const json::value* times = find(value.as_object(), "times");
    texts.push_back(text_at(value.as_object(), "who") + " " +
                    std::to_string(times == nullptr ? 1 : times->to_number<int>()));
  }
  return texts;
}

AuditEntry refused(int second, std::string peer = "10.0.0.1") {
  AuditEntry entry = Home::entry();
  entry.at += std::chrono::seconds(second);
  entry.who = entry.peer = std::move(peer);
  entry.status = 401;
  return entry;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_stranger_is_refused_is_one_line_and_then_one_a_minute) {
  const Home home;
  AuditLog log(home.file);
  RefusalTally tally(log);
  for (int i = 0; i < 500; ++i) tally.add(refused(i / 100));
  BOOST_TEST(told(home) == std::vector<std::string>({"10.0.0.1 1"}),
             boost::test_tools::per_element());
  tally.settle(refused(59).at);
  BOOST_TEST(home.lines().size() == 1U);
  tally.settle(refused(60).at);
  for (int i = 0; i < 500; ++i) tally.add(refused(61));
  tally.settle(refused(121).at);
  BOOST_TEST(told(home) == std::vector<std::string>({"10.0.0.1 1", "10.0.0.1 499", "10.0.0.1 500"}),
             boost::test_tools::per_element());
  // Whoever was quiet for a minute is told of at once again.
  tally.settle(refused(182).at);
  tally.add(refused(183));
  BOOST_TEST(home.lines().size() == 4U);
  BOOST_TEST(verify_audit(home.file).problems.empty());
}

BOOST_AUTO_TEST_CASE(many_addresses_of_strangers_share_a_line) {
  const Home home;
  AuditLog log(home.file);
  {
    RefusalTally tally(log, 2);
    for (int i = 0; i < 300; ++i)
      tally.add(refused(i / 100, "10.0.0." + std::to_string(1 + i % 100)));
    // All of a /64 is one.
    for (int i = 1; i < 9; ++i) tally.add(refused(4, "2001:db8::" + std::to_string(i)));
  }
  BOOST_TEST(told(home) == std::vector<std::string>({"10.0.0.1 1",
                                                     "10.0.0.2 1",
                                                     "10.0.0.3 1",
                                                     "10.0.0.1 2",
                                                     "10.0.0.2 2",
                                                     "other addresses 301"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_keeps_no_minute_open) {
  const Home home;
  AuditLog log(home.file);
  RefusalTally tally(log);
  tally.add(refused(100));
  tally.add(refused(101));
  tally.settle(refused(50).at);
  BOOST_TEST(home.lines().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
