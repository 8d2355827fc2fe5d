#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// Ed25519 (RFC 8032) through OpenSSL: what says that a result is the one that a muster wrote, to
// whoever trusts its key. One form: "ed25519:KEY_ID:BASE64", where KEY_ID are the first 16 hex
// digits of the SHA-256 of the raw public key. A text and a key have exactly one signature that is
// accepted: every other spelling of it is refused.

/// The private key of a home. Never printed; its file is readable by its owner alone.
class SigningKey {
 public:
  /// Reads the PEM file, or makes it, durably, where there is none; several processes may do so at
  /// once. Its public half is put beside it (public_key_file). Throws Error where it is not such a
  /// key, is not our own, or others may read it.
  static SigningKey open_or_make(const std::filesystem::path& file);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) = delete;
  ~SigningKey();

  std::string sign(std::string_view text) const;
  const std::string& id() const { return id_; }
  std::string public_pem() const;

 private:
  struct Key;
  SigningKey(std::unique_ptr<Key> key, std::string id);
  std::unique_ptr<Key> key_;
  std::string id_;
};

/// Where the public half of a key lies: "signing-key.pub" beside "signing-key.pem".
std::filesystem::path public_key_file(const std::filesystem::path& private_key_file);

/// Public keys whose signatures count.
class TrustedKeys {
 public:
  TrustedKeys();
  ~TrustedKeys();
  TrustedKeys(TrustedKeys&&) noexcept;
  TrustedKeys& operator=(TrustedKeys&&) noexcept;
  /// One file may hold several keys. Throws Error where it holds none, or something else.
  void add(const std::filesystem::path& pem_file);
  void add_pem(std::string_view pem);
  bool empty() const;
  /// "" where the signature is one of these keys' of exactly this text; else what is wrong.
  std::string complaint(std::string_view text, std::string_view signature) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

/// HMAC-SHA-256 in lower-case hex: how webhooks are signed.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Compares without telling by its duration where they differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace muster
