#include "faults/setting/api.h"

#include <algorithm>
#include <memory>
#include <thread>

#include <curl/curl.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLargestAnswer = 1U << 20U;
constexpr Duration kOneRequest = 5s;
constexpr Duration kFirstPause = 500ms;
constexpr Duration kLongestPause = 8s;

std::string optional_text(const json::object& object, std::string_view key) {
  return find(object, key) == nullptr ? std::string() : text_at(object, key);
}

/// Status codes that say "not now" rather than "no".
bool may_be_asked_again(long status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

const json::value& look_up(const json::value& answer, const std::string& pointer) {
  boost::system::error_code error;
  const json::value* const found = answer.find_pointer(pointer, error);
  if (found == nullptr) fail("its answer has no {}", pointer);
  return *found;
}

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct HandleFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  std::string& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > kLargestAnswer) return 0;
  body.append(bytes, size * count);
  return size * count;
}

}  // namespace

SettingApi SettingApi::from_json(const json::object& object) {
  SettingApi api;
  api.url = text_at(object, "url");
  api.value = text_at(object, "value");
  api.method = text_at(object, "method");
  api.write = optional_text(object, "write");
  if (api.write.empty()) api.write = api.url;
  api.body = text_at(object, "body");
  api.ok = optional_text(object, "ok");
  const json::value* const headers = find(object, "headers");
  if (headers != nullptr && !headers->is_object()) fail("'headers' is not an object");
  if (headers != nullptr)
    for (const auto& [name, text] : headers->get_object()) {
      if (!text.is_string()) fail("header '{}' is not text", std::string(name));
      api.headers.push_back(fmt::format("{}: {}", std::string(name), text.get_string().c_str()));
    }
  return api;
}

/// Piece by piece: a secret is looked for in no value, and a value in no secret.
std::string body_of_write(const std::string& body,
                          std::string_view value,
                          std::vector<Secret>& used) {
  constexpr std::string_view kMark = "{value}";
  std::string_view left = body;
  std::string whole;
  for (std::size_t at = left.find(kMark); at != std::string::npos; at = left.find(kMark)) {
    whole += with_secrets(left.substr(0, at), used);
    whole += value;
    left.remove_prefix(at + kMark.size());
  }
  return whole + with_secrets(left, used);
}

struct SettingClient::Answer {
  long status = 0;  ///< 0 where none came
  Duration retry_after{};
  std::string body;
  std::string problem;  ///< why none came
};

SettingClient::SettingClient(SettingApi api, Clock::time_point until)
    : api_(std::move(api)), until_(until) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

SettingClient::Answer SettingClient::ask_once(const Question& question) {
  std::vector<Secret> used;
  const std::unique_ptr<CURL, HandleFree> handle(curl_easy_init());
  std::unique_ptr<curl_slist, ListFree> headers;
  const auto add_header = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) fail("out of memory");
    (void)headers.release();
    headers.reset(longer);
  };
  if (handle == nullptr) fail("out of memory");
  add_header("Accept: application/json");
  if (!question.body.empty()) add_header("Content-Type: application/json");
  for (const std::string& header : api_.headers) add_header(with_secrets(header, used));
  const std::string sent = body_of_write(question.body, question.value, used);
  for (const Secret& secret : used) redactor_.hide(secret);

  Answer answer;
  char problem[CURL_ERROR_SIZE] = "";
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::clamp<Duration>(until_ - Clock::now(), 1ms, kOneRequest));
  CURL* const curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, question.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);  // a token is for one address only
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit.count());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question.method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  if (!sent.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
  const CURLcode outcome = curl_easy_perform(curl);
  if (outcome != CURLE_OK) {
    answer.problem = *problem == '\0' ? curl_easy_strerror(outcome) : problem;
    return answer;
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t seconds = 0;
  if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK)
    answer.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, 3600));
  return answer;
}

json::value SettingClient::ask(const Question& question) {
  const std::string& method = question.method;
  Duration pause = kFirstPause;
  for (;;) {
    const Answer answer = ask_once(question);
    const std::string shown = printable(redactor_.clean(question.url), 200);
    if (!may_be_asked_again(answer.status)) {
      const std::string text = printable(redactor_.clean(answer.body), 300);
      if (answer.status < 200 || answer.status > 299)
        fail("{} {}: status {}: {}", method, shown, answer.status, text);
      json::value parsed;
      if (!answer.body.empty()) parsed = parse_json(answer.body, shown);
      if (!api_.ok.empty()) {
        const json::value& ok = look_up(parsed, api_.ok);
        if (!ok.is_bool() || !ok.get_bool())
          fail("{} {}: {} is not true: {}", method, shown, api_.ok, text);
      }
      return parsed;
    }
    const Duration wait = std::max(pause, answer.retry_after);
    if (Clock::now() + wait >= until_)
      fail("{} {}: {}",
           method,
           shown,
           answer.status == 0
               ? redactor_.clean(answer.problem)
               : fmt::format(
                     "status {}: {}", answer.status, printable(redactor_.clean(answer.body), 300)));
    std::this_thread::sleep_for(wait);
    pause = std::min(2 * pause, kLongestPause);
  }
}

std::string SettingClient::read() {
  const json::value answer = ask({"GET", api_.url, {}, {}});
  return redactor_.clean(compact_json(look_up(answer, api_.value)));
}

void SettingClient::write(const std::string& value) {
  ask({api_.method, api_.write, api_.body, value});
}

}  // namespace muster
