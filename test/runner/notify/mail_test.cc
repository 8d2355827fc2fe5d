#include "runner/notify/mail.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "runner/notify/complaints.h"

using namespace muster;

namespace {

NotifySettings ops() {
  NotifySettings receiver;
  receiver.name = "mail";
  receiver.mail_to = {"ops@example.org", "on-call+muster@example.org"};
  receiver.mail_from = "muster@example.org";
  return receiver;
}

Notice notice_of(const std::string& headline) {
  Notice notice;
  notice.drill = "drain";
  notice.headline = headline;
  notice.at = *parse_utc("2026-11-14T04:12:07Z");
  return notice;
}

struct Mail {
  std::string head;
  std::string body;
};

Mail mail_about(const std::string& headline, const NotifySettings& receiver = ops()) {
  const std::string message = mail_message(receiver, notice_of(headline), "01D");
  const std::size_t end = message.find("\r\n\r\n");
  return {message.substr(0, end + 2), message.substr(end + 4)};
}

/// What a mail program makes of quoted-printable.
std::string decoded(const std::string& body) {
  std::string out;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '=') {
      out += body[i];
      continue;
    }
    const std::string code = body.substr(i + 1, 2);
    if (code != "\r\n") out += static_cast<char>(std::stoi(code, nullptr, 16));
    i += 2;
  }
  return out;
}

std::string header_in(const std::string& head, const std::string& name) {
  const std::string text = "\r\n" + head;
  const std::size_t at = text.find("\r\n" + name + ": ");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, name);
  std::size_t end = text.find("\r\n", at + 2);
  while (text[end + 2] == ' ') end = text.find("\r\n", end + 2);
  return text.substr(at + name.size() + 4, end - at - name.size() - 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notify_mail)

BOOST_AUTO_TEST_CASE(a_plain_message_reads_as_it_is) {
  const Mail mail = mail_about("it took 42 s");
  BOOST_TEST(mail.head ==
             "Date: Sat, 14 Nov 2026 04:12:07 +0000\r\n"
             "From: muster@example.org\r\n"
             "To: ops@example.org,\r\n on-call+muster@example.org\r\n"
             "Subject: [muster] drain failed: it took 42 s\r\n"
             "Message-ID: <01D@example.org>\r\n"
             "Auto-Submitted: auto-generated\r\n"
             "X-Muster-Event: failed\r\n"
             "MIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=utf-8\r\n"
             "Content-Transfer-Encoding: quoted-printable\r\n");
  BOOST_TEST(mail.body == "drain failed: it took 42 s\r\n");
}

BOOST_AUTO_TEST_CASE(no_word_of_others_begins_a_header) {
  const Mail good = mail_about("x");
  for (const std::string hostile : {"x\r\nBcc: all@example.org",
                                    "x\nBcc: all@example.org",
                                    "x\r\n\r\n<html>",
                                    "x\rBcc: y",
                                    "x\vBcc: y"}) {
    const Mail mail = mail_about(hostile);
    BOOST_TEST(std::ranges::count(mail.head, '\n') == std::ranges::count(good.head, '\n'), hostile);
    BOOST_TEST(mail.head.find("\nBcc") == std::string::npos, hostile);
  }
}

BOOST_AUTO_TEST_CASE(a_subject_that_is_not_ascii_or_looks_encoded_is_encoded) {
  BOOST_TEST(header_in(mail_about("größer").head, "Subject") ==
             "=?UTF-8?B?" + base64("[muster] drain failed: größer") + "?=");
  // Else a mail program would decode what the system under test wrote.
  BOOST_TEST(header_in(mail_about("=?UTF-8?Q?paid?=").head, "Subject") ==
             "=?UTF-8?B?" + base64("[muster] drain failed: =?UTF-8?Q?paid?=") + "?=");
}

BOOST_AUTO_TEST_CASE(a_long_subject_is_cut_and_folded_between_characters) {
  const auto times = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "é";
    return text;
  };
  // 45 bytes fit into a word, which is 22 of these letters and a half.
  std::vector<std::string> words = {"[muster] drain failed: " + times(11)};
  for (int i = 0; i < 7; ++i) words.push_back(times(22));
  words.push_back(times(200 - 23 - 11 - 7 * 22) + "…");
  for (std::string& word : words) word = "=?UTF-8?B?" + base64(word) + "?=";
  BOOST_TEST(header_in(mail_about(times(300)).head, "Subject") == join(words, "\r\n "));
  BOOST_TEST(std::ranges::all_of(words, [](const auto& word) { return word.size() <= 75; }));
}

BOOST_AUTO_TEST_CASE(the_body_is_ascii_in_short_lines_and_reads_back) {
  NotifySettings receiver = ops();
  receiver.text = "ends in a blank \n.\n{headline}\nFrom here = there";
  const std::string headline = "größer \u2713 " + std::string(200, '.');
  const Mail mail = mail_about(headline, receiver);
  BOOST_TEST(std::ranges::all_of(
      mail.body, [](char c) { return c == '\r' || c == '\n' || (c >= ' ' && c < '\x7F'); }));
  for (const std::string& line : split(mail.body, '\n')) {
    BOOST_TEST(line.size() <= 77U, line);
    BOOST_TEST(!line.starts_with('.'), line);
  }
  BOOST_TEST(decoded(mail.body) ==
             "ends in a blank\r\n.\r\n" + headline + "\r\nFrom here = there\r\n");
}

BOOST_AUTO_TEST_CASE(an_address_is_bare) {
  for (const std::string good : {"ops@example.org", "a.b+c@mail-1.example", "root@localhost"})
    BOOST_TEST(mail_address_complaint(good) == "", good);
  for (const std::string bad : {"",
                                "ops",
                                "@example.org",
                                "ops@",
                                "-ops@example.org",
                                "Ops <ops@example.org>",
                                "a@example.org,b@example.org",
                                "a@example.org\r\nBcc: b@example.org",
                                "a b@example.org",
                                "a@b@example.org",
                                "a..b@example.org",
                                "a@example..org",
                                "é@example.org"})
    BOOST_TEST(mail_address_complaint(bad) != "", bad);
}

BOOST_AUTO_TEST_SUITE_END()
