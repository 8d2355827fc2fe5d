#pragma once

#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "probes/http_client.h"

/// What of libcurl the HTTP client is built from: owned handles, and a request as a handle takes
/// it.
namespace muster {

template <auto release>
struct CurlRelease {
  template <class Handle>
  void operator()(Handle* handle) const {
    release(handle);
  }
};

using CurlUrl = std::unique_ptr<CURLU, CurlRelease<&curl_url_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, CurlRelease<&curl_slist_free_all>>;
using CurlEasy = std::unique_ptr<CURL, CurlRelease<&curl_easy_cleanup>>;
using CurlMulti = std::unique_ptr<CURLM, CurlRelease<&curl_multi_cleanup>>;
using CurlShare = std::unique_ptr<CURLSH, CurlRelease<&curl_share_cleanup>>;

CurlList curl_list_of(const std::vector<std::string>& lines);

class HttpCall {
 public:
  explicit HttpCall(HttpRequest wanted);

  /// Everything of the request; what it sets must live as long as `easy` uses it, so this must.
  void apply_to(CURL* easy) const;

  const HttpRequest request;
  std::string host;  ///< a name, or an address without brackets
  std::string port;

 private:
  bool repeatable() const { return request.method == "GET" || request.method == "HEAD"; }

  CurlUrl url_;
  CurlList headers_;
};

}  // namespace muster
