#include "runner/serve/access.h"

#include <set>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"

using namespace muster;
using Proof = Caller::Proof;

namespace {

const UtcTime kNoon = *parse_utc("2026-11-14T12:00:00Z");
const std::string kCi = "mst_ci-ci-ci-ci-ci-ci-ci-ci-ci-ci-ci-ci-ci-ci-c";
const std::string kOnCall = "mst_on-call-on-call-on-call-on-call-on-call-on";
const std::string kOld = "mst_old-old-old-old-old-old-old-old-old-old-old";

ServeSettings with_tokens() {
  ServeSettings settings;
  settings.tokens = {{"ci", token_digest(kCi), {Scope::GateRead}, {}},
                     {"on-call", token_digest(kOnCall), {Scope::ReportRead, Scope::DrillStart}, {}},
                     {"old", token_digest(kOld), {Scope::Admin}, kNoon}};
  return settings;
}

WebRequest request(std::string method, std::map<std::string, std::string> headers = {}) {
  WebRequest made;
  made.method = std::move(method);
  made.path = "/x";
  made.peer = "10.0.0.1";
  made.headers = std::move(headers);
  made.headers.emplace("host", "muster.example:7117");
  return made;
}

WebRequest bearing(const std::string& token, std::string method = "GET") {
  return request(std::move(method), {{"authorization", "Bearer " + token}});
}

/// What a browser sends after it logged in, from a page of ours unless told otherwise.
struct Browser {
  AccessControl& access;
  Caller caller;
  std::string cookie;

  Browser(AccessControl& control, const std::string& token, UtcTime now = kNoon) : access(control) {
    const auto session = access.log_in(request("POST"), token, now);
    BOOST_REQUIRE(session.has_value());
    caller = session->caller;
    cookie = session->cookie.substr(0, session->cookie.find(';'));
  }
  WebRequest sends(std::string method, std::map<std::string, std::string> headers = {}) const {
    headers.emplace("cookie", "theme=dark; " + cookie);
    headers.emplace("origin", "http://muster.example:7117");
    return request(std::move(method), std::move(headers));
  }
};

int status(AccessControl& access,
           const WebRequest& asked,
           std::optional<Scope> scope,
           UtcTime now = kNoon) {
  const auto refusal = access.refusal(asked, access.caller_of(asked, now), scope);
  return refusal ? refusal->status : 200;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(access_control)

BOOST_AUTO_TEST_CASE(a_new_token_is_long_random_and_stored_as_its_digest) {
  std::set<std::string> made;
  for (int i = 0; i < 100; ++i) made.insert(new_token());
  BOOST_TEST(made.size() == 100U);
  for (const std::string& token : made) {
    BOOST_TEST(token.size() == 47U);  // 4 and 256 bits, 6 of them in a character
    BOOST_TEST(token.starts_with("mst_"));
    BOOST_TEST(
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_") == std::string::npos);
  }
  BOOST_TEST(token_digest("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(only_the_loopback_is_served_without_tls_and_tokens) {
  ServeSettings settings;
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1"}) {
    settings.address = address;
    BOOST_TEST_CONTEXT(address) BOOST_TEST(why_not_listen(settings) == "");
  }
  for (const char* address :
       {"0.0.0.0", "::", "10.0.0.1", "fe80::1", "localhost", "", "127.0.0.1x"}) {
    settings = {};
    settings.address = address;
    BOOST_TEST_CONTEXT(address) {
      BOOST_TEST(why_not_listen(settings).find("set serve.tls") != std::string::npos);
      settings.certificate = "a";
      settings.key = "b";
      BOOST_TEST(why_not_listen(settings).find("muster token") != std::string::npos);
      settings.tokens = with_tokens().tokens;
      BOOST_TEST(why_not_listen(settings) == "");
      settings.key = "";
      BOOST_TEST(why_not_listen(settings).find("both") != std::string::npos);
      settings.certificate = "";
      BOOST_TEST(why_not_listen(settings) != "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_token_is_known_however_it_is_shown) {
  AccessControl access(with_tokens());
  const auto caller = [&](const std::string& field) {
    return access.caller_of(request("GET", {{"authorization", field}}), kNoon);
  };
  BOOST_TEST(caller("Bearer " + kCi).token == "ci");
  BOOST_TEST(caller("bearer   " + kCi).token == "ci");
  BOOST_TEST((caller("Bearer " + kCi).proof == Proof::Bearer));
  BOOST_TEST(caller("Basic " + base64("gate:" + kCi)).token == "ci");
  BOOST_TEST(caller("Basic " + base64(":" + kCi)).token == "ci");
  BOOST_TEST((caller("Basic " + base64(":" + kCi)).proof == Proof::Password));
  BOOST_TEST(caller("Bearer " + kCi).name() == "ci");
}

BOOST_AUTO_TEST_CASE(what_is_no_token_is_wrong_and_nobodys) {
  AccessControl access(with_tokens());
  for (const std::string& field : {std::string("Bearer"),
                                   std::string("Bearer "),
                                   "Bearer " + kCi + "x",
                                   "Bearer " + kCi.substr(1),
                                   "Bearer " + token_digest(kCi),
                                   "Bearer " + kOld,
                                   "Token " + kCi,
                                   kCi,
                                   "Basic " + base64(kCi),
                                   "Basic " + base64(kCi + ":"),
                                   std::string("Basic ***"),
                                   "Bearer, " + kCi,
                                   std::string()}) {
    const Caller caller = access.caller_of(request("GET", {{"authorization", field}}), kNoon);
    BOOST_TEST_CONTEXT(field) {
      BOOST_TEST((caller.proof == Proof::Wrong));
      BOOST_TEST(caller.scopes.empty());
      BOOST_TEST(caller.name() == "10.0.0.1");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_token_ends_at_its_moment) {
  AccessControl access(with_tokens());
  BOOST_TEST(status(access, bearing(kOld), Scope::Admin, kNoon - std::chrono::microseconds(1)) ==
             200);
  BOOST_TEST(status(access, bearing(kOld), Scope::Admin, kNoon) == 401);
  const Browser browser(access, kOld, kNoon - std::chrono::hours(1));
  BOOST_TEST(status(access, browser.sends("GET"), Scope::Admin, kNoon - std::chrono::hours(1)) ==
             200);
  BOOST_TEST(status(access, browser.sends("GET"), Scope::Admin, kNoon) == 401);
}

BOOST_AUTO_TEST_CASE(each_scope_opens_what_it_says) {
  // Who has the scope of the row may do what the column says.
  const std::vector<Scope> all = {
      Scope::GateRead, Scope::ReportRead, Scope::DrillStart, Scope::DrillStop, Scope::Admin};
  const std::map<Scope, std::string> matrix = {{Scope::GateRead, "y...."},
                                               {Scope::ReportRead, ".y..."},
                                               {Scope::DrillStart, "..yy."},
                                               {Scope::DrillStop, "...y."},
                                               {Scope::Admin, "yyyyy"}};
  for (const auto& [held, row] : matrix) {
    ServeSettings settings;
    settings.tokens = {{"one", token_digest(kCi), {held}, {}}};
    AccessControl access(settings);
    for (std::size_t i = 0; i < all.size(); ++i) {
      BOOST_TEST_CONTEXT(name_of(held) << " " << name_of(all[i])) {
        for (const char* method : {"GET", "HEAD", "POST", "DELETE"})
          BOOST_TEST(status(access, bearing(kCi, method), all[i]) == (row[i] == 'y' ? 200 : 403));
        BOOST_TEST(status(access, request("GET"), all[i]) == 401);
        BOOST_TEST(status(access, bearing("mst_x"), all[i]) == 401);
      }
    }
    BOOST_TEST(status(access, request("GET"), {}) == 200);
  }
}

BOOST_AUTO_TEST_CASE(on_this_machine_without_tokens_halting_is_easier_than_starting) {
  AccessControl access(ServeSettings{});
  for (const Scope open : {Scope::GateRead, Scope::ReportRead, Scope::DrillStop}) {
    BOOST_TEST(status(access, request("POST"), open) == 200);
    BOOST_TEST(status(access, bearing("mst_wrong", "POST"), open) == 200);
  }
  for (const Scope closed : {Scope::DrillStart, Scope::Admin})
    BOOST_TEST(status(access, request("POST"), closed) == 401);
  AccessControl with(with_tokens());
  for (const Scope scope : {Scope::GateRead, Scope::ReportRead, Scope::DrillStop})
    BOOST_TEST(status(with, request("POST"), scope) == 401);
}

BOOST_AUTO_TEST_CASE(a_401_says_how_and_a_403_says_what_is_missing) {
  AccessControl access(with_tokens());
  const WebRequest none = request("GET");
  const auto missing = access.refusal(none, access.caller_of(none, kNoon), Scope::GateRead);
  BOOST_REQUIRE(missing.has_value());
  BOOST_TEST(missing->headers.at(0).first == "WWW-Authenticate");
  BOOST_TEST(missing->headers.at(0).second == "Bearer realm=\"muster\"");
  const WebRequest ci = bearing(kCi);
  BOOST_TEST(access.refusal(ci, access.caller_of(ci, kNoon), Scope::DrillStart)->why ==
             "the token 'ci' has not the scope drill:start");
}

BOOST_AUTO_TEST_CASE(a_session_is_a_random_cookie_that_scripts_and_other_sites_do_not_get) {
  AccessControl access(with_tokens());
  const auto session = access.log_in(request("POST"), kOnCall, kNoon);
  BOOST_REQUIRE(session.has_value());
  BOOST_TEST(session->cookie.starts_with("muster_session="));
  BOOST_TEST(session->cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"));
  BOOST_TEST(session->cookie.find(kOnCall) == std::string::npos);
  BOOST_TEST(session->cookie.find(token_digest(kOnCall)) == std::string::npos);
  WebRequest by_tls = request("POST");
  by_tls.encrypted = true;
  BOOST_TEST(access.log_in(by_tls, kOnCall, kNoon)->cookie.ends_with("; Secure"));
  const WebRequest by_proxy = request("POST", {{"origin", "https://muster.example:7117"}});
  BOOST_TEST(access.log_in(by_proxy, kOnCall, kNoon)->cookie.ends_with("; Secure"));
  BOOST_TEST(!access.log_in(request("POST"), "mst_wrong", kNoon).has_value());
  BOOST_TEST(!access.log_in(request("POST"), kOld, kNoon).has_value());
  BOOST_TEST(!access.log_in(request("POST"), "", kNoon).has_value());
}

BOOST_AUTO_TEST_CASE(a_session_lasts_until_its_end_or_the_log_out) {
  AccessControl access(with_tokens());
  const Browser browser(access, kOnCall);
  const auto seen = [&](UtcTime now) {
    return access.caller_of(browser.sends("GET"), now).name();
  };
  BOOST_TEST(seen(kNoon) == "on-call");
  BOOST_TEST(access.caller_of(request("GET", {{"cookie", "muster_session="}}), kNoon).token == "");
  BOOST_TEST(
      access.caller_of(request("GET", {{"cookie", "xmuster_session=" + browser.cookie}}), kNoon)
          .token == "");
  BOOST_TEST(seen(kNoon + std::chrono::hours(11)) == "on-call");
  const Browser other(access, kOnCall);
  access.log_out(browser.sends("POST"));
  BOOST_TEST(seen(kNoon) == "10.0.0.1");
  BOOST_TEST(access.caller_of(other.sends("GET"), kNoon).name() == "on-call");
  BOOST_TEST(access.caller_of(other.sends("GET"), kNoon + std::chrono::hours(12)).token == "");
  BOOST_TEST(access.caller_of(other.sends("GET"), kNoon).token == "");
}

BOOST_AUTO_TEST_CASE(of_too_many_sessions_the_oldest_ends) {
  AccessControl access(with_tokens());
  const Browser first(access, kOnCall, kNoon);
  const Browser second(access, kOnCall, kNoon + std::chrono::seconds(1));
  for (int i = 0; i < 999; ++i)
    access.log_in(request("POST"), kCi, kNoon + std::chrono::seconds(2));
  const UtcTime later = kNoon + std::chrono::seconds(3);
  BOOST_TEST(access.caller_of(first.sends("GET"), later).token == "");
  BOOST_TEST(access.caller_of(second.sends("GET"), later).token == "on-call");
}

BOOST_AUTO_TEST_CASE(in_the_name_of_a_session_only_our_own_pages_ask_for_more_than_a_look) {
  AccessControl access(with_tokens());
  const Browser browser(access, kOnCall);
  const std::string csrf = browser.caller.csrf;
  const auto asks = [&](std::map<std::string, std::string> headers, const std::string& body = "") {
    WebRequest asked = browser.sends("POST", std::move(headers));
    asked.body = body;
    return status(access, asked, Scope::DrillStart);
  };
  const std::pair<std::string, std::string> form = {"content-type",
                                                    "application/x-www-form-urlencoded"};
  BOOST_TEST(asks({{"x-muster-csrf", csrf}}) == 200);
  BOOST_TEST(asks({form}, "sure=yes&csrf=" + csrf) == 200);
  BOOST_TEST(asks({}) == 403);
  BOOST_TEST(asks({}, "csrf=" + csrf) == 403);  // of no type
  BOOST_TEST(asks({form}, "csrf=") == 403);
  BOOST_TEST(asks({form}, "csrf=" + csrf + "&csrf=x") == 403);
  BOOST_TEST(asks({{"x-muster-csrf", csrf + "x"}}) == 403);
  BOOST_TEST(asks({{"x-muster-csrf", Browser(access, kOnCall).caller.csrf}}) == 403);
  for (const char* origin : {"http://evil.example",
                             "null",
                             "",
                             "http://muster.example",
                             "http://muster.example:7118",
                             "http://muster.example:7117.evil.example",
                             "http://evil.example:7117",
                             "muster.example:7117",
                             "ftp://muster.example:7117"})
    BOOST_TEST_CONTEXT(origin)
  BOOST_TEST(asks({{"x-muster-csrf", csrf}, {"origin", origin}}) == 403);
  BOOST_TEST(asks({{"x-muster-csrf", csrf}, {"origin", "https://muster.example:7117"}}) == 200);
  WebRequest silent = browser.sends("POST", {{"x-muster-csrf", csrf}});
  silent.headers.erase("origin");
  BOOST_TEST(status(access, silent, Scope::DrillStart) == 403);
  BOOST_TEST(status(access, browser.sends("GET"), Scope::ReportRead) == 200);
}

BOOST_AUTO_TEST_CASE(under_tls_a_page_from_the_open_is_not_ours) {
  AccessControl access(with_tokens());
  const Browser browser(access, kOnCall);
  const auto asks = [&](const std::string& scheme) {
    WebRequest asked = browser.sends(
        "POST",
        {{"x-muster-csrf", browser.caller.csrf}, {"origin", scheme + "://muster.example:7117"}});
    asked.encrypted = true;
    return status(access, asked, Scope::DrillStart);
  };
  BOOST_TEST(asks("https") == 200);
  BOOST_TEST(asks("http") == 403);
}

BOOST_AUTO_TEST_CASE(other_sites_cannot_even_stop_a_drill_of_this_machine) {
  AccessControl access(ServeSettings{});
  const auto asks = [&](std::map<std::string, std::string> headers) {
    return status(access, request("POST", std::move(headers)), Scope::DrillStop);
  };
  BOOST_TEST(asks({}) == 200);
  BOOST_TEST(asks({{"origin", "http://muster.example:7117"}}) == 200);
  BOOST_TEST(asks({{"origin", "http://evil.example"}}) == 403);
  BOOST_TEST(asks({{"origin", "null"}}) == 403);
  BOOST_TEST(asks({{"sec-fetch-site", "same-origin"}}) == 200);
  BOOST_TEST(asks({{"sec-fetch-site", "cross-site"}}) == 403);
  BOOST_TEST(asks({{"sec-fetch-site", "same-site"}}) == 403);
}

BOOST_AUTO_TEST_CASE(a_password_that_a_browser_kept_is_not_sent_for_other_sites) {
  AccessControl access(with_tokens());
  WebRequest asked = request("POST", {{"authorization", "Basic " + base64("x:" + kOnCall)}});
  BOOST_TEST(status(access, asked, Scope::DrillStart) == 200);
  asked.headers["origin"] = "http://evil.example";
  BOOST_TEST(status(access, asked, Scope::DrillStart) == 403);
}

BOOST_AUTO_TEST_SUITE_END()
