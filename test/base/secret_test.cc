#include "base/secret.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <type_traits>

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/error.h"

using namespace muster;

namespace {

constexpr const char* kToken = "tok-\"7/+ é&9";

struct SecretFile {
  std::string path;
  explicit SecretFile(const std::string& content) {
    path = (std::filesystem::temp_directory_path() / "muster-secret-XXXXXX").string();
    ::close(::mkstemp(path.data()));
    std::ofstream(path, std::ios::binary) << content;
  }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;
  ~SecretFile() { std::filesystem::remove(path); }
  std::string reference() const { return "secret:file:" + path; }
};

std::string complaint_about(const std::string& content) {
  const SecretFile file(content);
  try {
    read_secret(file.reference());
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string cleaned(const std::string& text) {
  Redactor redactor;
  redactor.hide(Secret(kToken));
  return redactor.clean(text);
}

template <class Value>
concept Printable = requires(std::ostream& out, const Value& value) {
  out << value;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(secret)

static_assert(!Printable<Secret> && Printable<std::string>);
static_assert(!std::is_copy_constructible_v<Secret>);

BOOST_AUTO_TEST_CASE(a_secret_is_read_where_its_reference_stands) {
  const SecretFile file(std::string(kToken) + "\n");
  ::setenv("MUSTER_TEST_TOKEN", "from the environment", 1);
  std::vector<Secret> used;
  const std::string text =
      with_secrets("Bearer ${" + file.reference() + "}, ${secret:env:MUSTER_TEST_TOKEN}.", used);
  BOOST_TEST(text == std::string("Bearer ") + kToken + ", from the environment.");
  BOOST_TEST(used.size() == 2U);
  BOOST_TEST(with_secrets("nothing ${here} $", used) == "nothing ${here} $");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_one_is_said_without_showing_it) {
  BOOST_TEST(complaint_about("short").ends_with("a secret has from 8 to 65536 bytes"));
  BOOST_TEST(complaint_about("two lines\nof text").ends_with("a secret is one line of text"));
  BOOST_TEST(complaint_about("two lines\nof text").find("two lines") == std::string::npos);
  BOOST_TEST(complaint_about("long enough").empty());
  BOOST_CHECK_THROW(read_secret("secret:env:MUSTER_TEST_NO_SUCH"), Error);
  BOOST_TEST(secret_complaint("secret:file:relative") ==
             "a secret's file is named by its whole path");
  BOOST_TEST(secret_complaint("secret:vault:x") ==
             "a secret is ${secret:file:/path} or ${secret:env:NAME}");
}

BOOST_AUTO_TEST_CASE(it_is_taken_out_of_what_is_shown_however_it_was_escaped) {
  const std::string token = kToken;
  BOOST_TEST(cleaned("it said " + token + token + "!") == "it said [secret][secret]!");
  BOOST_TEST(cleaned("tok-%227%2F%2B%20%C3%A9%269") == "[secret]");
  BOOST_TEST(cleaned("{\"a\":\"tok-\\\"7/+ é&9\"}") == "{\"a\":\"[secret]\"}");
  BOOST_TEST(cleaned("nothing of it") == "nothing of it");
}

BOOST_AUTO_TEST_CASE(base_64_hides_it_nowhere) {
  for (const std::string before : {"", "u", "us", "use", "user:"}) {
    const std::string shown = cleaned(base64(before + kToken + "\n"));
    BOOST_TEST(shown.find("[secret]") != std::string::npos, shown);
  }
}

BOOST_AUTO_TEST_CASE(what_was_read_once_is_shown_by_nothing_that_this_process_writes) {
  const SecretFile file("kept-out-of-sight");
  BOOST_TEST(without_secrets("kept-out-of-sight is not read yet").starts_with("kept-out"));
  { const Secret read = read_secret(file.reference()); }
  BOOST_TEST(without_secrets("a: kept-out-of-sight") == "a: [secret]");
  BOOST_TEST(without_secrets(base64("me:kept-out-of-sight")).find("[secret]") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
