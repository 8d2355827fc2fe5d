#include "runner/serve/result_shelf.h"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "test/runner/scratch_home.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

std::string result_text(const std::string& run, std::int64_t number) {
  Result result;
  result.run.id = run;
  result.run.number = number;
  return pretty_json(to_json(result));
}

/// A shelf for two results, and the runs that it is asked for.
struct Library : ScratchHome {
  ResultShelf shelf{2};

  fs::path directory(const std::string& run) const { return path / "runs" / run; }

  /// As the run's end, or `muster recover`, writes it; each time is another.
  void write(const std::string& run, const std::string& text) {
    make_private_directories(directory(run));
    const fs::path file = directory(run) / "result.json";
    write_file_atomically(file, text);
    fs::last_write_time(file, fs::file_time_type(++written_ * 1s));
  }

  template <class T>
  T done(Task<T> task) {
    asio::io_context loop;
    T value{};
    std::exception_ptr error;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown, T made) {
      error = thrown;
      value = std::move(made);
    });
    loop.run();
    if (error) std::rethrow_exception(error);
    return value;
  }

  ResultShelf::Kept of_run(const std::string& run) { return done(shelf.of_run(directory(run))); }
  ResultShelf::Kept of_text(const std::string& text) { return done(shelf.of_text(text)); }
  std::int64_t number_of(const std::string& run) {
    const ResultShelf::Kept result = of_run(run);
    return result ? result->run.number : 0;
  }

 private:
  int written_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(result_shelf)

BOOST_AUTO_TEST_CASE(a_result_that_is_asked_for_again_is_not_read_again) {
  Library library;
  library.write("a", result_text("a", 1));
  const ResultShelf::Kept first = library.of_run("a");
  BOOST_REQUIRE(first);
  BOOST_TEST(first->run.number == 1);
  BOOST_TEST(library.of_run("a") == first);
  BOOST_TEST(library.shelf.judged() == 1U);
}

BOOST_AUTO_TEST_CASE(a_result_that_was_written_anew_is_read_anew) {
  Library library;
  library.write("a", result_text("a", 1));
  const ResultShelf::Kept first = library.of_run("a");
  library.write("a", result_text("a", 2));  // as long as before
  BOOST_TEST(library.number_of("a") == 2);
  BOOST_TEST(first->run.number == 1);  // whoever still shows it keeps what he had
  BOOST_TEST(library.shelf.judged() == 2U);
  write_file_atomically(library.directory("a") / "samples", "recovered since then");
  BOOST_TEST(library.number_of("a") == 2);
  BOOST_TEST(library.shelf.judged() == 3U);
}

BOOST_AUTO_TEST_CASE(the_one_not_asked_for_for_longest_makes_room) {
  Library library;
  for (const char* run : {"a", "b", "c"}) library.write(run, result_text(run, 1));
  for (const char* run : {"a", "b", "a"}) library.of_run(run);
  BOOST_TEST(library.shelf.judged() == 2U);
  library.of_run("c");  // in place of b
  BOOST_TEST(library.shelf.judged() == 3U);
  library.of_run("a");
  BOOST_TEST(library.shelf.judged() == 3U);
  library.of_run("b");
  BOOST_TEST(library.shelf.judged() == 4U);
}

BOOST_AUTO_TEST_CASE(what_is_no_result_is_never_kept_and_never_in_the_way) {
  Library library;
  const std::string good = result_text("a", 1);
  for (const std::string& damaged : {std::string(),
                                     std::string("null"),
                                     std::string("[]"),
                                     std::string("{}"),
                                     good.substr(0, good.size() / 2),
                                     good + "x"}) {
    library.write("a", damaged);
    const std::size_t before = library.shelf.judged();
    BOOST_TEST(!library.of_run("a"), damaged.substr(0, 20));
    BOOST_TEST(!library.of_run("a"), damaged.substr(0, 20));
    BOOST_TEST(library.shelf.judged() == before + 2);
  }
  library.write("a", good);
  BOOST_TEST(library.number_of("a") == 1);
}

BOOST_AUTO_TEST_CASE(a_result_that_has_gone_or_was_damaged_is_shown_no_more) {
  Library library;
  library.write("a", result_text("a", 1));
  BOOST_TEST(library.number_of("a") == 1);
  library.write("a", "{}");
  BOOST_TEST(!library.of_run("a"));
  library.write("a", result_text("a", 3));
  BOOST_TEST(library.number_of("a") == 3);
  fs::remove_all(library.directory("a"));
  BOOST_TEST(!library.of_run("a"));
  BOOST_TEST(!library.of_run("never-was"));
}

BOOST_AUTO_TEST_CASE(what_the_store_keeps_is_a_result_or_an_error) {
  Library library;
  BOOST_TEST(library.of_text(result_text("a", 7))->run.number == 7);
  for (const char* text : {"", "null", "[]", "{}", "{\"run\":{}}"})
    BOOST_CHECK_THROW(library.of_text(text), Error);
  BOOST_TEST(library.shelf.judged() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
