#include "runner/notify/courier.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/test/unit_test.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/process.h"
#include "runner/notify/complaints.h"
#include "runner/notify/transfer.h"
#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/runner/notify/receivers.h"

using namespace muster;
using namespace std::chrono_literals;
using Outcome = DeliveryTry::Outcome;

namespace {

constexpr const char* kKey = "a-key-of-the-webhook";

/// By OpenSSL, not by what signs.
std::string hmac_in_hex(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(),
       key.data(),
       static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()),
       text.size(),
       digest,
       &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

/// What several tests need, and a courier that soon gives up.
struct Post {
  const ScratchFolder folder;
  const std::unique_ptr<Host> here = make_host("here", "this machine", {});
  const std::unique_ptr<Courier> courier = make_courier(*here, {.web = 5s, .mail = 5s});
  const std::unique_ptr<Courier> impatient = make_courier(*here, {.web = 200ms, .mail = 200ms});
  const UtcTime now = *parse_utc("2026-11-14T14:12:00.9Z");
  Notice notice;

  Post() {
    std::signal(SIGPIPE, SIG_IGN);  // as muster does: a sendmail may not want all of its input
    notice.drill = "drain";
    notice.headline = "it took 42 s";
    notice.at = now;
  }

  std::string secret(const std::string& name, const std::string& value) const {
    const auto file = folder.path() / name;
    std::ofstream(file) << value << '\n';
    return "secret:file:" + file.string();
  }

  Task<DeliveryTry> carry(const NotifySettings& receiver) const {
    co_return co_await courier->carry(receiver, notice, "01D", now);
  }
};

NotifySettings webhook(const std::string& url, const std::string& secret = "") {
  NotifySettings receiver;
  receiver.name = "hook";
  receiver.webhook = url;
  receiver.secret = secret;
  return receiver;
}

NotifySettings slack(const std::string& url) {
  NotifySettings receiver;
  receiver.name = "chat";
  receiver.slack = url;
  return receiver;
}

NotifySettings mail(const std::string& smtp) {
  NotifySettings receiver;
  receiver.name = "mail";
  receiver.mail_to = {"ops@example.org", "boss@example.org"};
  receiver.mail_from = "muster@example.org";
  receiver.smtp = smtp;
  return receiver;
}

template <class Test>
void run_with_servers(Test test) {
  run_task(with_servers(test));
}

/// What comes of one try where a web server answers so.
DeliveryTry try_at(const std::string& answer) {
  const Post post;
  DeliveryTry end;
  run_with_servers([&](Servers& servers) -> Task<> {
    WebReceiver& receiver = servers.web({answer});
    const NotifySettings hook = webhook(receiver.url());
    end = co_await post.carry(hook);
    BOOST_TEST(receiver.requests.size() == 1U);
  });
  return end;
}

/// What comes of one try where a mail server says `reply` to `verb`.
DeliveryTry mail_try(const std::string& verb, const std::string& reply) {
  const Post post;
  DeliveryTry end;
  run_with_servers([&](Servers& servers) -> Task<> {
    MailReceiver& receiver = servers.mail();
    receiver.replies[verb] = reply;
    const NotifySettings settings = mail(receiver.url());
    end = co_await post.carry(settings);
  });
  return end;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notify_courier)

BOOST_AUTO_TEST_CASE(a_webhook_is_signed_by_its_time_and_its_body) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    WebReceiver& receiver = servers.web({WebReceiver::status("200 OK")});
    const NotifySettings hook = webhook(receiver.url(), post.secret("key", kKey));
    const DeliveryTry end = co_await post.carry(hook);
    BOOST_TEST((end.outcome == Outcome::Delivered));
    BOOST_TEST(end.problem == "");
    BOOST_REQUIRE(receiver.requests.size() == 1U);
    const auto& request = receiver.requests.front();
    BOOST_TEST(request.head.starts_with("POST /hook HTTP/1.1\r\n"));
    BOOST_TEST(request.header("Content-Type") == "application/json");
    BOOST_TEST(request.header("X-Muster-Event") == "failed");
    BOOST_TEST(request.header("X-Muster-Delivery") == "01D");
    BOOST_TEST(request.header("X-Muster-Signature") ==
               "t=1794665520,v1=" + hmac_in_hex(kKey, "1794665520." + request.body));
    const json::value body = parse_json(request.body, "body");
    BOOST_TEST(text_at(body.as_object(), "delivery") == "01D");
    BOOST_TEST(text_at(body.as_object(), "headline") == "it took 42 s");
  });
}

BOOST_AUTO_TEST_CASE(a_webhook_without_a_key_is_not_signed) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    WebReceiver& receiver = servers.web({WebReceiver::status("200 OK")});
    const NotifySettings hook = webhook(receiver.url());
    const DeliveryTry end = co_await post.carry(hook);
    BOOST_TEST(end.problem == "");
    BOOST_REQUIRE(receiver.requests.size() == 1U);
    BOOST_TEST(receiver.requests.front().head.find("Signature") == std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(a_status_says_whether_it_is_worth_another_try) {
  for (const std::string good : {"200 OK", "202 Accepted"})
    BOOST_TEST((try_at(WebReceiver::status(good)).outcome == Outcome::Delivered), good);
  for (const std::string later : {"408 Timeout", "429 Many", "500 Oops", "503 Busy"})
    BOOST_TEST((try_at(WebReceiver::status(later)).outcome == Outcome::Failed), later);
  for (const std::string never : {"400 Bad", "401 Who", "404 None", "410 Gone"})
    BOOST_TEST((try_at(WebReceiver::status(never)).outcome == Outcome::Hopeless), never);
  BOOST_TEST(try_at(WebReceiver::status("400 Bad", "no \x1B[31m\r\ntext")).problem ==
             "status 400: no \uFFFD[31m  text");
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed) {
  const DeliveryTry end =
      try_at("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  BOOST_TEST((end.outcome == Outcome::Hopeless));
  BOOST_TEST(end.problem.starts_with("status 302; no redirect is followed"));
}

BOOST_AUTO_TEST_CASE(a_receiver_may_ask_for_a_longer_pause_of_at_most_ten_minutes) {
  const auto asked = [](const std::string& seconds) {
    return try_at("HTTP/1.1 429 Many\r\nRetry-After: " + seconds + "\r\nContent-Length: 0\r\n\r\n")
        .wait;
  };
  BOOST_TEST((asked("120") == 120s));
  BOOST_TEST((asked("99999999999") == 600s));
  BOOST_TEST((asked("soon") == 0s));
}

BOOST_AUTO_TEST_CASE(an_answer_without_end_is_cut_and_counts_by_its_status) {
  const std::string much(1U << 20U, 'x');
  BOOST_TEST((try_at(WebReceiver::status("200 OK", much)).outcome == Outcome::Delivered));
  const DeliveryTry end = try_at(WebReceiver::status("500 Oops", much));
  BOOST_TEST((end.outcome == Outcome::Failed));
  BOOST_TEST(end.problem.size() < 300U);
}

BOOST_AUTO_TEST_CASE(nobody_there_or_no_answer_is_worth_another_try) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    const NotifySettings nobody = webhook(fmt::format("http://127.0.0.1:{}/", free_port()));
    const DeliveryTry refused = co_await post.carry(nobody);
    BOOST_TEST((refused.outcome == Outcome::Failed));
    BOOST_TEST(refused.problem.starts_with("no answer: "), refused.problem);

    WebReceiver& silent = servers.web({WebReceiver::kNever});
    const NotifySettings hook = webhook(silent.url());
    const std::string delivery = "01D";
    const DeliveryTry late = co_await post.impatient->carry(hook, post.notice, delivery, post.now);
    BOOST_TEST((late.outcome == Outcome::Failed));
    BOOST_TEST(late.problem.find("timed out") != std::string::npos, late.problem);
  });
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_of_the_web_is_never_asked) {
  run_with_servers([](Servers&) -> Task<> {
    const Post post;
    for (const std::string url :
         {"file:///etc/passwd", "gopher://127.0.0.1/", "127.0.0.1/hook", "https://"}) {
      const NotifySettings hook = webhook(url);
      const DeliveryTry end = co_await post.carry(hook);
      BOOST_TEST((end.outcome == Outcome::Hopeless), url);
    }
  });
}

BOOST_AUTO_TEST_CASE(who_cannot_prove_who_it_is_gets_nothing) {
  run_with_servers([](Servers&) -> Task<> {
    const Post post;
    const unsigned short port = free_port();
    const std::string key = (post.folder.path() / "key").string();
    const std::string certificate = (post.folder.path() / "certificate").string();
    Command make = command("openssl",
                           "req",
                           "-x509",
                           "-newkey",
                           "ec",
                           "-pkeyopt",
                           "ec_paramgen_curve:prime256v1",
                           "-nodes",
                           "-keyout",
                           key,
                           "-out",
                           certificate,
                           "-subj",
                           "/CN=localhost");
    co_await post.here->run(std::move(make));
    RealServer server;
    std::vector<std::string> argv = {"openssl",
                                     "s_server",
                                     "-quiet",
                                     "-accept",
                                     fmt::format("127.0.0.1:{}", port),
                                     "-cert",
                                     certificate,
                                     "-key",
                                     key};
    co_await server.start(*post.here, std::move(argv), port);
    const NotifySettings hook = webhook(fmt::format("https://localhost:{}/hook", port));
    const DeliveryTry end = co_await post.carry(hook);
    BOOST_TEST((end.outcome == Outcome::Failed));
    BOOST_TEST(end.problem.find("self-signed certificate") != std::string::npos, end.problem);
    const NotifySettings letter = mail(fmt::format("smtps://localhost:{}", port));
    const DeliveryTry mailed = co_await post.carry(letter);
    BOOST_TEST((mailed.outcome == Outcome::Failed));
    BOOST_TEST(mailed.problem.find("self-signed certificate") != std::string::npos, mailed.problem);
    co_await server.stop();
  });
}

BOOST_AUTO_TEST_CASE(no_secret_is_in_a_problem_even_where_the_receiver_repeats_it) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    const std::string path = "/services/T0000000/B0000000/tokentokentoken?also=querysecret";
    const std::string said =
        std::string("no ") + path + " nor " + kKey + " but tokentokentoken, querysecret";
    WebReceiver& receiver = servers.web({WebReceiver::status("404 No", said)});
    const std::string key = post.secret("key", kKey);
    for (const NotifySettings& settings : {webhook(receiver.url(path), key),
                                           slack(post.secret("url", receiver.url(path))),
                                           slack(receiver.url(path))}) {
      const DeliveryTry end = co_await post.carry(settings);
      BOOST_TEST((end.outcome == Outcome::Hopeless));
      BOOST_TEST(end.problem.starts_with("status 404: no /"), end.problem);
      for (const std::string hidden : {"tokentokentoken", "querysecret", "T0000000"})
        BOOST_TEST(end.problem.find(hidden) == std::string::npos, end.problem);
      if (!settings.secret.empty())
        BOOST_TEST(end.problem.find(kKey) == std::string::npos, end.problem);
    }
    BOOST_TEST(receiver.requests.size() == 3U);
  });
}

BOOST_AUTO_TEST_CASE(a_secret_that_cannot_be_read_is_named_and_tried_again) {
  run_with_servers([](Servers&) -> Task<> {
    const Post post;
    const NotifySettings chat = slack("secret:env:MUSTER_TEST_NO_SUCH_VARIABLE");
    const DeliveryTry end = co_await post.carry(chat);
    BOOST_TEST((end.outcome == Outcome::Failed));
    BOOST_TEST(end.problem ==
               "${secret:env:MUSTER_TEST_NO_SUCH_VARIABLE}: the variable is not set on this host");
  });
}

BOOST_AUTO_TEST_CASE(a_secret_is_read_anew_for_each_try) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    WebReceiver& receiver = servers.web({WebReceiver::status("200 OK")});
    const NotifySettings hook = webhook(receiver.url(), post.secret("key", "the-old-key"));
    const DeliveryTry first = co_await post.carry(hook);
    post.secret("key", "the-new-key");
    const DeliveryTry second = co_await post.carry(hook);
    BOOST_TEST(first.problem + second.problem == "");
    BOOST_REQUIRE(receiver.requests.size() == 2U);
    BOOST_TEST(receiver.requests[1].header("X-Muster-Signature") ==
               "t=1794665520,v1=" +
                   hmac_in_hex("the-new-key", "1794665520." + receiver.requests[1].body));
  });
}

BOOST_AUTO_TEST_CASE(a_mail_gets_to_all_it_is_for) {
  run_with_servers([](Servers& servers) -> Task<> {
    Post post;
    post.notice.headline = "größer\r\n.\r\nRCPT TO:<evil@example.org>";
    MailReceiver& receiver = servers.mail();
    const NotifySettings settings = mail(receiver.url());
    const DeliveryTry end = co_await post.carry(settings);
    BOOST_TEST(end.problem == "");
    BOOST_REQUIRE(receiver.commands.size() >= 5U);
    BOOST_TEST(receiver.commands[1].starts_with("MAIL FROM:<muster@example.org>"));
    BOOST_TEST(receiver.commands[2].starts_with("RCPT TO:<ops@example.org>"));
    BOOST_TEST(receiver.commands[3].starts_with("RCPT TO:<boss@example.org>"));
    BOOST_TEST(receiver.commands[4] == "DATA");
    for (std::size_t i = 5; i < receiver.commands.size(); ++i)
      BOOST_TEST(receiver.commands[i] == "QUIT");
    BOOST_TEST(receiver.message.starts_with("Date: Sat, 14 Nov 2026 14:12:00 +0000\r\n"));
    BOOST_TEST(receiver.message.find("\r\n\r\ndrain failed: gr=C3=B6=C3=9Fer") !=
               std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(a_mail_server_says_whether_it_is_worth_another_try) {
  for (const std::string verb : {"MAIL", "RCPT", "DATA", "."}) {
    BOOST_TEST((mail_try(verb, "451 not now").outcome == Outcome::Failed), verb);
    BOOST_TEST((mail_try(verb, "550 never").outcome == Outcome::Hopeless), verb);
  }
}

BOOST_AUTO_TEST_CASE(a_mail_server_is_told_name_and_password_and_nobody_else) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    MailReceiver& receiver = servers.mail();
    // RFC 4616: "\0me@example.org\0p@ss/word:1"
    constexpr const char* kLogin = "AG1lQGV4YW1wbGUub3JnAHBAc3Mvd29yZDox";
    receiver.replies["AG1l"] = "235 welcome";
    const std::string login = "smtp://me@example.org:${" + post.secret("password", "p@ss/word:1") +
                              "}@127.0.0.1:" + std::to_string(receiver.port());
    BOOST_TEST(mail_server_complaint(login) == "");
    const NotifySettings settings = mail(login);
    const DeliveryTry end = co_await post.carry(settings);
    BOOST_TEST(end.problem == "");
    BOOST_REQUIRE(receiver.commands.size() > 2U);
    BOOST_TEST(receiver.commands[1] == "AUTH PLAIN");
    BOOST_TEST(receiver.commands[2] == kLogin);

    receiver.replies["AG1l"] = "535 p@ss/word:1 is wrong";
    const DeliveryTry denied = co_await post.carry(settings);
    BOOST_TEST((denied.outcome == Outcome::Hopeless));
    BOOST_TEST(denied.problem.find("p@ss") == std::string::npos, denied.problem);
  });
}

BOOST_AUTO_TEST_CASE(away_from_loopback_a_mail_server_without_tls_learns_nothing) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    MailReceiver& receiver = servers.mail();
    // To the kernel that is loopback, to us it is not.
    const NotifySettings settings = mail(receiver.url("smtp://", "0.0.0.0"));
    const DeliveryTry end = co_await post.carry(settings);
    BOOST_TEST((end.outcome == Outcome::Failed));
    BOOST_TEST(receiver.commands.size() >= 1U);
    for (const std::string& line : receiver.commands)
      BOOST_TEST((line.starts_with("EHLO") || line == "QUIT"), line);
  });
}

BOOST_AUTO_TEST_CASE(loopback_is_told_by_the_address) {
  for (const std::string here :
       {"http://127.0.0.1:1/", "smtp://127.9.9.9", "https://localhost/x", "smtp://[::1]:25"})
    BOOST_TEST(is_loopback(here), here);
  for (const std::string away : {"http://127.evil.example/",
                                 "smtp://localhost.evil.example",
                                 "http://10.0.0.1/",
                                 "http://[::2]/",
                                 "http://evil.example/127.0.0.1",
                                 "http://127.0.0.1@evil.example/"})
    BOOST_TEST(!is_loopback(away), away);
}

BOOST_AUTO_TEST_CASE(sendmail_gets_the_message_on_its_stdin) {
  run_with_servers([](Servers&) -> Task<> {
    const Post post;
    const std::string old_path = std::getenv("PATH");
    const auto script = post.folder.path() / "sendmail";
    const auto out = post.folder.path() / "out";
    std::ofstream(script) << "#!/bin/sh\necho \"$*\" > " << out << "\ncat >> " << out << "\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    ::setenv("PATH", (post.folder.path().string() + ":" + old_path).c_str(), 1);
    const NotifySettings settings = mail("");
    const DeliveryTry end = co_await post.carry(settings);
    std::ofstream(script) << "#!/bin/sh\necho 'queue is full' >&2\nexit 75\n";
    const DeliveryTry full = co_await post.carry(settings);
    ::setenv("PATH", old_path.c_str(), 1);
    BOOST_TEST(end.problem == "");
    const std::string said = read_file(out);
    BOOST_TEST(said.starts_with("-t -i\nDate: Sat, 14 Nov 2026"), said);
    BOOST_TEST(said.find("\nTo: ops@example.org,\n boss@example.org\n") != std::string::npos, said);
    BOOST_TEST(said.ends_with("\n\ndrain failed: it took 42 s\n"), said);
    BOOST_TEST(said.find('\r') == std::string::npos);
    BOOST_TEST((full.outcome == Outcome::Failed));
    BOOST_TEST(full.problem == "sendmail: exit code 75: queue is full");
  });
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_gets_no_mail) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    MailReceiver& receiver = servers.mail();
    NotifySettings settings = mail(receiver.url());
    settings.mail_to.emplace_back("x@example.org>\r\nRCPT TO:<evil@example.org");
    const DeliveryTry end = co_await post.carry(settings);
    BOOST_TEST((end.outcome == Outcome::Hopeless));
    BOOST_TEST(receiver.commands.empty());
  });
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_an_address_is_said) {
  BOOST_TEST(web_address_complaint("https://pager.example/hook") == "");
  for (const std::string bad :
       {"pager.example/hook", "ftp://a/", "https://a b/", "https://a/\r\nX: y", ""})
    BOOST_TEST(web_address_complaint(bad) != "", bad);
  BOOST_TEST(mail_server_complaint("smtp://mail.example") == "");
  BOOST_TEST(mail_server_complaint("smtps://muster:${secret:env:PASSWORD}@mail.example:465") == "");
  for (const std::string bad : {"mail.example",
                                "https://mail.example",
                                "smtp://me:password@mail.example",
                                "smtp://me:${secret:password}@mail.example",
                                "smtp://mail.example\r\n"})
    BOOST_TEST(mail_server_complaint(bad) != "", bad);
}

BOOST_AUTO_TEST_CASE(a_transfer_that_is_cancelled_ends_before_its_time) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    const auto executor = co_await boost::asio::this_coro::executor;
    const std::unique_ptr<Courier> patient = make_courier(*post.here, {.web = 1h, .mail = 1h});
    WebReceiver& silent = servers.web({WebReceiver::kNever});
    const NotifySettings hook = webhook(silent.url());
    const auto carry = [&]() -> Task<> {
      const std::string delivery = "01D";
      const DeliveryTry end = co_await patient->carry(hook, post.notice, delivery, post.now);
      BOOST_ERROR("it was not cancelled: " + end.problem);
    };
    TaskGroup carrying(executor);
    carrying.spawn(carry());
    SystemClock clock;
    while (silent.requests.empty()) co_await clock.sleep_for(1ms);
    co_await carrying.stop();
  });
}

BOOST_AUTO_TEST_CASE(one_try_says_what_is_wrong) {
  run_with_servers([](Servers& servers) -> Task<> {
    const Post post;
    WebReceiver& receiver =
        servers.web({WebReceiver::status("200 OK"), WebReceiver::status("403 No", "not you")});
    const NotifySettings hook = webhook(receiver.url());
    const std::string good = co_await deliver_once(hook, post.notice, *post.here);
    const std::string bad = co_await deliver_once(hook, post.notice, *post.here);
    BOOST_TEST(good == "");
    BOOST_TEST(bad == "status 403: not you");
  });
}

BOOST_AUTO_TEST_SUITE_END()
