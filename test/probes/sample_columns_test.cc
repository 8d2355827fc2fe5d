#include "probes/sample_columns.h"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "base/error.h"
#include "base/random.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

/// A thousand requests a second over kept connections, as an agent on a quiet machine sees them.
std::vector<Sample> a_second_of_requests() {
  Random random(11);
  std::vector<Sample> samples;
  for (int i = 0; i < 1000; ++i) {
    Sample sample;
    sample.due = Time(Duration(5000s) + 1ms * i);
    sample.sent = sample.due + Duration(20us) + from_seconds(random.exponential(15e-6));
    sample.first_byte_us = static_cast<std::uint32_t>(150 + random.exponential(60));
    sample.done = sample.sent + std::chrono::microseconds(sample.first_byte_us) + Duration(9us) +
                  from_seconds(random.exponential(4e-6));
    sample.status = 200;
    sample.client = static_cast<std::uint32_t>(i % 20);
    round_to_microseconds(sample);
    samples.push_back(sample);
  }
  return samples;
}

std::vector<Sample> unpacked(const PackedSamples& packed) {
  std::vector<Sample> samples;
  unpack_samples(packed, samples);
  return samples;
}

bool same(const Sample& a, const Sample& b) {
  return a.due == b.due && a.sent == b.sent && a.done == b.done && a.client == b.client &&
         a.first_byte_us == b.first_byte_us && a.status == b.status && a.outcome == b.outcome;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sample_columns)

BOOST_AUTO_TEST_CASE(a_request_takes_at_most_four_bytes) {
  const std::vector<Sample> samples = a_second_of_requests();
  const PackedSamples packed = pack_samples(0, samples);
  BOOST_TEST(packed.whole_microseconds);
  BOOST_TEST(static_cast<double>(packed.payload.size()) / 1000.0 <= 4.0);
}

BOOST_AUTO_TEST_CASE(what_was_packed_comes_back_exactly) {
  const std::vector<Sample> samples = a_second_of_requests();
  const std::vector<Sample> back = unpacked(pack_samples(3, samples));
  BOOST_TEST_REQUIRE(back.size() == samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) BOOST_TEST(same(back[i], samples[i]));
}

BOOST_AUTO_TEST_CASE(lengths_that_are_no_whole_microseconds_come_back_to_the_nanosecond) {
  std::vector<Sample> samples = a_second_of_requests();
  samples[500].done += Duration(1);
  const PackedSamples packed = pack_samples(0, samples);
  BOOST_TEST(!packed.whole_microseconds);
  BOOST_TEST(same(unpacked(packed)[500], samples[500]));
}

BOOST_AUTO_TEST_CASE(a_request_that_was_not_sent_has_no_sent_and_keeps_its_other_times) {
  std::vector<Sample> samples = a_second_of_requests();
  samples[7].sent = Time();
  samples[7].outcome = Outcome::NotSent;
  BOOST_TEST(same(unpacked(pack_samples(0, samples))[7], samples[7]));
}

BOOST_AUTO_TEST_CASE(rounding_moves_no_length_by_more_than_half_a_microsecond_and_no_due_time) {
  Sample sample;
  sample.due = Time(Duration(1234567));
  sample.sent = sample.due + Duration(30499);
  sample.done = sample.due + Duration(1000501);
  round_to_microseconds(sample);
  BOOST_CHECK(sample.due == Time(Duration(1234567)));
  BOOST_CHECK(sample.sent - sample.due == 30us);
  BOOST_CHECK(sample.done - sample.due == 1001us);
  Sample unsent = sample;
  unsent.sent = Time();
  round_to_microseconds(unsent);
  BOOST_CHECK(unsent.sent == Time());
}

BOOST_AUTO_TEST_CASE(no_damage_reads_as_samples_that_nobody_measured) {
  const PackedSamples packed = pack_samples(0, a_second_of_requests());
  PackedSamples more = packed;
  ++more.count;
  BOOST_CHECK_THROW(unpacked(more), Error);
  PackedSamples fewer = packed;
  --fewer.count;
  BOOST_CHECK_THROW(unpacked(fewer), Error);
  for (std::size_t length = 0; length < packed.payload.size(); length += 97) {
    PackedSamples cut = packed;
    cut.payload.resize(length);
    BOOST_CHECK_THROW(unpacked(cut), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
