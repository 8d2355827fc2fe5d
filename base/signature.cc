#include "base/signature.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kScheme = "ed25519:";
constexpr std::size_t kIdLength = 16;
constexpr std::size_t kPublicBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMostPem = 64U << 10U;

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct DigestFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using OwnedKey = std::unique_ptr<EVP_PKEY, KeyFree>;
using OwnedDigest = std::unique_ptr<EVP_MD_CTX, DigestFree>;
using OwnedBio = std::unique_ptr<BIO, BioFree>;

const unsigned char* bytes_of(std::string_view text) {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}

/// OpenSSL would ask the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*nothing*/) {
  return -1;
}

OwnedBio reader_of(std::string_view text) {
  OwnedBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) fail("out of memory");
  return bio;
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(std::max(0L, size))};
}

bool is_ed25519(const EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519;
}

std::string id_of(const EVP_PKEY* key) {
  std::array<unsigned char, kPublicBytes> raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size())
    fail("the key has no public half");
  constexpr std::size_t kAlgorithm = std::string_view("sha256:").size();
  return sha256(std::string(raw.begin(), raw.end())).substr(kAlgorithm, kIdLength);
}

std::string private_pem(EVP_PKEY* key) {
  const OwnedBio out(BIO_new(BIO_s_secmem()));
  if (out == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    fail("the signing key cannot be written as PEM");
  return content_of(out.get());
}

Secret new_private_pem() {
  const OwnedKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) fail("OpenSSL made no Ed25519 key");
  return Secret(private_pem(key.get()));
}

/// Whoever comes first has made it; a file that is there is never written over.
void make_key_file(const fs::path& file) {
  make_private_directories(file.parent_path());
  const fs::path beside = fmt::format("{}.{:016x}", file.string(), entropy());
  write_file_atomically(beside, new_private_pem().reveal(), 0600);
  const bool made = ::link(beside.c_str(), file.c_str()) == 0 || errno == EEXIST;
  const int problem = errno;
  ::unlink(beside.c_str());
  errno = problem;
  if (!made) fail_errno("cannot make " + file.string());
  sync_directory(file.parent_path());
}

void refuse_if_others_may_read(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) fail_errno("cannot look at " + file.string());
  if ((status.st_mode & 077U) != 0)
    fail("others may read the signing key {}; run chmod 600 on it, or make a new one if they have",
         file.string());
  if (status.st_uid != ::geteuid())
    fail("the signing key {} belongs to another user (uid {})", file.string(), status.st_uid);
}

OwnedKey read_private_key(const fs::path& file) {
  const Secret pem(read_file(file, kMostPem));
  const OwnedBio bio = reader_of(pem.reveal());
  OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (!is_ed25519(key.get()))
    fail("{} holds no Ed25519 private key; move it away, and a new one is made", file.string());
  return key;
}

struct PemBlock {
  std::string name;  ///< "PUBLIC KEY"
  std::string der;
};

/// Nothing at the end, or where what follows is no PEM.
std::optional<PemBlock> next_block(BIO* bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  const bool read = PEM_read_bio(bio, &name, &header, &data, &size) == 1;
  std::optional<PemBlock> block;
  if (read) block = PemBlock{name, std::string(data, data + size)};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  ERR_clear_error();
  return block;
}

/// By the one form that RFC 8410 has for it. OpenSSL's decoders would take any key, and so long
/// that a server that reads its keys at each question would notice.
OwnedKey public_key_of(const PemBlock& block) {
  constexpr std::string_view kHead("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  if (block.name != "PUBLIC KEY" || block.der.size() != kHead.size() + kPublicBytes ||
      !block.der.starts_with(kHead))
    fail("it holds a key that is no public key of Ed25519");
  const std::string raw = block.der.substr(kHead.size());
  OwnedKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size()));
  if (key == nullptr) fail("it holds no good public key");
  return key;
}

/// 64 bytes, only if the text is the one that base64() gives for them.
std::optional<std::string> decoded(std::string_view text) {
  constexpr std::size_t kText = 4 * ((kSignatureBytes + 2) / 3);
  if (text.size() != kText) return std::nullopt;
  std::array<unsigned char, kText> raw{};
  if (EVP_DecodeBlock(raw.data(), bytes_of(text), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  std::string bytes(raw.begin(), raw.begin() + kSignatureBytes);
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

bool verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const OwnedDigest context(EVP_MD_CTX_new());
  const bool good =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
      EVP_DigestVerify(
          context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

std::size_t occurrences(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    ++count;
  return count;
}

std::string hex_of(const std::vector<unsigned char>& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

struct SigningKey::Key {
  OwnedKey handle;
};

SigningKey::SigningKey(std::unique_ptr<Key> key, std::string id)
    : key_(std::move(key)), id_(std::move(id)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

SigningKey SigningKey::open_or_make(const fs::path& file) {
  std::error_code problem;
  if (!fs::exists(file, problem)) {
    if (problem) fail("cannot look at {}: {}", file.string(), problem.message());
    make_key_file(file);
  }
  refuse_if_others_may_read(file);
  auto key = std::make_unique<Key>(Key{read_private_key(file)});
  std::string id = id_of(key->handle.get());
  SigningKey opened(std::move(key), std::move(id));
  const fs::path beside = public_key_file(file);
  if (read_file_if_exists(beside, kMostPem) != opened.public_pem())
    write_file_atomically(beside, opened.public_pem(), 0644);
  return opened;
}

std::string SigningKey::sign(std::string_view text) const {
  const OwnedDigest context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  auto* const into = static_cast<unsigned char*>(static_cast<void*>(signature.data()));
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->handle.get()) != 1 ||
      EVP_DigestSign(context.get(), into, &size, bytes_of(text), text.size()) != 1 ||
      size != signature.size())
    fail("OpenSSL could not sign");
  return fmt::format("{}{}:{}", kScheme, id_, base64(signature));
}

std::string SigningKey::public_pem() const {
  const OwnedBio out(BIO_new(BIO_s_mem()));
  if (out == nullptr || PEM_write_bio_PUBKEY(out.get(), key_->handle.get()) != 1)
    fail("the public key cannot be written as PEM");
  return content_of(out.get());
}

fs::path public_key_file(const fs::path& private_key_file) {
  return fs::path(private_key_file).replace_extension(".pub");
}

struct TrustedKeys::Keys {
  struct Named {
    std::string id;
    OwnedKey handle;
  };
  std::vector<Named> all;
};

TrustedKeys::TrustedKeys() : keys_(std::make_unique<Keys>()) {}
TrustedKeys::~TrustedKeys() = default;
TrustedKeys::TrustedKeys(TrustedKeys&&) noexcept = default;
TrustedKeys& TrustedKeys::operator=(TrustedKeys&&) noexcept = default;

void TrustedKeys::add(const fs::path& pem_file) {
  try {
    add_pem(read_file(pem_file, kMostPem));
  } catch (const Error& error) {
    throw error.within(pem_file.string());
  }
}

void TrustedKeys::add_pem(std::string_view pem) {
  const OwnedBio bio = reader_of(pem);
  std::vector<Keys::Named> found;
  while (const std::optional<PemBlock> block = next_block(bio.get())) {
    if (block->name == "PRIVATE KEY") fail("it is a private key; name the .pub file beside it");
    OwnedKey key = public_key_of(*block);
    std::string id = id_of(key.get());
    found.push_back({std::move(id), std::move(key)});
  }
  if (found.empty()) fail("it holds no public key in PEM");
  if (found.size() != occurrences(pem, "-----BEGIN "))
    fail("it holds something beside public keys in PEM, or one that is cut off");
  for (Keys::Named& each : found) keys_->all.push_back(std::move(each));
}

bool TrustedKeys::empty() const {
  return keys_->all.empty();
}

std::string TrustedKeys::complaint(std::string_view text, std::string_view signature) const {
  const std::size_t id_at = kScheme.size();
  const std::size_t value_at = id_at + kIdLength + 1;
  if (signature.empty()) return "it is not signed";
  if (!signature.starts_with(kScheme) || signature.size() <= value_at ||
      signature[value_at - 1] != ':')
    return "its signature is not of the form ed25519:KEY:BASE64";
  const std::optional<std::string> value = decoded(signature.substr(value_at));
  if (!value) return "its signature is not in canonical base 64";
  const std::string_view id = signature.substr(id_at, kIdLength);
  bool known = false;
  for (const Keys::Named& key : keys_->all) {
    if (key.id != id) continue;
    known = true;
    if (verifies(key.handle.get(), text, *value)) return "";
  }
  if (!known) return fmt::format("it is signed by the key {}, which is not trusted", printable(id));
  return fmt::format("its signature by the key {} is not of this text: one of them was changed",
                     printable(id));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::vector<unsigned char> digest(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr,
                "HMAC",
                nullptr,
                "SHA256",
                nullptr,
                key.empty() ? "" : key.data(),
                key.size(),
                bytes_of(text),
                text.size(),
                digest.data(),
                digest.size(),
                &size) == nullptr)
    fail("HMAC-SHA-256 failed");
  digest.resize(size);
  return hex_of(digest);
}

bool same_secret(std::string_view a, std::string_view b) {
  const std::string digest_a = sha256(a);
  const std::string digest_b = sha256(b);
  return CRYPTO_memcmp(digest_a.data(), digest_b.data(), digest_a.size()) == 0;
}

}  // namespace muster
