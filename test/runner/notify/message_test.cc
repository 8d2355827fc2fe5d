#include "runner/notify/message.h"

#include <boost/test/unit_test.hpp>

#include "base/json.h"
#include "runner/notify/complaints.h"

using namespace muster;

namespace {

Notice failed_drill() {
  Notice notice;
  notice.event = NotifyEvent::Failed;
  notice.schedule = "weekly";
  notice.drill = "drain-us-east";
  notice.run = "01J9ZX3V4QAB5CDE6FGH7JKMNP";
  notice.status = "fail";
  notice.headline = "it took 42 s";
  notice.link = "https://muster.example.org/runs/01J9ZX3V4QAB5CDE6FGH7JKMNP?a=1&b=2";
  notice.at = *parse_utc("2026-11-14T14:12:00Z");
  return notice;
}

NotifySettings with_text(const std::string& text) {
  NotifySettings receiver;
  receiver.name = "team";
  receiver.text = text;
  return receiver;
}

std::string chat_text(const std::string& text, const Notice& notice) {
  return text_at(parse_json(chat_body(with_text(text), notice), "chat").as_object(), "text");
}

Notice with_headline(const std::string& headline) {
  Notice notice = failed_drill();
  notice.headline = headline;
  return notice;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notify_message)

BOOST_AUTO_TEST_CASE(every_placeholder_has_its_value) {
  const std::string text =
      "{drill}|{status}|{headline}|{schedule}|{run}|{event}|{at}|{{drill}}\n{link}";
  BOOST_TEST(template_complaint(text) == "");
  BOOST_TEST(plain_text(with_text(text), failed_drill()) ==
             "drain-us-east|fail|it took 42 s|weekly|01J9ZX3V4QAB5CDE6FGH7JKMNP|failed|"
             "2026-11-14T14:12:00.000000Z|{drill}\n"
             "https://muster.example.org/runs/01J9ZX3V4QAB5CDE6FGH7JKMNP?a=1&b=2");
}

BOOST_AUTO_TEST_CASE(values_are_not_looked_at_for_placeholders) {
  BOOST_TEST(plain_text(with_text("{headline}"), with_headline("{run} {{ }}")) == "{run} {{ }}");
}

BOOST_AUTO_TEST_CASE(without_a_template_it_says_what_happened_and_where_to_look) {
  Notice notice = failed_drill();
  BOOST_TEST(plain_text({}, notice) ==
             "drain-us-east failed: it took 42 s\n"
             "https://muster.example.org/runs/01J9ZX3V4QAB5CDE6FGH7JKMNP?a=1&b=2");
  notice.status = "aborted";
  notice.link = "";
  BOOST_TEST(plain_text({}, notice) == "drain-us-east failed (aborted): it took 42 s");
  notice = {};
  notice.event = NotifyEvent::Overdue;
  notice.schedule = "weekly";
  BOOST_TEST(plain_text({}, notice) == "weekly overdue");
}

BOOST_AUTO_TEST_CASE(a_value_that_is_absent_leaves_no_gap) {
  Notice notice = failed_drill();
  notice.link = "";
  BOOST_TEST(plain_text(with_text("{drill} \n{link}\nsee"), notice) == "drain-us-east\nsee");
}

BOOST_AUTO_TEST_CASE(a_template_that_cannot_be_filled_is_told_so) {
  BOOST_TEST(template_complaint("no placeholder, }} {{") == "");
  BOOST_TEST(template_complaint("{dril}") ==
             "there is no placeholder {dril}; there are {drill} {status} {headline} {schedule} "
             "{run} {link} {event} {at}");
  BOOST_TEST(template_complaint("a {drill").find("left open") != std::string::npos);
  BOOST_TEST(template_complaint("{}") != "");
  BOOST_TEST(template_complaint("{ drill }") != "");
}

BOOST_AUTO_TEST_CASE(in_a_chat_words_of_others_call_nobody_and_lead_nowhere) {
  const std::string said = chat_text(
      "{headline}",
      with_headline("<!channel> <@U1> @here &lt; [a](https://evil.example) www.evil.example"));
  BOOST_TEST(said ==
             "&lt;!channel&gt; &lt;@\u200BU1&gt; @\u200Bhere &amp;lt; "
             "[a]\u200B(https:\u200B//evil.example) www\u200B.evil.example");
  // A headline that is nothing but a link is no link of ours.
  BOOST_TEST(chat_text("{headline}", with_headline("https://evil.example")) ==
             "https:\u200B//evil.example");
  BOOST_TEST(chat_text("", with_headline("@all")).find("@all") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(in_a_chat_the_template_and_the_link_are_as_the_owner_wrote_them) {
  BOOST_TEST(chat_text("<!here> *{drill}* {link}", failed_drill()) ==
             "<!here> *drain-us-east* "
             "https://muster.example.org/runs/01J9ZX3V4QAB5CDE6FGH7JKMNP?a=1&amp;b=2");
}

BOOST_AUTO_TEST_CASE(what_is_no_web_address_is_no_link) {
  Notice notice = failed_drill();
  for (const std::string link : {"javascript:alert(1)",
                                 "https://a|<!channel>",
                                 "https://a b",
                                 "https://a\nX: y",
                                 "//a",
                                 "https://\u202Ea"}) {
    notice.link = link;
    BOOST_TEST(plain_text(with_text("{link}"), notice) == "", link);
    BOOST_TEST(chat_text("{link}", notice) == "", link);
  }
}

BOOST_AUTO_TEST_CASE(a_webhook_has_all_of_it_as_json) {
  Notice notice = with_headline("\"quoted\"\r\nX-Evil: 1\x1B[31m\xFF\u202E");
  const json::value parsed = parse_json(webhook_body({}, notice, "01D"), "webhook");
  const json::object& body = parsed.as_object();
  BOOST_TEST(integer_at(body, "muster_notice") == 1);
  BOOST_TEST(text_at(body, "delivery") == "01D");
  BOOST_TEST(text_at(body, "event") == "failed");
  BOOST_TEST(text_at(body, "at") == "2026-11-14T14:12:00.000000Z");
  BOOST_TEST(text_at(body, "schedule") == "weekly");
  BOOST_TEST(text_at(body, "drill") == "drain-us-east");
  BOOST_TEST(text_at(body, "run") == notice.run);
  BOOST_TEST(text_at(body, "status") == "fail");
  BOOST_TEST(text_at(body, "link") == notice.link);
  const std::string headline = text_at(body, "headline");
  BOOST_TEST(headline.starts_with("\"quoted\"  X-Evil: 1\uFFFD[31m\uFFFD\uFFFD"));
  BOOST_TEST(text_at(body, "text").starts_with("drain-us-east failed: \"quoted\"  X-Evil"));
}

BOOST_AUTO_TEST_CASE(what_is_endless_is_cut) {
  const Notice notice = with_headline(std::string(100'000, 'x'));
  BOOST_TEST(webhook_body({}, notice, "01D").size() < 2000U);
  BOOST_TEST(chat_body({}, notice).size() < 2000U);
}

BOOST_AUTO_TEST_SUITE_END()
