#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace muster {

/// A fresh key and a certificate for localhost that it signed itself, as PEM files in `folder`.
struct Certificate {
  std::filesystem::path certificate;
  std::filesystem::path key;

  explicit Certificate(const std::filesystem::path& folder)
      : certificate(folder / "server.pem"), key(folder / "server.key") {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"),
                                                                   EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> paper(X509_new(), X509_free);
    X509_set_version(paper.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(paper.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(paper.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(paper.get()), 3600);
    X509_set_pubkey(paper.get(), pair.get());
    X509_NAME* name = X509_get_subject_name(paper.get());
    const auto* host = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(paper.get(), name);
    if (X509_sign(paper.get(), pair.get(), EVP_sha256()) == 0)
      throw std::runtime_error("cannot sign");
    write(certificate, [&](FILE* file) { return PEM_write_X509(file, paper.get()); });
    write(key, [&](FILE* file) {
      return PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

 private:
  template <class Writer>
  static void write(const std::filesystem::path& path, const Writer& writer) {
    const std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"),
                                                             std::fclose);
    if (!file || writer(file.get()) != 1) throw std::runtime_error("cannot write " + path.string());
  }
};

}  // namespace muster
