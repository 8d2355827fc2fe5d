#include "faults/guard/protocol.h"

#include <boost/test/unit_test.hpp>

#include "base/random.h"
#include "faults/undone_report.h"

namespace muster {

namespace {

PlainChange full_change() {
  PlainChange change;
  change.id = "drain/1";
  change.what = "with \0 and \xff inside";
  change.place = "ns1";
  change.resource = "nft";
  change.process = "/run/app.pid";
  change.apply = {"exec", {"nft", "-f", "-", ""}, std::string(70000, 'x'), "has", "lacks", 5};
  change.verify = {"gone", {}, "", "", "", -1};
  change.undo = {"file", {"/etc/hosts"}, "", "", "", 7};
  change.verify_within = 1;
  change.undone_within = 2;
  change.deadline = 3;
  change.lease = INT64_MAX;
  return change;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(protocol)

BOOST_AUTO_TEST_CASE(the_checksum_is_crc32c) {
  BOOST_TEST(crc32c("123456789") == 0xE3069283U);
  BOOST_TEST(crc32c("") == 0U);
}

BOOST_AUTO_TEST_CASE(an_order_reads_back_as_it_was_sent) {
  const Order sent{"run", 42, full_change()};
  FrameReader reader;
  reader.add(encode(to_frame(FrameType::Arm, sent)));
  Frame frame;
  BOOST_REQUIRE(reader.next(frame));
  BOOST_CHECK(frame.type == FrameType::Arm);
  const Order read = from_frame<Order>(frame);
  BOOST_TEST(read.run_id == sent.run_id);
  BOOST_TEST(read.epoch == sent.epoch);
  BOOST_CHECK(read.change == sent.change);
  BOOST_TEST(!reader.next(frame));
}

BOOST_AUTO_TEST_CASE(reports_read_back_as_they_were_sent) {
  const UndoneReport undone = from_frame<UndoneReport>(to_frame(
      FrameType::Undone, UndoneReport{"clean", "asked to", 1, 2, 3, "seen", {"one", "", "three"}}));
  BOOST_TEST(undone.state == "clean");
  BOOST_TEST(undone.observed == 3);
  BOOST_TEST(undone.residue.size() == 3U);
  const ArmedReport armed =
      from_frame<ArmedReport>(to_frame(FrameType::Armed, ArmedReport{1, 5, 6, "unit"}));
  BOOST_TEST(armed.pid == 1);
  BOOST_TEST(armed.deadline == 5);
  BOOST_TEST(armed.second_guard == 6);
  BOOST_TEST(armed.timer == "unit");
  BOOST_TEST(from_frame<ActiveReport>(to_frame(FrameType::Active, ActiveReport{1, 2, 3, "stopped"}))
                 .evidence == "stopped");
}

BOOST_AUTO_TEST_CASE(a_frame_that_comes_byte_by_byte_is_complete_only_at_its_last_byte) {
  const std::string bytes = encode({FrameType::Inject, {"a", ""}});
  FrameReader reader;
  Frame frame;
  for (const char byte : bytes) {
    BOOST_TEST(!reader.next(frame));
    reader.add({&byte, 1});
  }
  BOOST_TEST(reader.next(frame));
  BOOST_TEST(frame.fields.size() == 2U);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_body_is_noticed) {
  const std::string good = encode({FrameType::Undo, {"field"}});
  for (std::size_t bit = 32; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    Frame frame;
    std::size_t used = 0;
    BOOST_TEST((decode(bad, frame, used) == Decoded::Invalid), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(garbage_is_refused_and_never_read_past_its_end) {
  Random random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random.below(64), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    if (bytes.size() > 3) bytes[1] = bytes[2] = bytes[3] = 0;  // a length that looks possible
    Frame frame;
    std::size_t used = 0;
    BOOST_CHECK(decode(bytes, frame, used) != Decoded::Complete);
  }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_the_limit_is_invalid_at_once) {
  Frame frame;
  std::size_t used = 0;
  BOOST_CHECK(decode(std::string_view("\xff\xff\xff\x7f", 4), frame, used) == Decoded::Invalid);
  BOOST_CHECK(decode(std::string_view("\0\0\0\0", 4), frame, used) == Decoded::Invalid);
  BOOST_CHECK(decode(std::string_view("\x01\0\0", 3), frame, used) == Decoded::Incomplete);
}

BOOST_AUTO_TEST_CASE(fields_that_are_missing_too_many_or_no_numbers_are_refused) {
  Frame frame = to_frame(FrameType::Arm, Order{"run", 1, full_change()});
  Frame longer = frame;
  longer.fields.emplace_back("more");
  BOOST_CHECK_THROW(from_frame<Order>(longer), ProtocolError);
  Frame shorter = frame;
  shorter.fields.pop_back();
  BOOST_CHECK_THROW(from_frame<Order>(shorter), ProtocolError);
  Frame wordy = frame;
  wordy.fields[1] = "1x";
  BOOST_CHECK_THROW(from_frame<Order>(wordy), ProtocolError);
  BOOST_CHECK_THROW(
      from_frame<UndoneReport>({FrameType::Undone, {"clean", "", "1", "2", "3", "", "999999"}}),
      ProtocolError);
  BOOST_CHECK_THROW(
      from_frame<UndoneReport>({FrameType::Undone, {"clean", "", "1", "2", "3", "", "-1"}}),
      ProtocolError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
