#include "runner/serve/http_server.h"

#include "base/clock.h"
#include "base/error.h"
#include "test/runner/serve/web_client.h"

using namespace muster;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string kLastGet = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Says what it was asked.
Task<WebResponse> echo(WebRequest request) {
  WebResponse response;
  response.type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body + " from " +
                  request.peer + (request.encrypted ? " in secret" : "");
  co_return response;
}

Task<std::string> told(WebLab& lab, std::string bytes) {
  RawClient client(lab);
  co_await client.connect();
  co_await client.say(bytes);
  co_return co_await client.hear_all();
}

std::string answer_to(WebLab& lab, const std::string& bytes) {
  std::string heard;
  const auto visit = [](WebLab& where, std::string text, std::string& into) -> Task<> {
    into = co_await told(where, text);
  };
  BOOST_TEST(lab.during(visit(lab, bytes, heard)));
  return heard;
}

std::string answer_of(WebHandler handler, const std::string& bytes, WebServerOptions options = {}) {
  WebLab lab(std::move(handler), std::move(options));
  return answer_to(lab, bytes);
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.ends_with(end);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server)

BOOST_AUTO_TEST_CASE(it_answers_what_was_asked_and_by_whom) {
  const std::string heard =
      answer_of(echo,
                "POST /a%20b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: "
                "close\r\n\r\nhi");
  BOOST_TEST(status_of(heard) == 200);
  BOOST_TEST(ends_with(heard, "\r\n\r\nPOST /a b hi from 127.0.0.1"));
  BOOST_TEST(heard.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
  BOOST_TEST(heard.find("Cache-Control: no-store\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(head_has_the_length_of_get_and_no_body) {
  const std::string heard =
      answer_of(echo, "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  BOOST_TEST(heard.find("Content-Length: 22\r\n") != std::string::npos);
  BOOST_TEST(ends_with(heard, "\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_told_and_the_connection_ends) {
  // A second request behind a bad one must not be taken for one: nobody knows where it begins.
  for (const auto& [status, bytes] : std::vector<std::pair<int, std::string>>{
           {400,
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0\r\n\r\n"},
           {411,
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
           {400, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"},
           {413, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n"},
           {421, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
           {400, "GET /\r\n"},
           {431, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"},
           {405, "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n"}}) {
    const std::string heard = answer_of(echo, bytes + kGet);
    BOOST_TEST_CONTEXT(bytes.substr(0, 80)) {
      BOOST_TEST(status_of(heard) == status);
      BOOST_TEST(heard.find("HTTP/1.1 200") == std::string::npos);
      BOOST_TEST(heard.find("Connection: close\r\n") != std::string::npos);
      BOOST_TEST((heard.find("Allow: GET, HEAD, POST, DELETE\r\n") != std::string::npos) ==
                 (status == 405));
    }
  }
}

BOOST_AUTO_TEST_CASE(requests_that_come_together_are_answered_one_after_the_other) {
  const std::string heard =
      answer_of(echo,
                "GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /2 HTTP/1.1\r\nHost: "
                "localhost\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: "
                "localhost\r\nConnection: close\r\n\r\nGET /4");
  const std::size_t first = heard.find("GET /1  from");
  const std::size_t second = heard.find("POST /2 abc from");
  const std::size_t third = heard.find("GET /3  from");
  BOOST_TEST(first < second);
  BOOST_TEST(second < third);
  BOOST_TEST(third < heard.size());
  BOOST_TEST(heard.find("/4") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thousand_requests_are_answered_on_one_connection_and_then_no_more) {
  WebServerOptions options;
  options.most_requests = 1000;
  WebLab lab(echo, options);
  const auto visit = [](WebLab& where, int& answered, std::string& rest) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    for (int i = 0; i < 1000; ++i) {
      co_await client.say(kGet);
      const std::string heard = co_await client.hear_one();
      answered += status_of(heard) == 200 ? 1 : 0;
    }
    co_await client.say(kGet);
    rest = co_await client.hear_all();
  };
  int answered = 0;
  std::string rest = "none";
  BOOST_TEST(lab.during(visit(lab, answered, rest)));
  BOOST_TEST(answered == 1000);
  BOOST_TEST(rest == "");
}

BOOST_AUTO_TEST_CASE(whoever_waits_to_send_its_body_is_told_to) {
  WebLab lab(echo);
  const auto visit = [](WebLab& where, std::string& go_on, std::string& answer) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    co_await client.say(
        "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n");
    go_on = co_await client.hear_one();
    co_await client.say("ok");
    answer = co_await client.hear_one();
  };
  std::string go_on;
  std::string answer;
  BOOST_TEST(lab.during(visit(lab, go_on, answer)));
  BOOST_TEST(go_on == "HTTP/1.1 100 Continue\r\n\r\n");
  BOOST_TEST(ends_with(answer, "POST / ok from 127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(whoever_is_slow_is_cut) {
  WebServerOptions options;
  options.patience = std::chrono::milliseconds(40);
  options.keep_alive = options.patience;
  WebLab lab(echo, options);
  // A byte now and then does not help: the whole head has to come in time.
  const auto drip = [](WebLab& where, std::string said, std::string& heard) -> Task<> {
    RawClient client(where);
    SystemClock clock;
    co_await client.connect();
    co_await client.say(said);
    bool open = true;
    for (int i = 0; i < 500 && open; ++i) {
      co_await clock.sleep_for(std::chrono::milliseconds(10));
      co_await client.say("x");
      boost::system::error_code gone;
      open = client.socket().available(gone) == 0 && !gone;
      char letter = 0;
      client.socket().non_blocking(true);
      client.socket().receive(
          boost::asio::buffer(&letter, 1), boost::asio::socket_base::message_peek, gone);
      open = gone == boost::asio::error::would_block;
    }
    heard = open ? "still open" : "cut";
  };
  for (const std::string said :
       {"GET / HTTP/1.1\r\nX: ",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"}) {
    std::string heard;
    WebLab each(echo, options);
    BOOST_TEST(each.during(drip(each, said, heard)));
    BOOST_TEST(heard == "cut");
  }
  BOOST_TEST(answer_to(lab, "") == "");
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_stays_here) {
  const auto throwing = [](WebRequest request) -> Task<WebResponse> {
    if (request.path == "/error") fail("the password is hunter2");
    if (request.path == "/other") throw std::runtime_error("the password is hunter2");
    if (request.path == "/aborted")
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    WebResponse response;
    response.headers.emplace_back("Location", "/a\r\nX-Injected: yes");
    co_return response;
  };
  WebLab lab(throwing);
  const auto visit = [](WebLab& where, std::vector<std::string>& heard) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    for (const std::string path : {"/error", "/other", "/aborted", "/header"}) {
      co_await client.say("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      std::string one = co_await client.hear_one();
      heard.push_back(std::move(one));
    }
  };
  std::vector<std::string> heard;
  BOOST_TEST(lab.during(visit(lab, heard)));
  BOOST_TEST(heard.size() == 4U);
  for (const std::string& each : heard) {
    BOOST_TEST(status_of(each) == 500);
    BOOST_TEST(
        ends_with(each, "{\"error\":\"something went wrong here; the server's log says what\"}\n"));
    BOOST_TEST(each.find("Injected") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_stream_ends_when_it_is_over) {
  const auto three = [](WebRequest) -> Task<WebResponse> {
    WebResponse response;
    response.type = "text/event-stream";
    response.stream = [](std::function<Task<>(std::string)> send) -> Task<> {
      for (const std::string piece : {"data: 1\n\n", "data: 2\n\n", "data: 3\n\n"})
        co_await send(piece);
    };
    co_return response;
  };
  const std::string heard = answer_of(three, kGet);
  BOOST_TEST(ends_with(heard, "\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n"));
  BOOST_TEST(heard.find("Content-Length") == std::string::npos);
  BOOST_TEST(heard.find("Connection: close\r\n") != std::string::npos);
}

namespace {

/// A stream without an end, which tells when it was ended.
struct Endless {
  SystemClock clock;
  bool ended = false;
  int pieces = 1;
  int sent = 0;

  struct Mark {
    bool& mark;
    ~Mark() { mark = true; }
  };

  static Task<> go_on(Endless& self, std::function<Task<>(std::string)> send) {
    const Mark mark{self.ended};
    for (std::string piece = "data: first\n\n"; self.sent < self.pieces; ++self.sent) {
      co_await send(piece);
      piece.resize(64U << 10U);
    }
    co_await self.clock.sleep_for(std::chrono::hours(1));
  }

  WebHandler handler() {
    return [this](WebRequest) {
      return answer(*this);
    };
  }

  static Task<WebResponse> answer(Endless& self) {
    WebResponse response;
    response.type = "text/event-stream";
    response.stream = [&self](std::function<Task<>(std::string)> send) {
      return go_on(self, std::move(send));
    };
    co_return response;
  }
};

/// Whether it ended while the server goes on.
Task<bool> ends(Endless& stream) {
  for (int i = 0; i < 2000 && !stream.ended; ++i)
    co_await stream.clock.sleep_for(std::chrono::milliseconds(5));
  co_return stream.ended;
}

/// An answer that is given when it is told to.
struct Late {
  SystemClock clock;
  bool asked = false;
  bool released = false;

  static Task<WebResponse> answer(Late& self) {
    self.asked = true;
    while (!self.released) co_await self.clock.sleep_for(std::chrono::milliseconds(5));
    WebResponse response;
    response.body = "late";
    co_return response;
  }
  static Task<> release(Late& self) {
    co_await self.clock.sleep_for(std::chrono::milliseconds(30));
    self.released = true;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(whoever_does_not_read_is_cut) {
  Endless endless;
  endless.pieces = 10'000;  // more than fits between the two
  WebServerOptions options;
  options.patience = std::chrono::milliseconds(40);
  WebLab lab(endless.handler(), options);
  const auto visit = [](WebLab& where, Endless& stream, bool& cut) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    co_await client.say(kGet);
    cut = co_await ends(stream);
  };
  bool cut = false;
  BOOST_TEST(lab.during(visit(lab, endless, cut)));
  BOOST_TEST(cut);
  BOOST_TEST(endless.sent < endless.pieces);
}

BOOST_AUTO_TEST_CASE(a_stream_ends_when_its_reader_goes) {
  Endless endless;
  WebServerOptions options;
  options.patience = std::chrono::milliseconds(200);  // which no stream minds
  WebLab lab(endless.handler(), options);
  const auto visit = [](WebLab& where, Endless& stream, bool& before, bool& after) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    co_await client.say(kGet);
    co_await client.hear_until("first\n\n");
    co_await stream.clock.sleep_for(std::chrono::milliseconds(300));
    before = stream.ended;
    client.leave();
    after = co_await ends(stream);
  };
  bool before = true;
  bool after = false;
  BOOST_TEST(lab.during(visit(lab, endless, before, after)));
  BOOST_TEST(!before);
  BOOST_TEST(after);
}

BOOST_AUTO_TEST_CASE(when_it_stops_streams_and_idle_connections_end_and_answers_do_not) {
  Endless endless;
  Late late;
  const auto handler = [&](WebRequest request) -> Task<WebResponse> {
    if (request.path == "/stream") return Endless::answer(endless);
    return Late::answer(late);
  };
  WebServerOptions options;
  options.farewell = std::chrono::hours(1);  // of which the streams and the idle need nothing
  WebLab lab(handler, options);
  std::vector<std::string> heard(3);
  const auto listen = [](RawClient& client, std::string& into) -> Task<> {
    into = co_await client.hear_all();
    client.leave();
  };
  std::list<RawClient> clients;
  const auto visit = [](WebLab& where, std::list<RawClient>& all, Late& answer) -> Task<> {
    for (const std::string path : {"/stream", "", "/late"}) {
      RawClient& client = all.emplace_back(where);
      co_await client.connect();
      if (!path.empty())
        co_await client.say("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      if (path == "/stream") co_await client.hear_until("first\n\n");
    }
    while (!answer.asked) co_await answer.clock.sleep_for(std::chrono::milliseconds(5));
  };
  // The end of the visit stops the server; the listeners hear what comes then.
  const auto all = [](WebLab& where,
                      auto& go,
                      auto& hear,
                      std::list<RawClient>& who,
                      Late& answer,
                      std::vector<std::string>& into) -> Task<> {
    co_await go(where, who, answer);
    boost::asio::co_spawn(where.loop(), Late::release(answer), [](std::exception_ptr) {});
    std::size_t number = 0;
    for (RawClient& client : who)
      boost::asio::co_spawn(where.loop(), hear(client, into[number++]), [](std::exception_ptr) {});
  };
  BOOST_TEST(lab.during(all(lab, visit, listen, clients, late, heard)));
  BOOST_TEST(endless.ended);
  BOOST_TEST(ends_with(heard[0], "data: first\n\n"));
  BOOST_TEST(heard[1] == "");
  BOOST_TEST(ends_with(heard[2], "\r\n\r\nlate"));
  BOOST_TEST(heard[2].find("Connection: close\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(when_it_stops_an_answer_that_does_not_come_is_not_waited_for) {
  Late late;
  const auto handler = [&](WebRequest) {
    return Late::answer(late);
  };
  WebServerOptions options;
  options.farewell = std::chrono::milliseconds(20);
  WebLab lab(handler, options);
  std::list<RawClient> clients;
  const auto visit = [](WebLab& where, std::list<RawClient>& all, Late& answer) -> Task<> {
    RawClient& client = all.emplace_back(where);
    co_await client.connect();
    co_await client.say(kGet);
    while (!answer.asked) co_await answer.clock.sleep_for(std::chrono::milliseconds(5));
  };
  BOOST_TEST(lab.during(visit(lab, clients, late)));
}

BOOST_AUTO_TEST_CASE(where_every_connection_is_at_work_one_more_is_told_to_come_back) {
  Late late;
  WebServerOptions options;
  options.most_connections = 1;
  WebLab lab([&late](WebRequest) { return Late::answer(late); }, options);
  const auto visit = [](WebLab& where, Late& answer, std::string& second, int& first) -> Task<> {
    RawClient client(where);
    co_await client.connect();
    co_await client.say(kLastGet);
    while (!answer.asked) co_await answer.clock.sleep_for(std::chrono::milliseconds(5));
    second = co_await told(where, "");
    answer.released = true;
    const std::string heard = co_await client.hear_all();
    first = status_of(heard);
  };
  std::string second;
  int first = 0;
  BOOST_TEST(lab.during(visit(lab, late, second, first)));
  BOOST_TEST(status_of(second) == 503);
  BOOST_TEST(second.find("Retry-After: 5\r\n") != std::string::npos);
  BOOST_TEST(first == 200);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_listened_on_is_said_at_once) {
  boost::asio::io_context loop;
  Log log(false);
  const auto complaint = [&](WebServerOptions options) {
    try {
      const WebServer server(loop.get_executor(), std::move(options), log, echo);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const WebServer first(loop.get_executor(), {}, log, echo);
  BOOST_TEST(complaint({.port = first.port()}).find("Address already in use; choose another") !=
             std::string::npos);
  BOOST_TEST(complaint({.address = "localhost"}).find("no IP address") != std::string::npos);
  BOOST_TEST(complaint({.port = 70'000}) == "70000 is no port");
  BOOST_TEST(complaint({.certificate = "/nowhere.pem", .key = "/nowhere.key"})
                 .starts_with("the certificate /nowhere.pem cannot be used: "));
}

BOOST_AUTO_TEST_SUITE_END()
