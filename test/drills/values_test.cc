#include "drills/values.h"

#include <boost/test/unit_test.hpp>

namespace muster {

namespace {

bool accepts(Type type, std::string_view text) {
  return parse_value(type, text).has_value();
}

double number(Type type, std::string_view text) {
  return number_of(type, parse_value(type, text).value()).value();
}

/// What a value becomes when it is written again.
std::string again(Type type, std::string_view text) {
  return write_value(type, parse_value(type, text).value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(a_duration_is_kept_in_nanoseconds) {
  BOOST_TEST(parse_value(Type::Duration, "1m30s")->as_int64() == 90'000'000'000);
  BOOST_TEST(number(Type::Duration, "250ms") == 0.25);
}

BOOST_AUTO_TEST_CASE(a_number_without_its_unit_is_refused_unless_it_is_zero) {
  for (const Type type : {Type::Duration, Type::Rate, Type::Bandwidth, Type::Size}) {
    BOOST_TEST(!accepts(type, "5"), type_name(type));
    BOOST_TEST(accepts(type, "0"), type_name(type));
  }
}

BOOST_AUTO_TEST_CASE(a_ratio_is_a_share_however_it_is_written) {
  BOOST_TEST(number(Type::Ratio, "1%") == 0.01);
  BOOST_TEST(number(Type::Ratio, "0.01") == 0.01);
  BOOST_TEST(number(Type::Ratio, "100%") == 1);
}

BOOST_AUTO_TEST_CASE(a_rate_is_kept_per_second) {
  BOOST_TEST(number(Type::Rate, "30/m") == 0.5);
  BOOST_TEST(number(Type::Rate, "100/s") == 100);
  BOOST_TEST(!accepts(Type::Rate, "100/d"));
}

BOOST_AUTO_TEST_CASE(bandwidths_count_in_thousands_and_sizes_say_which) {
  BOOST_TEST(number(Type::Bandwidth, "64kbit") == 64'000);
  BOOST_TEST(number(Type::Size, "64KiB") == 65'536);
  BOOST_TEST(number(Type::Size, "10MB") == 10'000'000);
}

BOOST_AUTO_TEST_CASE(numbers_that_yaml_would_guess_at_are_refused) {
  for (const std::string_view text :
       {"010", "0x10", "1_000", "1e3", ".5", "5.", "+5", ".inf", ".nan", "inf", "nan", "", " 5"}) {
    BOOST_TEST(!accepts(Type::Integer, text), text);
    BOOST_TEST(!accepts(Type::Number, text), text);
    BOOST_TEST(!accepts(Type::Duration, std::string(text) + "s"), text);
  }
  BOOST_TEST(!accepts(Type::Integer, "2.5"));
  BOOST_TEST(!accepts(Type::Integer, "99999999999999999999"));
}

BOOST_AUTO_TEST_CASE(only_true_and_false_are_flags) {
  BOOST_TEST(parse_value(Type::Flag, "true")->as_bool());
  BOOST_TEST(!parse_value(Type::Flag, "false")->as_bool());
  for (const std::string_view text : {"yes", "no", "on", "off", "True", "1", ""})
    BOOST_TEST(!accepts(Type::Flag, text), text);
}

BOOST_AUTO_TEST_CASE(names_are_small_and_cannot_be_mistaken_for_options) {
  BOOST_TEST(is_name("us-east_2"));
  BOOST_TEST(is_name(std::string(64, 'a')));
  for (const std::string& text : {std::string("-rf"),
                                  std::string("_a"),
                                  std::string("A"),
                                  std::string("a b"),
                                  std::string(""),
                                  std::string(65, 'a')}) {
    BOOST_TEST(!is_name(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_value_is_written_as_a_person_would_write_it) {
  BOOST_TEST(again(Type::Duration, "90s") == "1m30s");
  BOOST_TEST(again(Type::Ratio, "0.055") == "5.5%");
  BOOST_TEST(again(Type::Rate, "30/m") == "0.5/s");
  BOOST_TEST(again(Type::Bandwidth, "64000bit") == "64kbit");
  BOOST_TEST(again(Type::Size, "1024KiB") == "1MiB");
  BOOST_TEST(again(Type::Size, "5000kB") == "5MB");
  BOOST_TEST(again(Type::Flag, "true") == "true");
}

BOOST_AUTO_TEST_CASE(a_hint_is_itself_a_value_of_the_type) {
  BOOST_TEST(value_hint(Type::Duration, "5") == "did you mean '5s'?");
  BOOST_TEST(value_hint(Type::Rate, "100") == "did you mean '100/s'?");
  BOOST_TEST(value_hint(Type::Flag, "no") == "did you mean 'false'?");
  BOOST_TEST(value_hint(Type::Name, "US East") == "did you mean 'us-east'?");
  BOOST_TEST(value_hint(Type::Duration, "soon") == "");
}

BOOST_AUTO_TEST_CASE(every_type_has_a_name_that_finds_it) {
  for (int i = 0; i <= static_cast<int>(Type::Limit); ++i) {
    const Type type = static_cast<Type>(i);
    BOOST_TEST((type_named(type_name(type)) == type));
    BOOST_TEST(!expected(type).empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
