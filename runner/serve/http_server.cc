#include "runner/serve/http_server.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "runner/serve/rate_limit.h"
#include "runner/serve/web_wire.h"

namespace muster {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kReadAtOnce = 16U << 10U;
constexpr std::size_t kPiece = 64U << 10U;   ///< written within one `patience`
constexpr std::size_t kMostTurnedAway = 64;  ///< at one time; further ones are closed in silence
constexpr Duration kToTurnAway = std::chrono::seconds(2);
constexpr Duration kAfterFailedAccept = std::chrono::milliseconds(100);

std::string text_of(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.to_string();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
}

tcp::acceptor listen_on(const asio::any_io_executor& executor, const WebServerOptions& options) {
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(options.address, problem);
  if (problem)
    fail("cannot listen on {}: it is no IP address; give one, such as 127.0.0.1", options.address);
  if (options.port < 0 || options.port > 65535) fail("{} is no port", options.port);
  const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options.port));
  try {
    return tcp::acceptor(executor, endpoint, true);
  } catch (const boost::system::system_error& error) {
    fail("cannot listen on {} port {}: {}; choose another in the settings, under serve",
         options.address,
         options.port,
         error.code().message());
  }
}

class WebConnection;

/// What the server and its connections share.
struct ServerState {
  ServerState(const asio::any_io_executor& executor,
              WebServerOptions chosen,
              Log& told,
              WebHandler answers)
      : options(std::move(chosen)),
        log(told),
        handler(std::move(answers)),
        tls(options.certificate.empty() ? nullptr : make_tls(options.certificate, options.key)),
        acceptor(listen_on(executor, options)),
        tasks(executor) {}

  void complain(std::string_view what, const std::string& about, const std::exception& error) {
    log.error(what, {{"about", printable(about)}, {"problem", printable(error.what())}});
  }

  WebServerOptions options;
  Log& log;
  WebHandler handler;
  SystemClock clock;
  std::unique_ptr<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  std::set<WebConnection*> connections;
  std::size_t turned_away = 0;  ///< connections on which that is just being said
  bool stopping = false;
  TaskGroup tasks;  ///< last: the tasks use the others
};

using Server = std::shared_ptr<ServerState>;

/// Sets it however the scope ends.
struct AtEnd {
  Happening& happening;
  ~AtEnd() { happening.set(); }
};

/// One connection, from the handshake to its end.
class WebConnection {
 public:
  WebConnection(ServerState& server, tcp::socket socket, std::string peer)
      : server_(server),
        peer_(std::move(peer)),
        address_(address_key(peer_)),
        waits_since_(server.clock.now()),
        executor_(socket.get_executor()),
        wire_(make_web_wire(std::move(socket), server.tls.get())) {
    server_.connections.insert(this);
  }
  WebConnection(const WebConnection&) = delete;
  WebConnection& operator=(const WebConnection&) = delete;
  ~WebConnection() { server_.connections.erase(this); }

  const std::string& address() const { return address_; }
  bool is_strange() const { return !known_; }
  bool has_ended() const { return ended_; }
  bool is_busy() const { return busy_ || wire_->has_unread(); }

  /// How much it is needed, among those that are not busy.
  std::tuple<bool, bool, Time> need() const { return {known_, streams_, waits_since_}; }

  /// Ends it where no answer is on its way.
  void end_unless_busy() {
    if (is_busy()) return;
    ended_ = true;
    wire_->cut();
  }

  Task<> serve() {
    wire_->allow(server_.options.patience);
    co_await wire_->greet();
    bool again = true;
    for (std::size_t count = 1; again && !server_.stopping; ++count) {
      RequestReader reader(server_.options.limits);
      const Duration idle = count == 1 ? server_.options.patience : server_.options.keep_alive;
      const bool came = co_await read(reader, idle);
      if (!came) break;
      busy_ = true;
      again = reader.keeps_alive() && count < server_.options.most_requests;
      co_await answer(reader, again);
      busy_ = false;
      waits_since_ = server_.clock.now();
    }
    co_await wire_->close();
  }

 private:
  /// False where the other side closed before the end of the request.
  Task<bool> read(RequestReader& reader, Duration idle) {
    using Stage = RequestReader::Stage;
    if (unread_.empty()) {
      wire_->allow(idle);
      const bool more = co_await read_more();
      if (!more) co_return false;
    }
    wire_->allow(server_.options.patience);
    Stage before = reader.stage();
    for (;;) {
      unread_.erase(0, reader.take(unread_));
      const Stage stage = reader.stage();
      if (stage == Stage::Done || stage == Stage::Refused) co_return true;
      if (stage != before) {
        before = stage;
        wire_->allow(server_.options.patience);
        if (reader.waits_to_continue()) co_await wire_->write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      const bool more = co_await read_more();
      if (!more) co_return false;
    }
  }

  Task<bool> read_more() {
    buffer_.resize(kReadAtOnce);
    const std::size_t count = co_await wire_->read(buffer_.data(), buffer_.size());
    unread_.append(buffer_, 0, count);
    co_return count > 0;
  }

  Task<> answer(RequestReader& reader, bool& again) {
    if (reader.stage() == RequestReader::Stage::Refused) {
      again = false;
      co_await send(problem(reader.refusal()), true, again);
      co_return;
    }
    WebRequest request = std::move(reader).request();
    request.peer = peer_;
    request.encrypted = server_.tls != nullptr;
    request.recognised = [this] {
      known_ = true;
    };
    const bool with_body = request.method != "HEAD";
    WebResponse response = co_await ask(std::move(request));
    known_ = response.for_known_caller;
    again = again && !server_.stopping && !response.stream;
    co_await send(std::move(response), with_body, again);
  }

  /// The handler's answer, or 500 where it throws.
  Task<WebResponse> ask(WebRequest request) {
    const std::string where = request.method + " " + request.path;
    std::exception_ptr error;
    try {
      co_return co_await server_.handler(std::move(request));
    } catch (const std::exception& thrown) {
      error = std::current_exception();
      if (!is_cancellation(error)) server_.complain("a request failed", where, thrown);
    }
    if (is_cancellation(error)) co_await throw_if_cancelled();
    co_return broken();
  }

  static WebResponse broken() {
    return problem(500, "something went wrong here; the server's log says what");
  }

  ResponseFrame frame(bool again) const {
    return {server_.tls != nullptr, again, server_.clock.utc_now()};
  }

  std::string head_of(WebResponse& response, bool again) {
    try {
      return response_head(response, frame(again));
    } catch (const Error& error) {
      server_.complain("a response could not be sent", peer_, error);
      response = broken();
      return response_head(response, frame(again));
    }
  }

  Task<> send(WebResponse response, bool with_body, bool again) {
    std::string bytes = head_of(response, again);
    if (with_body && response.status != 204 && response.status != 304) bytes += response.body;
    for (std::size_t sent = 0; sent < bytes.size(); sent += kPiece) {
      const std::string_view piece = std::string_view(bytes).substr(sent, kPiece);
      wire_->allow(server_.options.patience);
      co_await wire_->write(piece);
    }
    if (!response.stream || !with_body) co_return;
    busy_ = false;  // a stream has no end that is worth to be waited for
    streams_ = true;
    co_await stream(std::move(response));
  }

  /// Until the stream ends or the other side goes, whichever comes first.
  Task<> stream(WebResponse response) {
    wire_->allow_for_ever();
    TaskGroup group(executor_);
    Happening over(executor_);
    group.spawn(watch(over));  // first: its read has no limit, the writes that follow have
    group.spawn(produce(std::move(response), over));
    std::exception_ptr cancelled;
    try {
      co_await over.wait();
    } catch (const boost::system::system_error&) {
      cancelled = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await group.stop();
    if (cancelled) std::rethrow_exception(cancelled);
  }

  Task<> produce(WebResponse response, Happening& over) {
    const AtEnd set_over{over};
    std::function<Task<>(std::string)> send_piece = [this](std::string piece) {
      return write_piece(std::move(piece));
    };
    try {
      co_await response.stream(std::move(send_piece));
    } catch (const Error& error) {
      server_.complain("a stream failed", peer_, error);
    }
  }

  Task<> write_piece(std::string piece) {
    wire_->allow(server_.options.patience);
    co_await wire_->write(piece);
  }

  /// Whoever reads a stream has nothing more to say: a byte from it ends it, as its going does.
  Task<> watch(Happening& over) {
    const AtEnd set_over{over};
    co_await read_more();
  }

  ServerState& server_;
  std::string peer_;
  std::string address_;  ///< address_key
  Time waits_since_;
  asio::any_io_executor executor_;
  std::unique_ptr<WebWire> wire_;
  std::string buffer_;
  std::string unread_;  ///< bytes that came and belong to no request yet
  bool busy_ = false;
  bool streams_ = false;
  bool known_ = false;  ///< whoever asked last
  bool ended_ = false;
};

Task<> serve_one(Server server, tcp::socket socket, std::string peer) {
  try {
    WebConnection connection(*server, std::move(socket), peer);
    co_await connection.serve();
  } catch (const boost::system::system_error&) {
    // The other side went away or was too slow, or the server stops: nobody is left to be told.
  } catch (const std::exception& error) {
    server->complain("a connection failed", peer, error);
  }
}

/// Among those that `counts` picks there is room for one more, or is made. False where there are
/// `most` and all are busy.
template <class Counts>
bool make_room(const ServerState& server, std::size_t most, Counts counts) {
  std::map<std::string, std::size_t> crowds;  // strangers of each address
  std::vector<WebConnection*> all;
  all.reserve(server.connections.size());
  for (WebConnection* each : server.connections) {
    if (each->has_ended() || !counts(*each)) continue;
    all.push_back(each);
    if (each->is_strange()) ++crowds[each->address()];
  }
  if (all.size() < most) return true;
  std::erase_if(all, [](const WebConnection* each) { return each->is_busy(); });
  if (all.empty()) return false;
  // Whoever comes alone is not driven out by a crowd.
  const auto need = [&](const WebConnection* each) {
    const auto crowd = each->is_strange() ? crowds[each->address()] : 0;
    return std::tuple(each->is_strange() ? 0 : 1, most - std::min(most, crowd), each->need());
  };
  (*std::ranges::min_element(all, {}, need))->end_unless_busy();
  return true;
}

bool has_room_for(const ServerState& server, const std::string& address) {
  const auto of_address = [&](const WebConnection& each) {
    return each.address() == address;
  };
  const auto strange = [](const WebConnection& each) {
    return each.is_strange();
  };
  const auto strange_of_address = [&](const WebConnection& each) {
    return strange(each) && of_address(each);
  };
  const auto any = [](const WebConnection&) {
    return true;
  };
  const WebServerOptions& options = server.options;
  return make_room(server, options.most_strangers_of_one_address, strange_of_address) &&
         make_room(server, options.most_connections_of_one_address, of_address) &&
         make_room(server, options.most_strangers, strange) &&
         make_room(server, options.most_connections, any);
}

/// Counts as long as it lives.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }

 private:
  std::size_t& count_;
};

/// Waits shortly until the answer was read: closed at once, what the client still sends would take
/// it from it.
Task<> turn_away(Server server, tcp::socket socket) {
  const Counted counted(server->turned_away);
  try {
    const auto wire = make_web_wire(std::move(socket), server->tls.get());
    wire->allow(kToTurnAway);
    co_await wire->greet();
    WebResponse full = problem(503, "there are too many connections; try again soon");
    full.headers.emplace_back("Retry-After", "5");
    const ResponseFrame frame{server->tls != nullptr, false, server->clock.utc_now()};
    const std::string text = response_head(full, frame) + full.body;
    co_await wire->write(text);
    co_await wire->close();
  } catch (const boost::system::system_error&) {
    // The other side went away or was too slow, or the server stops.
  }
}

void welcome(const Server& server, tcp::socket socket) {
  boost::system::error_code gone;
  const tcp::endpoint from = socket.remote_endpoint(gone);
  if (gone) return;
  socket.set_option(tcp::no_delay(true), gone);
  std::string peer = text_of(from.address());
  if (!has_room_for(*server, address_key(peer))) {
    if (server->turned_away < kMostTurnedAway)
      server->tasks.spawn(turn_away(server, std::move(socket)));
    return;
  }
  server->tasks.spawn(serve_one(server, std::move(socket), std::move(peer)));
}

Task<> accept_all(Server server) {
  for (;;) {
    auto [error, socket] =
        co_await server->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) {
      // Most likely this process has no descriptors left; some will be closed soon.
      co_await server->clock.sleep_for(kAfterFailedAccept);
    } else {
      welcome(server, std::move(socket));
    }
  }
}

Task<> say_farewell(Server server) {
  server->stopping = true;
  server->acceptor.close();
  for (WebConnection* connection : server->connections) connection->end_unless_busy();
  co_await with_deadline(server->clock, server->tasks.join(), server->options.farewell);
}

}  // namespace

struct WebServer::State : ServerState {
  using ServerState::ServerState;
};

WebServer::WebServer(asio::any_io_executor executor,
                     WebServerOptions options,
                     Log& log,
                     WebHandler handler)
    : state_(std::make_shared<State>(executor, std::move(options), log, std::move(handler))) {}

WebServer::~WebServer() = default;

int WebServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

Task<> WebServer::run() {
  const Server server = state_;
  std::exception_ptr ended;
  try {
    co_await accept_all(server);
  } catch (const boost::system::system_error&) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await say_farewell(server);
  std::rethrow_exception(ended);
}

}  // namespace muster
