#include "drills/fields.h"

#include <boost/test/unit_test.hpp>

namespace muster {

namespace {

const Schema& sample() {
  static const Schema fields = {
      {.name = "text", .type = Type::Text, .help = "a", .fallback = "hello"},
      {.name = "name", .type = Type::Name, .help = "a", .refers = Refers::Host},
      {.name = "flag", .type = Type::Flag, .help = "a", .fallback = "true"},
      {.name = "count",
       .type = Type::Integer,
       .help = "a",
       .fallback = "3",
       .least = 1,
       .most = 10},
      {.name = "wait",
       .type = Type::Duration,
       .help = "a",
       .fallback = "1m30s",
       .least = 1,
       .most = 120},
      {.name = "share", .type = Type::Ratio, .help = "a"},
      {.name = "choice", .type = Type::Choice, .help = "a", .choices = {"even", "odd"}},
      {.name = "argv", .type = Type::Argv, .help = "a", .fallback = "[true, -x]"},
      {.name = "texts", .type = Type::TextList, .help = "a"},
      {.name = "names", .type = Type::NameList, .help = "a", .refers = Refers::Host},
      {.name = "map", .type = Type::TextMap, .help = "a", .key_refers = Refers::Region},
      {.name = "inner",
       .type = Type::Object,
       .help = "a",
       .fields = {{.name = "deep", .type = Type::Integer, .help = "a", .required = true},
                  {.name = "with", .type = Type::Text, .help = "a", .fallback = "default"}}},
      {.name = "each",
       .type = Type::ObjectList,
       .help = "a",
       .fields = {{.name = "url", .type = Type::Text, .help = "a", .required = true}}}};
  return fields;
}

struct Read {
  explicit Read(const std::string& text, const Schema& schema = sample()) {
    names.known[Refers::Host] = {"here", "there"};
    names.known[Refers::Region] = {"us-east"};
    const auto node = read_yaml(reading.adopt("x.yaml", text), reading);
    params = read_fields(schema, node.value(), {"the sample", {"x.yaml", 1, 1}}, names, reading);
  }
  std::string only_message() const {
    BOOST_TEST_REQUIRE(reading.count() == 1U);
    return reading.diagnostics().front().message;
  }

  Names names;
  Reading reading;
  Params params;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fields)

BOOST_AUTO_TEST_CASE(what_is_not_written_has_its_default_in_canonical_form) {
  const Params params = Read("{}").params;
  BOOST_TEST(params.text("text") == "hello");
  BOOST_TEST(params.flag("flag"));
  BOOST_TEST(params.integer("count") == 3);
  BOOST_TEST(to_seconds(params.duration("wait")) == 90);
  BOOST_TEST(params.list("argv") == (std::vector<std::string>{"true", "-x"}),
             boost::test_tools::per_element());
  BOOST_TEST(!params.has("share"));
  BOOST_TEST(!params.has("inner"));
  BOOST_TEST(params.list("texts").empty());
}

BOOST_AUTO_TEST_CASE(every_type_arrives_in_its_canonical_form) {
  const Read read(
      "{text: 010, name: here, flag: false, count: 10, wait: 500ms, share: 5%, choice: odd, argv: "
      "[a, b c],"
      " texts: x, names: [here, there], map: {us-east: lb}, inner: {deep: 7}, each: [{url: u}, "
      "{url: v}]}",
      [] {
        Schema schema = sample();
        schema[4].least = 0;
        return schema;
      }());
  BOOST_TEST_REQUIRE(read.reading.count() == 0U);
  const Params& params = read.params;
  BOOST_TEST(params.text("text") == "010");
  BOOST_TEST(!params.flag("flag"));
  BOOST_TEST(params.values().at("wait").as_int64() == 500'000'000);
  BOOST_TEST(params.number("share") == 0.05);
  BOOST_TEST(params.list("argv").at(1) == "b c");
  BOOST_TEST(params.list("texts") == std::vector<std::string>{"x"},
             boost::test_tools::per_element());
  BOOST_TEST(params.object("map").text("us-east") == "lb");
  BOOST_TEST(params.object("inner").integer("deep") == 7);
  BOOST_TEST(params.object("inner").text("with") == "default");
  BOOST_TEST(params.objects("each").at(1).text("url") == "v");
}

BOOST_AUTO_TEST_CASE(every_written_value_knows_its_place_and_defaults_have_none) {
  const Params params = Read("inner:\n  deep: 7\nnames: [here, there]\neach:\n  - url: u\n").params;
  BOOST_TEST(params.place("inner.deep").text() == "x.yaml:2:9");
  BOOST_TEST(params.object("inner").place("deep").text() == "x.yaml:2:9");
  BOOST_TEST(params.place("names.1").text() == "x.yaml:3:15");
  BOOST_TEST(params.objects("each").at(0).place("url").text() == "x.yaml:5:10");
  BOOST_TEST(!params.place("text").known());
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once) {
  const Read read(
      "{flag: yes, count: 11, wait: 5, choice: even!, argv: [], names: [here, nowhere], map: {eu: "
      "x}, inner: {}, frag: x}");
  BOOST_TEST(read.reading.count() == 9U);
}

BOOST_AUTO_TEST_CASE(a_range_is_inclusive_and_said_in_the_words_of_its_type) {
  BOOST_TEST(Read("{count: 1, wait: 2m}").reading.count() == 0U);
  BOOST_TEST(Read("{count: 0}").only_message() ==
             "'count' of the sample must be at least 1, not '0'");
  BOOST_TEST(Read("{count: 11}").only_message() ==
             "'count' of the sample must be at most 10, not '11'");
  BOOST_TEST(Read("{wait: 500ms}").only_message() ==
             "'wait' of the sample must be at least 1s, not '500ms'");
  BOOST_TEST(Read("{wait: 121s}").only_message() ==
             "'wait' of the sample must be at most 2m, not '121s'");
}

BOOST_AUTO_TEST_CASE(no_kind_of_value_passes_for_another) {
  for (const std::string key : {"text", "name", "flag", "count", "wait", "share", "choice"}) {
    BOOST_TEST(Read("{" + key + ": [a]}").reading.count() == 1U, key);
    BOOST_TEST(Read("{" + key + ": {a: b}}").reading.count() == 1U, key);
    BOOST_TEST(Read("{" + key + ": }").reading.count() == 1U, key);
  }
  for (const std::string key : {"argv", "map", "inner", "each"})
    BOOST_TEST(Read("{" + key + ": a}").reading.count() == 1U, key);
  for (const std::string key : {"argv", "texts", "names", "each"})
    BOOST_TEST(Read("{" + key + ": {a: b}}").reading.count() == 1U, key);
}

BOOST_AUTO_TEST_CASE(a_misspelt_key_that_must_be_there_is_told_once) {
  BOOST_TEST(Read("{inner: {depe: 7}}").only_message() ==
             "unknown key 'depe' in 'inner' of the sample");
  BOOST_TEST(Read("{inner: {with: a}}").only_message() == "'inner' of the sample needs 'deep'");
}

BOOST_AUTO_TEST_CASE(names_of_a_file_that_could_not_be_read_are_not_looked_up) {
  Reading reading;
  const auto node = read_yaml(reading.adopt("x.yaml", "{name: anything}"), reading);
  read_fields(sample(), node.value(), {"the sample", {}}, {}, reading);
  BOOST_TEST(reading.count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_default_that_is_a_text_needs_no_quotes) {
  const Schema fields = {{.name = "key", .type = Type::Text, .help = "a", .fallback = "{n}: #"}};
  BOOST_TEST(Read("{}", fields).params.text("key") == "{n}: #");
}

BOOST_AUTO_TEST_CASE(a_default_that_does_not_fit_its_own_type_is_a_bug_that_shows) {
  const Schema wrong = {{.name = "wait", .type = Type::Duration, .help = "a", .fallback = "soon"}};
  BOOST_CHECK_THROW(Read("{}", wrong), Error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
