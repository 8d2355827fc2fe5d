#include "drills/yaml_reader.h"

#include <boost/test/unit_test.hpp>

namespace muster {

namespace {

/// One text, read.
struct Read {
  explicit Read(const std::string& text)
      : root(read_yaml(reading.adopt("x.yaml", text), reading)) {}

  Reading reading;
  std::optional<YamlNode> root;

  std::string message() const {
    return reading.count() == 0 ? "" : reading.diagnostics().front().message;
  }
  const Where& where() const { return reading.diagnostics().at(0).where; }
  const YamlNode& value(std::string_view key) const { return root.value().find(key)->value; }
};

std::string place(const Where& where) {
  return fmt::format("{}:{}", where.line, where.column);
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(yaml_reader)

BOOST_AUTO_TEST_CASE(keys_and_values_know_their_places_from_one) {
  const Read read("# comment\na: 1\nlist:\n  - x\n  - {b: 'two'}\n");
  BOOST_TEST(read.reading.count() == 0U);
  BOOST_TEST(place(read.root->find("a")->where) == "2:1");
  BOOST_TEST(place(read.value("a").where) == "2:4");
  const YamlNode& list = read.value("list");
  BOOST_TEST(place(list.items.at(0).where) == "4:5");
  BOOST_TEST(place(list.items.at(1).entries.at(0).where) == "5:6");
  BOOST_TEST(place(list.items.at(1).entries.at(0).value.where) == "5:9");
}

BOOST_AUTO_TEST_CASE(columns_count_characters_not_bytes) {
  const Read read("é: {ü: ß}\n");
  BOOST_TEST(place(read.root->entries.at(0).value.entries.at(0).value.where) == "1:8");
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_written_has_the_place_of_its_key) {
  const Read read("a:\n\n\nb: ~\nc: [x, ]\n");
  BOOST_TEST(read.value("a").is_nothing());
  BOOST_TEST(place(read.value("a").where) == "1:1");
  BOOST_TEST(place(read.value("b").where) == "4:4");
}

BOOST_AUTO_TEST_CASE(an_empty_item_has_the_place_of_its_dash) {
  const Read read("a:\n  - x\n  -\n  - y\n");
  BOOST_TEST(read.value("a").items.size() == 3U);
  BOOST_TEST(place(read.value("a").items.at(1).where) == "3:3");
}

BOOST_AUTO_TEST_CASE(scalars_stay_text_whatever_yaml_would_make_of_them) {
  const Read read("a: 010\nb: no\nc: '5'\nd: 1e3\ne: |\n  two\n  lines\n");
  BOOST_TEST(read.value("a").text == "010");
  BOOST_TEST(read.value("b").text == "no");
  BOOST_TEST(read.value("c").text == "5");
  BOOST_TEST(read.value("c").quoted);
  BOOST_TEST(read.value("d").text == "1e3");
  BOOST_TEST(read.value("e").text == "two\nlines\n");
}

BOOST_AUTO_TEST_CASE(line_ends_and_byte_order_marks_of_other_systems_are_no_matter) {
  const Read read("a: x\r\nb: y\r\n");
  BOOST_TEST(read.reading.count() == 0U);
  BOOST_TEST(read.value("a").text == "x");
  BOOST_TEST(place(read.value("b").where) == "2:4");
}

BOOST_AUTO_TEST_CASE(a_document_may_be_marked_at_both_ends) {
  BOOST_TEST(Read("---\na: 1\n...\n").reading.count() == 0U);
  BOOST_TEST(Read("%YAML 1.2\n---\na: 1\n").reading.count() == 0U);
}

BOOST_AUTO_TEST_CASE(nothing_behind_the_first_document_is_dropped_silently) {
  BOOST_TEST(Read("a: 1\n---\nb: 2\n").message() == "a second document begins here");
  BOOST_TEST(Read("a: 1\n---\n").message() == "a second document begins here");
  BOOST_TEST(Read("a: 1\n...\nb: 2\n").message() == "this stands after the end of the document");
  BOOST_TEST(Read("- a\nb: 2\n").message() == "this belongs to nothing above it");
  BOOST_TEST(Read("{a: 1}\nb: 2\n").message() == "this belongs to nothing above it");
}

BOOST_AUTO_TEST_CASE(the_indentation_that_made_a_library_eat_all_memory_is_refused) {
  BOOST_TEST(!Read("- a:\n    b: c\n   d: e\n  stop: f\n").root.has_value());
  BOOST_TEST(!Read("a:\n  b: 1\n c: 2\nstop: 3\n").root.has_value());
}

BOOST_AUTO_TEST_CASE(what_yaml_shares_and_merges_is_refused) {
  BOOST_TEST(Read("a: &x 1\n").message() == "anchors (&name) are not read");
  BOOST_TEST(Read("a: &x {b: 1}\n").message() == "anchors (&name) are not read");
  BOOST_TEST(Read("a: &x\nb: 1\n").message() == "anchors (&name) are not read");
  BOOST_TEST(Read("a: *x\n").message() == "aliases (*name) are not read");
  BOOST_TEST(Read("<<: {a: 1}\n").message() == "merge keys (<<) are not read");
  BOOST_TEST(Read("'<<': {a: 1}\n").reading.count() == 0U);
}

BOOST_AUTO_TEST_CASE(every_written_tag_is_refused) {
  for (const std::string text : {"a: !!str x\n",
                                 "a: ! x\n",
                                 "a: !x [b]\n",
                                 "a: !!map {b: c}\n",
                                 "!!str a: x\n",
                                 "a: !!python/object:os.system x\n",
                                 "a: !!null\n"}) {
    BOOST_TEST(Read(text).message() == "tags (!name) are not read", text);
  }
}

BOOST_AUTO_TEST_CASE(a_key_written_twice_is_reported_and_the_rest_still_read) {
  const Read read("a: 1\nb: {c: 1, c: 2}\na: 3\n");
  BOOST_TEST(read.reading.count() == 2U);
  BOOST_TEST(read.message() == "the key 'c' is written twice");
  BOOST_TEST(read.value("a").text == "1");
}

BOOST_AUTO_TEST_CASE(a_quote_that_is_never_closed_is_refused) {
  BOOST_TEST(Read("a: \"x\n").message() == "this quote is never closed");
  BOOST_TEST(Read("a: 'it''s\n").message() == "this quote is never closed");
  BOOST_TEST(Read("a: \"x\\\"\n").message() == "this quote is never closed");
  BOOST_TEST(Read("a: \"over\n  two lines\"\n").reading.count() == 0U);
}

BOOST_AUTO_TEST_CASE(keys_are_words) {
  BOOST_TEST(Read("? [a]\n: b\n").message() == "a key must be a word");
  BOOST_TEST(Read("{{a: b}: c}\n").message() == "a key must be a word");
  BOOST_TEST(Read("~: b\n").message() == "a key must be a word");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_refused_with_their_place) {
  const Read zero(std::string("a: x\nb: \0y\n", 11));
  BOOST_TEST(zero.message() == "a control character (0x00)");
  BOOST_TEST(place(zero.where()) == "2:4");
  BOOST_TEST(Read("a: \xE9t\xE9\n").message() == "a byte (0xe9) that is not UTF-8");
  BOOST_TEST(Read("a: \xC0\x80\n").message() == "a byte (0xc0) that is not UTF-8");
  BOOST_TEST(Read("a: \xED\xA0\x80\n").message() == "a byte (0xed) that is not UTF-8");
  BOOST_TEST(Read(std::string("\xFE\xFF\0a", 4)).message() == "a byte (0xfe) that is not UTF-8");
}

BOOST_AUTO_TEST_CASE(the_limits_hold_and_what_fits_them_is_read) {
  const auto nested = [](int depth) {
    return "a: " + repeat("[", depth) + repeat("]", depth) + "\n";
  };
  BOOST_TEST(Read(nested(31)).reading.count() == 0U);
  BOOST_TEST(Read(nested(32)).message() == "nested deeper than 32 levels");
  BOOST_TEST(Read(nested(100'000)).message() == "nested deeper than 32 levels");

  const auto keys = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += fmt::format("k{}: 1\n", i);
    return text;
  };
  BOOST_TEST(Read(keys(1'000)).reading.count() == 0U);
  BOOST_TEST(Read(keys(1'001)).message() == "more than 1000 keys in one map");

  const std::string ten = repeat("x, ", 10) + "\n ";
  BOOST_TEST(Read("a: [" + repeat(ten, 1'999) + "]\n").reading.count() == 0U);
  BOOST_TEST(Read("a: [" + repeat(ten, 2'000) + "]\n").message() ==
             "more than 20000 values in one file");

  BOOST_TEST(Read("a: 1\n" + repeat("#", 262'138) + "\n").reading.count() == 0U);
  BOOST_TEST(Read("a: 1\n" + repeat("#", 262'139) + "\n").message() == "larger than 256 KiB");
}

BOOST_AUTO_TEST_CASE(every_cut_of_a_playbook_is_read_or_refused_with_a_place) {
  const std::string whole =
      "muster: 1\nvars:\n  a: {type: text, default: \"x: y\"}\nsteps:\n  - inject: b\n    fault: "
      "{c: {d: [e, 'f']}}\n  - hold: |\n      g\n";
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const Read read(whole.substr(0, length));
    if (read.root) continue;
    BOOST_TEST_REQUIRE(read.reading.count() == 1U);
    BOOST_TEST(read.where().known(), whole.substr(0, length));
    BOOST_TEST(!read.message().starts_with("this is not YAML"),
               whole.substr(0, length) << ": " << read.message());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
