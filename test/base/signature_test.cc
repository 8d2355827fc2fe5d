#include "base/signature.h"

#include <filesystem>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"

using namespace muster;

namespace {

namespace fs = std::filesystem;

struct KeyFolder {
  fs::path path;
  KeyFolder() {
    std::string name = (fs::temp_directory_path() / "muster-keys-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~KeyFolder() { fs::remove_all(path); }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;
  fs::path file() const { return path / "home/signing-key.pem"; }
};

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

/// PKCS #8 of an Ed25519 seed: a fixed head and the 32 bytes.
std::string pem_of_seed(std::string_view seed_hex) {
  const std::string der = bytes_of_hex("302e020100300506032b657004220420" + std::string(seed_hex));
  return "-----BEGIN PRIVATE KEY-----\n" + base64(der) + "\n-----END PRIVATE KEY-----\n";
}

SigningKey key_of_seed(const KeyFolder& folder, std::string_view seed_hex) {
  make_private_directories(folder.file().parent_path());
  write_file_atomically(folder.file(), pem_of_seed(seed_hex));
  return SigningKey::open_or_make(folder.file());
}

TrustedKeys keys_of(const SigningKey& key) {
  TrustedKeys trusted;
  trusted.add_pem(key.public_pem());
  return trusted;
}

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signature)

BOOST_AUTO_TEST_CASE(signatures_are_those_of_rfc_8032) {
  const KeyFolder folder;
  const SigningKey empty_text =
      key_of_seed(folder, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  BOOST_TEST(empty_text.sign("").ends_with(
      ":" + base64(bytes_of_hex(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc6"
                "1e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"))));
  const SigningKey one_byte =
      key_of_seed(folder, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  BOOST_TEST(one_byte.sign("\x72").ends_with(
      ":" + base64(bytes_of_hex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e45"
                "8f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))));
}

BOOST_AUTO_TEST_CASE(the_id_of_a_key_is_made_of_its_public_half) {
  const KeyFolder folder;
  const SigningKey key =
      key_of_seed(folder, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const std::string of_public_half =
      sha256(bytes_of_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
  BOOST_TEST(key.id() == of_public_half.substr(7, 16));
  BOOST_TEST(key.sign("x").starts_with("ed25519:" + key.id() + ":"));
}

BOOST_AUTO_TEST_CASE(a_key_is_made_once_for_its_owner_alone) {
  const KeyFolder folder;
  const SigningKey first = SigningKey::open_or_make(folder.file());
  const SigningKey again = SigningKey::open_or_make(folder.file());
  BOOST_TEST(first.id() == again.id());
  BOOST_TEST(mode_of(folder.file()) == 0600U);
  BOOST_TEST(read_file(public_key_file(folder.file())) == first.public_pem());
  BOOST_TEST(std::distance(fs::directory_iterator(folder.file().parent_path()), {}) == 2);
  const KeyFolder other;
  BOOST_TEST(SigningKey::open_or_make(other.file()).id() != first.id());
}

BOOST_AUTO_TEST_CASE(a_public_half_that_is_lost_or_another_one_is_written_again) {
  const KeyFolder folder;
  const SigningKey key = SigningKey::open_or_make(folder.file());
  write_file_atomically(public_key_file(folder.file()), "another one");
  const SigningKey again = SigningKey::open_or_make(folder.file());
  TrustedKeys trusted;
  trusted.add(public_key_file(folder.file()));
  BOOST_TEST(trusted.complaint("text", again.sign("text")) == "");
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_read_is_refused) {
  const KeyFolder folder;
  SigningKey::open_or_make(folder.file());
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U}) {
    BOOST_REQUIRE(::chmod(folder.file().c_str(), mode) == 0);
    BOOST_CHECK_EXCEPTION(SigningKey::open_or_make(folder.file()), Error, [](const Error& error) {
      return error.message().find("others may read") != std::string::npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_such_key_is_refused_and_left_as_it_is) {
  const KeyFolder folder;
  make_private_directories(folder.file().parent_path());
  for (const std::string content : {"", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"}) {
    write_file_atomically(folder.file(), content);
    BOOST_CHECK_THROW(SigningKey::open_or_make(folder.file()), Error);
    BOOST_TEST(read_file(folder.file()) == content);
  }
}

BOOST_AUTO_TEST_CASE(only_trusted_keys_count) {
  const KeyFolder mine_folder;
  const KeyFolder other_folder;
  const SigningKey mine = SigningKey::open_or_make(mine_folder.file());
  const SigningKey other = SigningKey::open_or_make(other_folder.file());
  TrustedKeys trusted = keys_of(mine);
  BOOST_TEST(trusted.complaint("text", mine.sign("text")) == "");
  BOOST_TEST(trusted.complaint("text", other.sign("text")) ==
             "it is signed by the key " + other.id() + ", which is not trusted");
  trusted.add_pem(other.public_pem());
  BOOST_TEST(trusted.complaint("text", other.sign("text")) == "");
  BOOST_TEST(trusted.complaint("text", mine.sign("text")) == "");
  BOOST_TEST(trusted.complaint("text", "") == "it is not signed");
  BOOST_TEST(TrustedKeys().complaint("text", mine.sign("text")) != "");
}

BOOST_AUTO_TEST_CASE(a_file_may_hold_several_public_keys_and_nothing_else) {
  const KeyFolder folder;
  const KeyFolder other_folder;
  const SigningKey mine = SigningKey::open_or_make(folder.file());
  const SigningKey other = SigningKey::open_or_make(other_folder.file());
  TrustedKeys trusted;
  trusted.add_pem("# ours\n" + mine.public_pem() + other.public_pem());
  BOOST_TEST(trusted.complaint("text", mine.sign("text")) == "");
  BOOST_TEST(trusted.complaint("text", other.sign("text")) == "");
  const std::string cut = mine.public_pem() + other.public_pem().substr(0, 60);
  const std::string of_another_kind =
      "-----BEGIN PUBLIC "
      "KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAED6ysN+Wy6QZmtEe9s77izSDZ7Flw\n"
      "qFUzp8dyAk+C5A/s+zr9crLUPmRXwFPbK1NpJeZfs6zFV3qxaAjmLlERqA==\n-----END PUBLIC KEY-----\n";
  for (const std::string& pem : {std::string(), std::string("no key"), cut, of_another_kind})
    BOOST_CHECK_THROW(TrustedKeys().add_pem(pem), Error);
  BOOST_CHECK_EXCEPTION(TrustedKeys().add(folder.file()), Error, [](const Error& error) {
    return error.message().find("private key") != std::string::npos;
  });
  BOOST_CHECK_THROW(TrustedKeys().add(folder.path / "nowhere.pub"), Error);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_text_and_signature_is_refused) {
  const KeyFolder folder;
  const SigningKey key = SigningKey::open_or_make(folder.file());
  const TrustedKeys trusted = keys_of(key);
  const std::string text = "a text of some length, \n with lines";
  const std::string signature = key.sign(text);
  BOOST_REQUIRE(trusted.complaint(text, signature) == "");
  const auto accepted = [](const std::string& original, const auto& complaint) {
    int count = 0;
    for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
      std::string flipped = original;
      flipped[bit / 8] = static_cast<char>(static_cast<unsigned>(flipped[bit / 8]) ^ 1U << bit % 8);
      count += complaint(flipped).empty() ? 1 : 0;
    }
    return count;
  };
  BOOST_TEST(accepted(text, [&](const std::string& flipped) {
               return trusted.complaint(flipped, signature);
             }) == 0);
  BOOST_TEST(accepted(signature, [&](const std::string& flipped) {
               return trusted.complaint(text, flipped);
             }) == 0);
}

BOOST_AUTO_TEST_CASE(a_signature_has_one_spelling) {
  const KeyFolder folder;
  const SigningKey key = SigningKey::open_or_make(folder.file());
  const TrustedKeys trusted = keys_of(key);
  const std::string good = key.sign("text");
  const std::string value = good.substr(good.rfind(':') + 1);
  std::string upper_id = good;
  for (std::size_t i = 8; i < 24; ++i)
    upper_id[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(upper_id[i])));
  const std::vector<std::string> others = {good + "\n",
                                           " " + good,
                                           good + "=",
                                           good.substr(0, good.size() - 1),
                                           good.substr(0, good.size() - 2),
                                           good.substr(0, good.size() - 4),
                                           "ED25519:" + good.substr(8),
                                           "ed25519:" + value,
                                           "ed25519::" + value,
                                           good.substr(0, 8 + 16 + 1) + "\n" + value,
                                           good.substr(0, 8 + 16 + 1) + value + value,
                                           std::string(good) + std::string(1, '\0'),
                                           "ed25519:" + key.id().substr(1) + ":" + value};
  for (const std::string& other : others) BOOST_TEST(trusted.complaint("text", other) != "", other);
  if (upper_id != good) BOOST_TEST(trusted.complaint("text", upper_id) != "");
}

BOOST_AUTO_TEST_CASE(the_order_of_the_group_added_to_a_signature_makes_no_second_one) {
  const KeyFolder folder;
  const SigningKey key =
      key_of_seed(folder, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const TrustedKeys trusted = keys_of(key);
  std::string bytes = bytes_of_hex(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
      "b46bd25bf5f0595bbe24655141438e7a100b");
  const std::string order =
      bytes_of_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  BOOST_REQUIRE(trusted.complaint("", "ed25519:" + key.id() + ":" + base64(bytes)) == "");
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const unsigned sum =
        static_cast<unsigned char>(bytes[32 + i]) + static_cast<unsigned char>(order[i]) + carry;
    bytes[32 + i] = static_cast<char>(sum & 255U);
    carry = sum >> 8U;
  }
  BOOST_TEST(trusted.complaint("", "ed25519:" + key.id() + ":" + base64(bytes)) != "");
}

BOOST_AUTO_TEST_CASE(hmac_is_that_of_rfc_4231) {
  BOOST_TEST(hmac_sha256(std::string(20, '\x0b'), "Hi There") ==
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  BOOST_TEST(hmac_sha256("Jefe", "what do ya want for nothing?") ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  BOOST_TEST(hmac_sha256(std::string(131, '\xaa'),
                         "Test Using Larger Than Block-Size Key - Hash Key First") ==
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  BOOST_TEST(hmac_sha256("", "") ==
             "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

BOOST_AUTO_TEST_CASE(secrets_are_the_same_or_not) {
  BOOST_TEST(same_secret("", ""));
  BOOST_TEST(same_secret("abc", "abc"));
  BOOST_TEST(!same_secret("abc", "abd"));
  BOOST_TEST(!same_secret("abc", "ab"));
  BOOST_TEST(!same_secret(std::string("a\0b", 3), std::string("a\0c", 3)));
}

BOOST_AUTO_TEST_SUITE_END()
