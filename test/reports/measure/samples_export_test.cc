#include "reports/measure/samples_export.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

SampleFileContent two_series() {
  SampleFileContent content;
  content.texts = {"", "us-east", "=cmd|'/C calc'!A0", "a,\"b\"\n\x1b[31m"};
  SampleSeries readers{"readers", "client-us", {}};
  Sample sample;
  sample.due = Time(100s);
  sample.sent = sample.due + 31us;
  sample.done = sample.due + 1ms;
  sample.status = 200;
  sample.client = 4;
  sample.first_byte_us = 900;
  sample.text = 1;
  readers.samples.push_back(sample);
  sample.due += 10ms;
  sample.sent = Time();
  sample.done = sample.due;
  sample.outcome = Outcome::NotSent;
  sample.text = 0;
  readers.samples.push_back(sample);
  content.series.push_back(readers);
  SampleSeries answers{"answers", "client-eu", {sample}};
  answers.samples[0].kind = SampleKind::Signal;
  answers.samples[0].value = 2.5;
  content.series.push_back(answers);
  return content;
}

std::string exported(const SampleFileContent& content,
                     SampleRows rows,
                     const SampleSelection& selection = {}) {
  std::string all;
  export_samples(
      content, selection, Time(100s), rows, [&](std::string_view bytes) { all += bytes; });
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(samples_export)

BOOST_AUTO_TEST_CASE(csv_has_a_header_and_a_row_for_each_sample) {
  BOOST_TEST(exported(two_series(), SampleRows::Csv) ==
             "probe,vantage,kind,due,sent,done,outcome,status,client,dns_us,connect_us,tls_us,"
             "first_byte_us,value,text\n"
             "readers,client-us,request,0.000000,0.000031,0.001000,ok,200,4,0,0,0,900,0,us-east\n"
             "readers,client-us,request,0.010000,,0.010000,not-sent,200,4,0,0,0,900,0,\n"
             "answers,client-eu,signal,0.010000,,0.010000,not-sent,200,4,0,0,0,900,2.5,\n");
}

BOOST_AUTO_TEST_CASE(each_line_of_ndjson_is_an_object_with_every_member) {
  const std::vector<std::string> lines =
      split(trim(exported(two_series(), SampleRows::Ndjson)), '\n');
  BOOST_TEST_REQUIRE(lines.size() == 3U);
  const json::object first = parse_json(lines[0], "line").as_object();
  BOOST_TEST(first.size() == 15U);
  BOOST_TEST(text_at(first, "probe") == "readers");
  BOOST_TEST(number_at(first, "sent") == 0.000031);
  BOOST_TEST(text_at(first, "text") == "us-east");
  BOOST_TEST(parse_json(lines[1], "line").as_object().at("sent").is_null());
}

BOOST_AUTO_TEST_CASE(a_selection_keeps_the_rest_out_and_one_that_fits_nothing_says_what_there_is) {
  const std::string rows = exported(two_series(), SampleRows::Csv, {{"answers"}, {}});
  BOOST_TEST(rows.find("readers") == std::string::npos);
  BOOST_TEST(rows.find("answers") != std::string::npos);
  BOOST_CHECK_EXCEPTION(
      exported(two_series(), SampleRows::Csv, {{"nobody"}, {}}), Error, [](const Error& error) {
        return std::string(error.what()).find("readers at client-us") != std::string::npos;
      });
}

BOOST_AUTO_TEST_CASE(texts_of_the_system_under_test_are_no_formulas_and_break_no_row) {
  SampleFileContent content = two_series();
  content.series[0].samples[0].text = 2;
  content.series[0].samples[1].text = 3;
  const std::string csv = exported(content, SampleRows::Csv);
  BOOST_TEST(csv.find(",'=cmd|") != std::string::npos);
  BOOST_TEST(csv.find("\"a,\"\"b\"\"\n") != std::string::npos);
  for (const std::string& line : split(trim(exported(content, SampleRows::Ndjson)), '\n')) {
    BOOST_TEST(parse_json(line, "line").is_object());
    BOOST_TEST(line.find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
