#include "probes/http_call.h"

#include <new>

#include "base/digest.h"
#include "base/error.h"

namespace muster {

namespace {

using Text = std::unique_ptr<char, CurlRelease<&curl_free>>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const Text owned(text);
  return text;
}

}  // namespace

CurlList curl_list_of(const std::vector<std::string>& lines) {
  CurlList list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

HttpCall::HttpCall(HttpRequest wanted) : request(std::move(wanted)), url_(curl_url()) {
  if (curl_url_set(url_.get(), CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK) {
    fail("'{}' is not a URL; write http://host/path", request.url);
  }
  const std::string scheme = part_of(url_.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") fail("'{}' is neither http nor https", request.url);
  // libcurl 7.88 fails every request but the first of a connection that speaks HTTP/2 without TLS.
  if (request.http2 && scheme != "https") {
    fail("HTTP/2 is spoken over TLS only; write an https URL instead of '{}'", request.url);
  }
  host = part_of(url_.get(), CURLUPART_HOST);
  port = part_of(url_.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::vector<std::string> lines = request.headers;
  lines.emplace_back("Expect:");  // no waiting for 100 Continue
  // S3 wants it; libcurl 7.88 signs it but does not make it.
  if (!request.s3_region.empty()) {
    const std::string_view digest = "sha256:";
    lines.push_back("x-amz-content-sha256: " + sha256(request.body).substr(digest.size()));
  }
  headers_ = curl_list_of(lines);
}

void HttpCall::apply_to(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_CURLU, url_.get());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (!repeatable() || !request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  if (!repeatable() || request.fresh) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  const auto version = request.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(version));
  // Waits for a connection that is being opened rather than opening one of its own.
  if (request.http2) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  if (!request.s3_region.empty()) {
    const std::string signature = fmt::format("aws:amz:{}:s3", request.s3_region);
    curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, signature.c_str());
    curl_easy_setopt(easy, CURLOPT_USERPWD, request.s3_account.c_str());
  }
  if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
}

std::shared_ptr<const HttpCall> prepare_call(HttpRequest request) {
  return std::make_shared<const HttpCall>(std::move(request));
}

const std::string& host_of(const HttpCall& call) {
  return call.host;
}

}  // namespace muster
