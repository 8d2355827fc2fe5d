#include "runner/serve/application.h"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "test/runner/scratch_home.h"

using namespace muster;

namespace {

const std::string kStop = "mst_stop-stop-stop-stop-stop-stop-stop-stop-sto";
const std::string kRead = "mst_read-read-read-read-read-read-read-read-rea";

Task<WebResponse> does(RoutedRequest, Effect) {
  co_return WebResponse();
}

/// Lets in whoever says so.
Task<WebResponse> lets_in(RoutedRequest request, Effect) {
  WebResponse response;
  response.status = request.web.body == "good" ? 303 : 401;
  if (response.status == 303) response.who = "reader";
  co_return response;
}

Route route(std::string pattern,
            std::string id,
            std::optional<Scope> scope,
            MovingHandler handler) {
  Route made;
  made.action = RouteAction::post(std::move(handler));
  made.pattern = std::move(pattern);
  made.id = std::move(id);
  made.scope = scope;
  made.summary = made.id;
  made.body_types = {"text/plain"};
  return made;
}

struct Office : ScratchHome {
  SystemClock clock;
  Log log{false};
  std::filesystem::path file = path / "audit.jsonl";
  AuditLog audit{file};
  ServeSettings settings;
  std::unique_ptr<AccessControl> access;
  std::unique_ptr<Application> application;
  bool recognised = false;      ///< the connection was told who asks
  bool was_recognised = false;  ///< ... before anything was done

  explicit Office(bool tokens = true) {
    settings.requests_per_minute = 60;
    if (tokens) {
      settings.tokens = {{"on-call", token_digest(kStop), {Scope::DrillStop}, {}},
                         {"reader", token_digest(kRead), {Scope::ReportRead}, {}}};
    }
    access = std::make_unique<AccessControl>(settings);
    application = std::make_unique<Application>(
        Application::Parts{settings,
                           clock,
                           log,
                           audit,
                           *access,
                           {route("/halt", "halt", Scope::DrillStop, looks_back()),
                            route("/abort", "abort", Scope::DrillStop, does),
                            route("/login", "login", std::nullopt, lets_in)},
                           [](int, const std::string&, const Caller&) { return std::string(); },
                           [](const Route*, int, Duration) {
                           }});
  }

  MovingHandler looks_back() {
    return [this](RoutedRequest request, Effect effect) {
      was_recognised = recognised;
      return does(std::move(request), effect);
    };
  }

  WebResponse answer(const std::string& where, const std::string& token, std::string body = "") {
    WebRequest request;
    request.method = "POST";
    request.path = where;
    request.peer = "127.0.0.1";
    request.recognised = [this] {
      recognised = true;
    };
    request.headers["host"] = "localhost";
    if (!token.empty()) request.headers["authorization"] = "Bearer " + token;
    if (!body.empty()) request.headers["content-type"] = "text/plain";
    request.body = std::move(body);
    boost::asio::io_context loop;
    WebResponse given;
    boost::asio::co_spawn(loop,
                          application->answer(std::move(request)),
                          [&](std::exception_ptr error, WebResponse response) {
                            BOOST_TEST(!error);
                            given = std::move(response);
                          });
    loop.run();
    return given;
  }
  int status(const std::string& where, const std::string& token, std::string body = "") {
    return answer(where, token, std::move(body)).status;
  }
  std::size_t lines() const {
    const std::string text = read_file(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(application)

BOOST_AUTO_TEST_CASE(whoever_may_stop_is_never_told_to_come_back_and_others_are) {
  Office desk;
  int halted = 0;
  for (int i = 0; i < 300; ++i) halted += desk.status("/halt", kStop) == 200 ? 1 : 0;
  BOOST_TEST(halted == 300);
  BOOST_TEST(desk.lines() == 600U);
  for (const std::string& token : {std::string(), std::string("wrong"), kRead}) {
    int last = 0;
    for (int i = 0; i < 100; ++i) last = desk.status("/halt", token);
    BOOST_TEST(last == 429, token);
  }
  BOOST_TEST(desk.status("/halt", kStop) == 200);
}

BOOST_AUTO_TEST_CASE(strangers_leave_few_lines_however_often_they_come) {
  Office desk;
  for (int i = 0; i < 300; ++i) {
    desk.status("/halt", "wrong");
    desk.status("/login", "", "bad");
  }
  BOOST_TEST(desk.lines() <= 2U);  // a minute may have ended meanwhile
  const std::string wrong(15'000, 'A');
  desk.status("/" + wrong, "");
  BOOST_TEST(desk.lines() <= 2U);
}

BOOST_AUTO_TEST_CASE(a_login_has_one_line_with_the_name_of_the_token) {
  Office desk;
  const WebResponse in = desk.answer("/login", "", "good");
  BOOST_TEST(in.status == 303);
  BOOST_TEST(in.for_known_caller);
  BOOST_TEST(desk.lines() == 1U);
  BOOST_TEST(read_file(desk.file).find(R"("who":"reader")") != std::string::npos);
  BOOST_TEST(!desk.answer("/login", "", "bad").for_known_caller);
}

BOOST_AUTO_TEST_CASE(what_a_known_caller_is_refused_is_written_each_time) {
  Office desk;
  for (int i = 0; i < 5; ++i) BOOST_TEST(desk.status("/halt", kRead) == 403);
  BOOST_TEST(desk.lines() == 5U);
}

BOOST_AUTO_TEST_CASE(a_connection_hears_who_asks_before_anything_is_done) {
  Office desk;
  desk.status("/halt", "");
  desk.status("/halt", "wrong");
  BOOST_TEST(!desk.recognised);
  desk.status("/halt", kStop);
  BOOST_TEST(desk.was_recognised);
  Office other;
  other.status("/halt", kRead);  // a good token that may not
  BOOST_TEST(other.recognised);
  BOOST_TEST(!other.was_recognised);
}

BOOST_AUTO_TEST_CASE(without_tokens_aborting_too_often_keeps_nobody_from_halting) {
  Office desk(false);
  int last = 0;
  for (int i = 0; i < 100; ++i) last = desk.status("/abort", "");
  BOOST_TEST(last == 429);
  BOOST_TEST(desk.status("/halt", "") == 200);
}

BOOST_AUTO_TEST_SUITE_END()
