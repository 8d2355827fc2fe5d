#include "runner/notify/transfer.h"

#include <algorithm>
#include <cstring>

#include <boost/asio/ip/address.hpp>
#include <curl/curl.h>

#include "probes/http_call.h"

namespace muster {

namespace {

constexpr std::size_t kMostKept = 4096;
constexpr std::size_t kMostRead = 64U << 10U;
constexpr long kConnectMs = 5000;
constexpr std::chrono::seconds kLongestWait{600};

struct Transfer {
  CurlEasy easy{curl_easy_init()};
  CurlList list{};  ///< headers, or who gets the mail
  const std::stop_token& stop;
  std::string_view unsent{};
  std::size_t received = 0;
  char problem[CURL_ERROR_SIZE] = "";
  TransferEnd end{};
};

std::size_t take_answer(char* bytes, std::size_t, std::size_t count, void* argument) {
  Transfer& transfer = *static_cast<Transfer*>(argument);
  const std::size_t room = kMostKept - std::min(kMostKept, transfer.end.answer.size());
  transfer.end.answer.append(bytes, std::min(room, count));
  transfer.received += count;
  return transfer.received > kMostRead ? 0 : count;
}

std::size_t give_message(char* into, std::size_t size, std::size_t count, void* argument) {
  std::string_view& unsent = static_cast<Transfer*>(argument)->unsent;
  const std::size_t length = std::min(size * count, unsent.size());
  std::memcpy(into, unsent.data(), length);
  unsent.remove_prefix(length);
  return length;
}

int may_go_on(void* argument, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(argument)->stop.stop_requested() ? 1 : 0;
}

bool is_hopeless(CURLcode code) {
  return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
         code == CURLE_LOGIN_DENIED;
}

void set_up(Transfer& transfer, const std::string& url, Duration limit) {
  CURL* const easy = transfer.easy.get();
  const auto limit_ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "muster/" MUSTER_VERSION);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // waits for no name server that hangs
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limit_ms));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (is_loopback(url)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.problem);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, may_go_on);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
}

TransferEnd perform(Transfer& transfer) {
  CURL* const easy = transfer.easy.get();
  const CURLcode code = curl_easy_perform(easy);
  TransferEnd& end = transfer.end;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  end.status = static_cast<int>(status);
  const bool cut = code == CURLE_WRITE_ERROR && transfer.received > kMostRead;
  end.complete = code == CURLE_OK || cut;
  end.hopeless = is_hopeless(code);
  if (!end.complete)
    end.problem = *transfer.problem == '\0' ? curl_easy_strerror(code) : transfer.problem;
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  end.wait = std::clamp<Duration>(
      std::chrono::seconds(std::min<curl_off_t>(seconds, kLongestWait.count())),
      Duration::zero(),
      kLongestWait);
  return std::move(end);
}

std::string host_in(const std::string& url) {
  const CurlUrl parsed(curl_url());
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK)
    return "";
  const std::unique_ptr<char, CurlRelease<&curl_free>> owned(text);
  return text;
}

}  // namespace

void prepare_transfers() {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // counted by libcurl
}

bool is_loopback(const std::string& url) {
  std::string host = host_in(url);
  if (host == "localhost") return true;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  boost::system::error_code no_literal;
  const auto address = boost::asio::ip::make_address(host, no_literal);
  return !no_literal && address.is_loopback();
}

TransferEnd post(const WebPost& wanted, const std::stop_token& stop) {
  Transfer transfer{.stop = stop};
  CURL* const easy = transfer.easy.get();
  set_up(transfer, wanted.url, wanted.limit);
  std::vector<std::string> headers = wanted.headers;
  headers.emplace_back("Expect:");  // no waiting for 100 Continue
  transfer.list = curl_list_of(headers);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.list.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(wanted.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, wanted.body.data());
  return perform(transfer);
}

TransferEnd drop(const MailDrop& wanted, const std::stop_token& stop) {
  Transfer transfer{.stop = stop, .unsent = wanted.message};
  CURL* const easy = transfer.easy.get();
  set_up(transfer, wanted.url, wanted.limit);
  transfer.list = curl_list_of(wanted.to);
  const auto encryption = is_loopback(wanted.url) ? CURLUSESSL_NONE : CURLUSESSL_ALL;
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(encryption));
  if (!wanted.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, wanted.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, wanted.password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, wanted.from.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer.list.get());
  // One address that has gone keeps the others from nothing.
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(wanted.message.size()));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_message);
  curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
  return perform(transfer);
}

}  // namespace muster
