#include "base/files.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/error.h"

using namespace muster;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "muster-files-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, Folder)

BOOST_AUTO_TEST_CASE(a_file_is_replaced_whole_and_leaves_nothing_beside_it) {
  write_file_atomically(path / "f", "one");
  write_file_atomically(path / "f", "two");
  BOOST_TEST(read_file(path / "f") == "two");
  BOOST_TEST(std::distance(fs::directory_iterator(path), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_leaves_nothing_beside_it) {
  fs::create_directory(path / "folder");
  BOOST_CHECK_THROW(write_file_atomically(path / "folder", "one"), Error);
  BOOST_TEST(std::distance(fs::directory_iterator(path), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(absence_is_no_error_but_an_error_is_no_absence) {
  BOOST_TEST(!read_file_if_exists(path / "none").has_value());
  BOOST_CHECK_THROW(read_file_if_exists(path), Error);  // a directory
}

BOOST_AUTO_TEST_CASE(a_file_over_the_limit_is_refused) {
  write_file_atomically(path / "f", std::string(100, 'x'));
  BOOST_CHECK_THROW(read_file(path / "f", 99), Error);
}

BOOST_AUTO_TEST_CASE(private_directories_are_private) {
  make_private_directories(path / "a" / "b");
  struct stat status {};
  ::stat((path / "a" / "b").c_str(), &status);
  BOOST_TEST((status.st_mode & 0777U) == 0700U);
}

BOOST_AUTO_TEST_SUITE_END()
