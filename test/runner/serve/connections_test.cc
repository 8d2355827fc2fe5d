#include <deque>

#include "test/runner/serve/web_client.h"

using namespace muster;

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

BOOST_AUTO_TEST_SUITE_END()
