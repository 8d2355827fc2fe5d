#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "probes/vantage.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// A file name of its own, gone at the end.
struct Scratch {
  Scratch()
      : path(std::filesystem::temp_directory_path() /
             fmt::format("muster-samples-{:x}", entropy())) {}
  ~Scratch() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

Sample sample_at(Time due, std::uint32_t client = 0) {
  Sample sample;
  sample.due = due;
  sample.sent = due + 30us;
  sample.done = due + 1ms;
  sample.client = client;
  return sample;
}

bool same(const Sample& a, const Sample& b) {
  return a.due == b.due && a.sent == b.sent && a.done == b.done && a.client == b.client &&
         a.dns_us == b.dns_us && a.connect_us == b.connect_us && a.tls_us == b.tls_us &&
         a.first_byte_us == b.first_byte_us && a.value == b.value && a.status == b.status &&
         a.text == b.text && a.outcome == b.outcome && a.kind == b.kind;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sample_file)

BOOST_AUTO_TEST_CASE(every_member_of_a_sample_comes_back_exactly) {
  const Scratch scratch;
  Random random(3);
  std::vector<Sample> written;
  {
    const auto file = create_sample_file(scratch.path);
    for (int i = 0; i < 5000; ++i) {
      Sample sample = sample_at(Time(Duration(100s) + 1ms * i - Duration(random.below(5'000'000))));
      sample.sent = i % 7 == 0 ? Time{} : sample.sent;
      sample.done = sample.due + Duration(random.below(4'000'000'000));
      sample.client = static_cast<std::uint32_t>(random.next());
      sample.dns_us = static_cast<std::uint32_t>(random.next());
      sample.connect_us = static_cast<std::uint32_t>(random.below(100));
      sample.tls_us = UINT32_MAX;
      sample.first_byte_us = static_cast<std::uint32_t>(random.below(2));
      sample.value =
          i % 3 == 0 ? random.unit() - 0.5 : static_cast<double>(random.below(1ULL << 50U));
      sample.status = static_cast<std::uint16_t>(random.next());
      sample.text = static_cast<std::uint16_t>(random.next());
      sample.outcome = static_cast<Outcome>(random.below(12));
      sample.kind = static_cast<SampleKind>(random.below(5));
      file->add("readers", "client-us", sample);
      written.push_back(sample);
    }
    file->flush();
    BOOST_TEST(file->count() == 5000U);
  }
  const SampleFileContent content = read_sample_file(scratch.path);
  BOOST_TEST(content.complete);
  BOOST_REQUIRE(content.series.size() == 1U);
  BOOST_TEST(content.series[0].probe == "readers");
  BOOST_TEST(content.series[0].vantage == "client-us");
  BOOST_REQUIRE(content.series[0].samples.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i)
    BOOST_TEST(same(content.series[0].samples[i], written[i]));
}

BOOST_AUTO_TEST_CASE(series_and_texts_are_kept_apart_by_name_and_index) {
  const Scratch scratch;
  {
    const auto file = create_sample_file(scratch.path);
    file->add("readers", "client-us", sample_at(Time(1s), 1));
    file->add("readers", "client-eu", sample_at(Time(1s), 2));
    file->add_text(2, "eu-west");
    file->add_text(1, "us-east");
    file->add("writers", "client-us", sample_at(Time(1s), 3));
    file->add("readers", "client-us", sample_at(Time(2s), 4));
    file->flush();
  }
  const SampleFileContent content = read_sample_file(scratch.path);
  BOOST_REQUIRE(content.series.size() == 3U);
  BOOST_TEST(content.series[0].samples.size() == 2U);
  BOOST_TEST(content.series[0].samples[1].client == 4U);
  BOOST_TEST(content.series[1].vantage == "client-eu");
  BOOST_TEST(content.series[2].probe == "writers");
  BOOST_TEST(content.texts == (std::vector<std::string>{"", "us-east", "eu-west"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_sample_waits_at_most_a_second_for_its_block) {
  const Scratch scratch;
  const auto file = create_sample_file(scratch.path);
  for (int i = 0; i < 30; ++i)
    file->add("readers", "client-us", sample_at(Time(Duration(100ms) * i)));
  // Not flushed, as after a kill -9: what is older than a second is there.
  const SampleFileContent content = read_sample_file(scratch.path);
  BOOST_TEST(content.complete);
  BOOST_REQUIRE(content.series.size() == 1U);
  BOOST_TEST(content.series[0].samples.size() >= 19U);
}

BOOST_AUTO_TEST_CASE(a_torn_tail_loses_the_last_block_and_nothing_else) {
  const Scratch scratch;
  std::uintmax_t whole_blocks = 0;
  {
    const auto file = create_sample_file(scratch.path);
    for (int i = 0; i < 100; ++i) file->add("readers", "client-us", sample_at(Time(1ms * i)));
    file->flush();
    whole_blocks = std::filesystem::file_size(scratch.path);
    for (int i = 0; i < 100; ++i) file->add("readers", "client-us", sample_at(Time(1s + 1ms * i)));
    file->flush();
  }
  const std::string bytes = read_file(scratch.path);
  for (std::size_t length = whole_blocks; length < bytes.size(); length += 13) {
    write_file_atomically(scratch.path, std::string_view(bytes).substr(0, length));
    const SampleFileContent content = read_sample_file(scratch.path);
    BOOST_TEST(content.complete == (length == whole_blocks));
    BOOST_REQUIRE(content.series.size() == 1U);
    BOOST_TEST(content.series[0].samples.size() == 100U);
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_ends_the_reading_before_its_block) {
  const Scratch scratch;
  {
    const auto file = create_sample_file(scratch.path);
    file->add("readers", "client-us", sample_at(Time(1s)));
    file->flush();
    file->add("readers", "client-us", sample_at(Time(2s)));
    file->flush();
  }
  std::string bytes = read_file(scratch.path);
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 0x10);
  write_file_atomically(scratch.path, bytes);
  const SampleFileContent content = read_sample_file(scratch.path);
  BOOST_TEST(!content.complete);
  BOOST_TEST(content.series.at(0).samples.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_existing_file_is_never_overwritten) {
  const Scratch scratch;
  write_file_atomically(scratch.path, "precious");
  BOOST_CHECK_THROW(create_sample_file(scratch.path), Error);
  BOOST_TEST(read_file(scratch.path) == "precious");
}

BOOST_AUTO_TEST_SUITE_END()
