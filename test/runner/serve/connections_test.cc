#include <deque>
#include <optional>

#include "test/runner/serve/web_client.h"

using namespace muster;
namespace asio = boost::asio;

// Who keeps a connection, where there are more than the server holds.

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Knows whoever says so.
Task<WebResponse> recognise(WebRequest request) {
  WebResponse response;
  response.for_known_caller = request.headers.contains("x-known");
  co_return response;
}

const std::string kKnown = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Known: 1\r\n\r\n";

/// What it is answered; 0 where it was closed.
Task<int> status_for(RawClient& client, std::string bytes) {
  co_await client.say(bytes);
  const std::string heard = co_await client.hear_one();
  co_return status_of(heard);
}

/// Recognises whoever says so at once, and answers nobody before the door opens.
struct SlowDoor {
  explicit SlowDoor(asio::io_context& loop) : opened(loop.get_executor()) {}

  Task<WebResponse> answer(WebRequest request) {
    ++asked;
    const bool known = request.headers.contains("x-known");
    if (known) request.recognised();
    if (request.path != "/quick") co_await opened.wait();
    WebResponse response;
    response.for_known_caller = known;
    co_return response;
  }

  Happening opened;
  int asked = 0;
};

/// A server behind such a door.
struct SlowLab {
  explicit SlowLab(WebServerOptions options)
      : lab([this](WebRequest request) { return door->answer(std::move(request)); },
            std::move(options)),
        door(std::in_place, lab.loop()) {}

  WebLab lab;
  std::optional<SlowDoor> door;
};

const std::string kQuick = "GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n";

Task<> a_while() {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
  co_await timer.async_wait(asio::use_awaitable);
}

Task<> until_asked(SlowDoor& door, int count) {
  while (door.asked < count) co_await a_while();
}

/// What comes until the other side closes, and whether it closed in peace: a connection that is
/// reset may take with it what was said before.
struct Heard {
  std::string text;
  bool in_peace = false;
};

Task<Heard> hear_to_the_end(RawClient& client) {
  Heard heard;
  auto [error, count] = co_await asio::async_read(
      client.socket(), asio::dynamic_buffer(heard.text), asio::as_tuple(asio::use_awaitable));
  heard.in_peace = error == asio::error::eof;
  co_return heard;
}

/// Whether it is one whole response with this status and this header.
bool is_whole(const std::string& response, int status, const std::string& header) {
  const std::size_t body = response.find("\r\n\r\n");
  const std::size_t length = response.find("Content-Length: ");
  return status_of(response) == status && body != std::string::npos && length < body &&
         response.find(header) < body &&
         response.size() == body + 4 + std::stoul(response.substr(length + 16));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connections)

BOOST_AUTO_TEST_CASE(the_longest_silent_stranger_makes_room_and_whoever_is_known_stays) {
  WebServerOptions options;
  options.most_connections = 4;
  options.most_strangers = 3;
  WebLab lab(recognise, options);
  const auto visit = [](WebLab& where, std::vector<int>& statuses) -> Task<> {
    std::deque<RawClient> all;
    for (int i = 0; i < 6; ++i) all.emplace_back(where);
    co_await all[0].connect();
    int status = co_await status_for(all[0], kKnown);
    statuses.push_back(status);
    for (int i = 1; i < 4; ++i) co_await all[static_cast<std::size_t>(i)].connect();
    // As long as there are three of them, one more stranger costs the first its place.
    for (int i = 4; i < 6; ++i) {
      RawClient& one = all[static_cast<std::size_t>(i)];
      co_await one.connect();
      status = co_await status_for(one, kGet);
      statuses.push_back(status);
    }
    for (const int i : {1, 2, 3, 0}) {
      RawClient& one = all[static_cast<std::size_t>(i)];
      status = co_await status_for(one, kGet);
      statuses.push_back(status);
    }
  };
  std::vector<int> statuses;
  BOOST_TEST(lab.during(visit(lab, statuses)));
  BOOST_TEST(statuses == std::vector<int>({200, 200, 200, 0, 0, 200, 200}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(silent_strangers_do_not_keep_anybody_out) {
  WebServerOptions options;
  options.most_strangers_of_one_address = 8;
  WebLab lab(recognise, options);
  const auto visit = [](WebLab& where, int& answered) -> Task<> {
    std::deque<RawClient> silent;
    for (int i = 0; i < 200; ++i) {
      RawClient& one = silent.emplace_back(where);
      co_await one.connect();
      co_await one.say("G");
    }
    for (int i = 0; i < 20; ++i) {
      RawClient client(where);
      co_await client.connect();
      const int status = co_await status_for(client, kGet);
      answered += status == 200 ? 1 : 0;
    }
  };
  int answered = 0;
  BOOST_TEST(lab.during(visit(lab, answered)));
  BOOST_TEST(answered == 20);
}

BOOST_AUTO_TEST_CASE(who_proved_a_token_is_no_stranger_while_the_answer_is_made) {
  WebServerOptions options;
  options.most_strangers = 2;
  options.most_strangers_of_one_address = 2;
  SlowLab slow(options);
  const auto visit = [](SlowLab& where, std::vector<int>& statuses) -> Task<> {
    std::deque<RawClient> known;
    for (int i = 1; i <= 5; ++i) {
      RawClient& one = known.emplace_back(where.lab);
      co_await one.connect();
      co_await one.say(kKnown);
      co_await until_asked(*where.door, i);
    }
    RawClient stranger(where.lab);
    co_await stranger.connect();
    int status = co_await status_for(stranger, kQuick);
    statuses.push_back(status);
    where.door->opened.set();
    for (RawClient& one : known) {
      const std::string heard = co_await one.hear_one();
      statuses.push_back(status_of(heard));
    }
  };
  std::vector<int> statuses;
  BOOST_TEST(slow.lab.during(visit(slow, statuses)));
  BOOST_TEST(statuses == std::vector<int>(6, 200), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_connection_whose_request_has_come_is_at_work_though_nobody_has_read_it) {
  WebServerOptions options;
  options.most_connections = 1;
  WebLab lab(recognise, options);
  const auto visit = [](WebLab& where, std::vector<int>& statuses) -> Task<> {
    for (int i = 0; i < 5; ++i) {
      RawClient first(where), second(where);
      co_await first.connect();
      int status = co_await status_for(first, kGet);
      statuses.push_back(status);
      co_await a_while();  // until nobody is at work on the first
      // The server, in this same loop, finds the second at its door before it reads the first.
      second.connect_at_once();
      first.say_at_once(kGet);
      const std::string heard = co_await first.hear_one();
      statuses.push_back(status_of(heard));
      first.leave();
      co_await a_while();
    }
  };
  std::vector<int> statuses;
  BOOST_TEST(lab.during(visit(lab, statuses)));
  BOOST_TEST(statuses == std::vector<int>(10, 200), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_is_turned_away_hears_it_whole) {
  WebServerOptions options;
  options.most_connections = 1;
  SlowLab slow(options);
  const auto visit = [](SlowLab& where, int& whole, int& status) -> Task<> {
    RawClient at_work(where.lab);
    co_await at_work.connect();
    co_await at_work.say(kGet);
    co_await until_asked(*where.door, 1);
    std::deque<RawClient> away;
    for (int i = 0; i < 10; ++i) {
      RawClient& one = away.emplace_back(where.lab);
      co_await one.connect();
      co_await one.say(kGet);
    }
    for (RawClient& one : away) {
      one.end_of_words();
      const Heard heard = co_await hear_to_the_end(one);
      whole += heard.in_peace && is_whole(heard.text, 503, "Retry-After: 5\r\n") ? 1 : 0;
    }
    where.door->opened.set();
    const std::string heard = co_await at_work.hear_one();
    status = status_of(heard);
  };
  int whole = 0, status = 0;
  BOOST_TEST(slow.lab.during(visit(slow, whole, status)));
  BOOST_TEST(whole == 10);
  BOOST_TEST(slow.door->asked == 1);
  BOOST_TEST(status == 200);
}

BOOST_AUTO_TEST_CASE(what_comes_behind_a_refusal_does_not_take_it_away) {
  WebLab lab(recognise);
  const auto visit = [](WebLab& where, std::string request, int& whole) -> Task<> {
    for (int i = 0; i < 5; ++i) {
      RawClient client(where);
      co_await client.connect();
      const bool said = co_await client.say(request);
      client.end_of_words();
      const Heard heard = co_await hear_to_the_end(client);
      whole += said && heard.in_peace && is_whole(heard.text, 413, "Connection: close\r\n") ? 1 : 0;
    }
  };
  int whole = 0;
  const std::string large = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400000\r\n\r\n" +
                            std::string(400'000, 'x');
  BOOST_TEST(lab.during(visit(lab, large, whole)));
  BOOST_TEST(whole == 5);
}

BOOST_AUTO_TEST_SUITE_END()
