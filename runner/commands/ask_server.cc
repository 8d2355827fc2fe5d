#include "runner/commands/ask_server.h"

#include <algorithm>
#include <cctype>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "probes/http_call.h"

namespace muster {

namespace {

constexpr std::size_t kMostBytes = 256U << 10U;
constexpr long kPatienceMs = 10'000;
constexpr std::string_view kSignatureHeader = "x-muster-signature:";

struct CurlText {
  char* text = nullptr;
  CurlText() = default;
  CurlText(const CurlText&) = delete;
  CurlText& operator=(const CurlText&) = delete;
  ~CurlText() { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  CurlText found;
  return curl_url_get(url, part, &found.text, 0) == CURLUE_OK ? found.text : "";
}

CurlUrl address_of(const std::string& server) {
  CurlUrl url(curl_url());
  if (url == nullptr) fail("out of memory");
  const bool understood = curl_url_set(url.get(), CURLUPART_URL, server.c_str(), 0) == CURLUE_OK;
  const std::string scheme = understood ? part_of(url.get(), CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https")
    throw UsageError(
        fmt::format("--server wants an address such as https://muster.example, not '{}'",
                    printable(server, 200)));
  if (!part_of(url.get(), CURLUPART_USER).empty() ||
      !part_of(url.get(), CURLUPART_PASSWORD).empty())
    throw UsageError("--server takes no password in the address: use --token-file");
  if (!part_of(url.get(), CURLUPART_QUERY).empty() ||
      !part_of(url.get(), CURLUPART_FRAGMENT).empty())
    throw UsageError("--server takes an address without a question mark and what follows it");
  return url;
}

bool is_loopback(std::string host) {
  std::ranges::transform(
      host, host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_v4 =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "[::1]" || is_v4;
}

void refuse_open_token(CURLU* url, const std::optional<Secret>& token) {
  if (!token || part_of(url, CURLUPART_SCHEME) == "https") return;
  if (!is_loopback(part_of(url, CURLUPART_HOST)))
    throw UsageError("the token would be readable on the way: ask the server by https");
}

void put_question(CURLU* url, const GateWords& words) {
  std::string path = part_of(url, CURLUPART_PATH);
  while (path.ends_with('/')) path.pop_back();
  bool put = curl_url_set(url, CURLUPART_PATH, (path + "/gate").c_str(), 0) == CURLUE_OK;
  for (const auto& [name, value] : words) {
    const std::string word = fmt::format("{}={}", name, value);
    constexpr unsigned kAppended = CURLU_APPENDQUERY | CURLU_URLENCODE;
    put = put && curl_url_set(url, CURLUPART_QUERY, word.c_str(), kAppended) == CURLUE_OK;
  }
  if (!put) fail("the question cannot be put into an address");
}

struct Received {
  std::string body;
  std::vector<std::string> signatures;
  bool too_large = false;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  Received& received = *static_cast<Received*>(into);
  received.too_large = received.body.size() + size * count > kMostBytes;
  if (received.too_large) return 0;
  received.body.append(bytes, size * count);
  return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* into) {
  const std::string_view line(bytes, size * count);
  std::string name(line.substr(0, kSignatureHeader.size()));
  std::ranges::transform(
      name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name == kSignatureHeader)
    static_cast<Received*>(into)->signatures.emplace_back(
        trim(line.substr(kSignatureHeader.size())));
  return size * count;
}

std::vector<std::string> headers_for(const std::optional<Secret>& token) {
  std::vector<std::string> headers = {"Accept: application/json"};
  if (token) headers.push_back("Authorization: Bearer " + token->reveal());
  return headers;
}

/// What is to be said of a status that is no answer.
std::string problem_of(long status, const Received& received) {
  if (status != 200)
    return fmt::format("the server answered {}: {}", status, printable(trim(received.body), 200));
  if (received.signatures.size() > 1) return "the answer has more than one signature";
  return "";
}

}  // namespace

ServerReply ask_server(const std::string& server,
                       const GateWords& words,
                       const std::optional<Secret>& token) {
  const CurlUrl url = address_of(server);
  refuse_open_token(url.get(), token);
  put_question(url.get(), words);
  const CurlEasy easy(curl_easy_init());
  if (easy == nullptr) fail("out of memory");
  const CurlList headers = curl_list_of(headers_for(token));
  Received received;
  char problem[CURL_ERROR_SIZE] = "";
  CURL* const curl = easy.get();
  curl_easy_setopt(curl, CURLOPT_CURLU, url.get());
  curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  // A proxy would see what goes to this very machine in the clear.
  if (part_of(url.get(), CURLUPART_SCHEME) == "http") curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kPatienceMs);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  const CURLcode code = curl_easy_perform(curl);
  if (received.too_large)
    return {"", "", fmt::format("the answer is larger than {} bytes", kMostBytes)};
  if (code != CURLE_OK) {
    const char* const why = *problem == '\0' ? curl_easy_strerror(code) : problem;
    return {"", "", fmt::format("the server cannot be asked: {}", printable(why))};
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  std::string wrong = problem_of(status, received);
  std::string signature = received.signatures.empty() ? "" : received.signatures.front();
  return {std::move(received.body), std::move(signature), std::move(wrong)};
}

}  // namespace muster
