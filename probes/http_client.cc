#include "probes/http_client.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio.hpp>

#include "probes/http_call.h"
#include "probes/prober.h"

namespace muster {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;

/// libcurl looks every connection of a multi handle over for each request, and polls none of them
/// itself: many small multi handles, and one epoll on which a kept connection stays registered,
/// keep a request at constant cost.
constexpr std::uint32_t kLeastShards = 16;
constexpr std::uint32_t kMostShards = 64;
constexpr std::size_t kMostInShard = 64;
/// Some 20 us each: when thousands of answers come at once, what is due is still sent in time.
constexpr int kEventsPerTurn = 16;

namespace {

class CurlClient;

struct Shard {
  CurlClient* client = nullptr;
  CurlMulti multi;
  std::optional<SteadyTime> deadline;  ///< when libcurl wants to be called for its own timers
};

/// One easy handle, used again and again, always in the same shard.
struct Slot {
  Shard* shard = nullptr;
  std::uint32_t user = 0;
  CurlEasy easy;
  std::shared_ptr<const HttpCall> call;
  std::string address;
  CurlList connect_to;
  CurlList resolve;
  long timeout_ms = 0;
  long connect_ms = 0;
  std::size_t received = 0;
  std::string body;
  HttpClient::Handler handler;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* argument) {
  Slot& slot = *static_cast<Slot*>(argument);
  const std::size_t room = kMostBody - std::min(kMostBody, slot.received);
  slot.received += count;
  if (slot.call->request.keep_body) slot.body.append(bytes, std::min(room, count));
  return slot.received > kMostBody ? 0 : count;
}

std::string header_of(CURL* easy, const std::string& name) {
  curl_header* header = nullptr;
  if (name.empty() ||
      curl_easy_header(easy, name.c_str(), 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return {};
  return header->value;
}

Duration time_of(CURL* easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return std::chrono::microseconds(value);
}

long number_of(CURL* easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

HttpAnswer answer_of(Slot& slot, CURLcode code) {
  CURL* easy = slot.easy.get();
  const bool cut = code == CURLE_WRITE_ERROR && slot.received > kMostBody;
  HttpAnswer answer;
  answer.outcome = outcome_of_transfer(cut ? CURLE_OK : code, number_of(easy, CURLINFO_OS_ERRNO));
  answer.status = static_cast<int>(number_of(easy, CURLINFO_RESPONSE_CODE));
  answer.body = std::move(slot.body);
  for (const std::string& name : slot.call->request.wanted_headers)
    answer.headers.push_back(header_of(easy, name));
  const Duration ready = time_of(easy, CURLINFO_PRETRANSFER_TIME_T);
  const Duration first_byte = time_of(easy, CURLINFO_STARTTRANSFER_TIME_T);
  answer.reached = ready > Duration::zero();
  if (answer.reached) answer.first_byte_us = microseconds(first_byte - ready);
  if (number_of(easy, CURLINFO_NUM_CONNECTS) > 0) {
    const Duration connected = time_of(easy, CURLINFO_CONNECT_TIME_T);
    const Duration secured = time_of(easy, CURLINFO_APPCONNECT_TIME_T);
    answer.connect_us = microseconds(connected - time_of(easy, CURLINFO_NAMELOOKUP_TIME_T));
    if (secured > Duration::zero()) answer.tls_us = microseconds(secured - connected);
  }
  return answer;
}

class CurlClient final : public HttpClient {
 public:
  CurlClient(asio::any_io_executor executor, HttpClientOptions options)
      : options_(std::move(options)),
        epoll_(executor, ::epoll_create1(EPOLL_CLOEXEC)),
        timer_(executor),
        users_(std::max(options_.users, 1U)),
        idle_(users_) {
    curl_global_init(CURL_GLOBAL_DEFAULT);  // counted by libcurl
    const auto busy = static_cast<std::uint32_t>(options_.most_in_flight / kMostInShard);
    shards_.resize(std::clamp(std::max(users_, busy), kLeastShards, kMostShards));
    own_shards_ = options_.one_connection_each
                      ? 1
                      : std::max(static_cast<std::uint32_t>(shards_.size()) / users_, 1U);
    const std::size_t most = options_.most_in_flight + users_;  // who waits keeps one as well
    const auto kept = static_cast<long>(std::max<std::size_t>(most / shards_.size(), 16) + 8);
    for (Shard& shard : shards_) open(shard, kept);
    if (options_.cookies) cookies_.resize(users_);
    wait_for_events();
  }

  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  ~CurlClient() override {
    closing_ = true;
    for (const auto& slot : slots_)
      curl_multi_remove_handle(slot->shard->multi.get(), slot->easy.get());
    slots_.clear();
    shards_.clear();
    cookies_.clear();
    curl_global_cleanup();
  }

  void send(std::uint32_t user,
            std::shared_ptr<const HttpCall> call,
            const std::string& address,
            Duration timeout,
            Duration connect_within,
            Handler handler) override {
    Slot& slot = idle_slot(user % users_);
    if (slot.call != call) prepare(slot, std::move(call));
    direct(slot, address.empty() ? slot.call->host : address);
    limit(slot, timeout, connect_within);
    slot.handler = std::move(handler);
    slot.received = 0;
    slot.body.clear();
    Shard& shard = *slot.shard;
    curl_multi_add_handle(shard.multi.get(), slot.easy.get());
    if (shard.deadline && *shard.deadline <= std::chrono::steady_clock::now()) timers_of(shard);
    arm();
  }

 private:
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  /// Beside CURL_POLL_IN and OUT: only the end of the connection.
  static constexpr std::uint8_t kClosingOnly = 128;

  struct Descriptor {
    std::uint8_t registered = 0;  ///< what the epoll watches
    std::uint8_t wanted = 0;      ///< what libcurl wants
    std::uint32_t user = kNobody;
    Shard* shard = nullptr;
    std::string address;
  };

  void open(Shard& shard, long kept) {
    shard.client = this;
    shard.multi.reset(curl_multi_init());
    CURLM* multi = shard.multi.get();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kept);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlClient::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &shard);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlClient::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &shard);
  }

  // Users have shards of their own while there are enough; a user's last used connection is used
  // first.
  Slot& idle_slot(std::uint32_t user) {
    std::vector<Slot*>& idle = idle_[user];
    if (!idle.empty()) {
      Slot* slot = idle.back();
      idle.pop_back();
      return *slot;
    }
    const auto shards = static_cast<std::uint32_t>(shards_.size());
    const std::uint32_t turn = static_cast<std::uint32_t>(slots_.size()) % own_shards_;
    auto slot = std::make_unique<Slot>();
    slot->user = user;
    slot->shard = &shards_[(user * own_shards_ + turn) % shards];
    slot->easy.reset(curl_easy_init());
    if (!slot->easy) throw std::bad_alloc();
    slots_.push_back(std::move(slot));
    return *slots_.back();
  }

  void prepare(Slot& slot, std::shared_ptr<const HttpCall> call) {
    CURL* easy = slot.easy.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // no environment may lead a probe elsewhere
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "muster/" MUSTER_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlClient::on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlClient::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    if (options_.cookies) {
      curl_easy_setopt(easy, CURLOPT_SHARE, cookies_of(slot.user));
      curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");  // no file: it turns cookies on
    }
    call->apply_to(easy);
    slot.call = std::move(call);
    slot.timeout_ms = 0;
    slot.connect_ms = 0;
    slot.address.clear();
    slot.connect_to.reset();
    slot.resolve.reset();
  }

  CURLSH* cookies_of(std::uint32_t user) {
    CurlShare& share = cookies_[user];
    if (!share) {
      share.reset(curl_share_init());
      if (!share) throw std::bad_alloc();
      curl_share_setopt(share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    }
    return share.get();
  }

  /// libcurl tells the connections of a multi handle apart by the name they were made to: a name
  /// for each user and address, known to nobody else, keeps each user's connections his own. The
  /// server sees the URL's host all the same.
  static void direct(Slot& slot, const std::string& address) {
    if (slot.address == address) return;
    std::string name = fmt::format("u{}-{}", slot.user, address);
    std::ranges::replace_if(
        name, [](char letter) { return letter == '.' || letter == ':' || letter == '%'; }, '-');
    const bool v6 = address.find(':') != std::string::npos;
    CurlList target = curl_list_of({fmt::format("::{}:", name)});
    CurlList known = curl_list_of(
        {fmt::format("{}:{}:{}", name, slot.call->port, v6 ? "[" + address + "]" : address)});
    curl_easy_setopt(slot.easy.get(), CURLOPT_CONNECT_TO, target.get());
    curl_easy_setopt(slot.easy.get(), CURLOPT_RESOLVE, known.get());
    slot.connect_to = std::move(target);
    slot.resolve = std::move(known);
    slot.address = address;
  }

  static void limit(Slot& slot, Duration timeout, Duration connect_within) {
    set_limit(slot, CURLOPT_TIMEOUT_MS, timeout, slot.timeout_ms);
    set_limit(slot, CURLOPT_CONNECTTIMEOUT_MS, connect_within, slot.connect_ms);
  }

  static void set_limit(Slot& slot, CURLoption option, Duration length, long& known) {
    const long ms = std::max<long>(std::chrono::ceil<std::chrono::milliseconds>(length).count(), 1);
    if (ms == known) return;
    curl_easy_setopt(slot.easy.get(), option, ms);
    known = ms;
  }

  void wait_for_events() {
    epoll_.async_wait(asio::posix::descriptor_base::wait_read,
                      [this](boost::system::error_code error) {
                        if (error) return;
                        turn();
                        wait_for_events();
                      });
  }

  void turn() {
    // What was ready stays on the epoll's list until somebody looks again and finds it is not: if
    // not here, the loop around it would wake up for nothing, at the cost of three system calls.
    for (int handled = 0, count = 1; count > 0 && handled < kEventsPerTurn; handled += count) {
      epoll_event events[kEventsPerTurn];
      count = ::epoll_wait(epoll_.native_handle(), events, kEventsPerTurn, 0);
      for (int i = 0; i < count; ++i) happened(events[i].data.fd, events[i].events);
    }
    arm();
  }

  void happened(int descriptor, std::uint32_t events) {
    Descriptor& state = descriptors_.at(static_cast<std::size_t>(descriptor));
    if (state.registered == 0) return;
    if (state.wanted == 0) return unasked(state, descriptor, events);
    int what = 0;
    if ((events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
    act(*state.shard, descriptor, what);
  }

  /// Something on a kept connection that nobody is using. What libcurl makes of it waits until it
  /// next looks for a connection; that the other end closed is told now.
  void unasked(Descriptor& state, int descriptor, std::uint32_t events) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) {
      // Bytes, such as a ticket of TLS or a frame of HTTP/2, must not ring again and again.
      register_for(state, descriptor, kClosingOnly);
      return;
    }
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
    state.registered = 0;
    if (!options_.closed || state.user == kNobody) return;
    options_.closed({state.user, state.address, (events & EPOLLERR) != 0});
  }

  void act(Shard& shard, curl_socket_t socket, int what) {
    int running = 0;
    curl_multi_socket_action(shard.multi.get(), socket, what, &running);
    collect(shard);
  }

  void timers_of(Shard& shard) {
    shard.deadline.reset();
    act(shard, CURL_SOCKET_TIMEOUT, 0);
  }

  void collect(Shard& shard) {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(shard.multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      Slot* slot = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
      HttpAnswer answer = answer_of(*slot, code);
      curl_multi_remove_handle(shard.multi.get(), easy);
      const Handler handler = std::move(slot->handler);
      idle_[slot->user].push_back(slot);
      handler(answer);
    }
  }

  void arm() {
    std::optional<SteadyTime> next;
    for (const Shard& shard : shards_) {
      if (shard.deadline && (!next || *shard.deadline < *next)) next = shard.deadline;
    }
    // A timer that rings too early costs one look; setting it for every request costs a system call
    // each.
    if (!next || (armed_ && *armed_ <= *next)) return;
    armed_ = next;
    timer_.expires_at(*next);
    timer_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      armed_.reset();
      const SteadyTime now = std::chrono::steady_clock::now();
      for (Shard& shard : shards_) {
        if (shard.deadline && *shard.deadline <= now) timers_of(shard);
      }
      arm();
    });
  }

  static int on_timer(CURLM*, long ms, void* argument) {
    Shard& shard = *static_cast<Shard*>(argument);
    if (ms < 0) {
      shard.deadline.reset();
    } else {
      shard.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    }
    return 0;
  }

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* argument, void*) {
    Shard& shard = *static_cast<Shard*>(argument);
    shard.client->watch(shard, easy, socket, what);
    return 0;
  }

  void watch(Shard& shard, CURL* easy, int socket, int what) {
    if (closing_) return;
    if (descriptors_.size() <= static_cast<std::size_t>(socket))
      descriptors_.resize(static_cast<std::size_t>(socket) + 64);
    Descriptor& state = descriptors_[static_cast<std::size_t>(socket)];
    state.shard = &shard;
    state.wanted = static_cast<std::uint8_t>(what == CURL_POLL_REMOVE ? 0 : what & CURL_POLL_INOUT);
    if (what == CURL_POLL_REMOVE && state.registered == 0) return;
    if (state.user == kNobody) belongs_to(state, easy);
    // Reading is watched always, also on kept connections: no system call per request for it.
    register_for(state, socket, static_cast<std::uint8_t>(state.wanted | CURL_POLL_IN));
  }

  void register_for(Descriptor& state, int socket, std::uint8_t watched) {
    if (state.registered == watched) return;
    epoll_event event{};
    event.events = EPOLLRDHUP;
    if ((watched & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((watched & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    event.data.fd = socket;
    ::epoll_ctl(epoll_.native_handle(),
                state.registered != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                socket,
                &event);
    state.registered = watched;
  }

  static void belongs_to(Descriptor& state, CURL* easy) {
    Slot* slot = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    if (slot == nullptr) return;
    state.user = slot->user;
    state.address = slot->address;
  }

  /// libcurl closes a socket that is still connecting without a word, and the next one may have its
  /// number: nothing that was known of that is true of a new one.
  static curl_socket_t on_open(void* argument, curlsocktype, curl_sockaddr* address) {
    const int socket =
        ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket < 0) return CURL_SOCKET_BAD;
    static_cast<CurlClient*>(argument)->forget(socket);
    return socket;
  }

  static int on_close(void* argument, curl_socket_t socket) {
    static_cast<CurlClient*>(argument)->forget(socket);
    return ::close(socket);
  }

  void forget(int socket) {
    const auto index = static_cast<std::size_t>(socket);
    if (index < descriptors_.size()) descriptors_[index] = {};
  }

  const HttpClientOptions options_;
  asio::posix::stream_descriptor epoll_;
  asio::steady_timer timer_;
  std::optional<SteadyTime> armed_;
  const std::uint32_t users_;
  std::uint32_t own_shards_ = 1;    ///< over which the requests of one user are spread
  std::vector<CurlShare> cookies_;  ///< of each user, where they are kept
  std::vector<Descriptor> descriptors_;
  std::vector<Shard> shards_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::vector<Slot*>> idle_;  ///< of each user, last used last
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(asio::any_io_executor executor,
                                             HttpClientOptions options) {
  return std::make_unique<CurlClient>(std::move(executor), std::move(options));
}

}  // namespace muster
