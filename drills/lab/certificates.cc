#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "drills/lab/machine.h"

namespace muster::lab {

namespace {

constexpr std::string_view kSubject = "/CN=www.novvista.test";
constexpr std::string_view kExtensions =
    "subjectAltName = DNS:www.novvista.test, DNS:*.novvista.test\n";

std::vector<std::string> new_key(const std::string& folder, const std::string& name) {
  return {"openssl",
          "ecparam",
          "-name",
          "prime256v1",
          "-genkey",
          "-noout",
          "-out",
          folder + "/" + name};
}

std::vector<std::string> signing(const std::string& folder,
                                 const std::string& days,
                                 const std::string& name) {
  return {"openssl",
          "x509",
          "-req",
          "-in",
          folder + "/edge.csr",
          "-CA",
          folder + "/ca.pem",
          "-CAkey",
          folder + "/ca.key",
          "-CAcreateserial",
          "-extfile",
          folder + "/extensions",
          "-days",
          days,
          "-out",
          folder + "/" + name};
}

/// The same key for both certificates, so that one can be put in the place of the other.
std::vector<Command> steps(const std::string& folder) {
  std::vector<Command> all;
  const auto add = [&](std::vector<std::string> argv, std::string_view input = "") {
    all.push_back({std::move(argv), std::string(input), std::chrono::seconds(30)});
  };
  add({"tee", folder + "/extensions"}, kExtensions);
  add(new_key(folder, "ca.key"));
  add({"openssl",
       "req",
       "-x509",
       "-new",
       "-key",
       folder + "/ca.key",
       "-days",
       "7300",
       "-subj",
       "/CN=NovVista practice lab",
       "-out",
       folder + "/ca.pem"});
  add(new_key(folder, "edge.key"));
  add({"openssl",
       "req",
       "-new",
       "-key",
       folder + "/edge.key",
       "-subj",
       std::string(kSubject),
       "-out",
       folder + "/edge.csr"});
  add(signing(folder, "3650", "edge.pem"));
  // Signed twenty days ago, for ten.
  std::vector<std::string> expired = {"faketime", "20 days ago"};
  const std::vector<std::string> sign = signing(folder, "10", "expired.pem");
  expired.insert(expired.end(), sign.begin(), sign.end());
  add(std::move(expired));
  return all;
}

}  // namespace

Task<> ensure_certificates(const Machine& machine,
                           std::vector<std::string> supervisor_entry,
                           std::function<void(std::string)> progress) {
  const std::filesystem::path folder = machine.certificates;
  if (std::filesystem::exists(folder / "complete")) co_return;
  progress("certificates, the first time only");
  std::filesystem::remove_all(folder);
  make_private_directories(folder);
  const std::unique_ptr<Host> lab = make_host("the lab", "the lab", std::move(supervisor_entry));
  for (Command& step : steps(folder.string())) co_await lab->run(std::move(step));
  write_file_atomically(folder / "complete", "");
}

}  // namespace muster::lab
