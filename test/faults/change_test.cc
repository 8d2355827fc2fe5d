#include "faults/change.h"

#include <boost/test/unit_test.hpp>

#include "base/error.h"

namespace muster {

namespace {

Change full_change() {
  Change change;
  change.id = "drain/1";
  change.kind = "drain_region";
  change.what = "force us-east down";
  change.host = "ns1";
  change.on_network = true;
  change.resource = "gdnsd";
  change.process = "/run/gdnsd.pid";
  change.apply = exec({"nft", "-f", "-"}, "table inet t\n");
  change.apply.timeout = std::chrono::seconds(9);
  change.verify = exec({"nft", "list", "tables"});
  change.verify.contains = "inet t";
  change.undo = exec({"nft", "delete", "table", "inet", "t"});
  change.verify_undone = exec({"nft", "list", "tables"});
  change.verify_undone.lacks = "inet t";
  change.deadline = std::chrono::seconds(77);
  change.undo_class = UndoClass::Irreversible;
  change.order = 2;
  return change;
}

Operation built_in(std::string kind, std::vector<std::string> args = {}) {
  Operation operation;
  operation.kind = std::move(kind);
  operation.args = std::move(args);
  return operation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(change)

BOOST_AUTO_TEST_CASE(a_change_reads_back_from_json_as_it_was) {
  const json::object written = to_json(full_change());
  const json::object read = to_json(change_from_json(written));
  BOOST_TEST(compact_json(read) == compact_json(written));
  const Change back = change_from_json(written);
  BOOST_TEST(back.apply.input == "table inet t\n");
  BOOST_TEST(back.verify_undone.lacks == "inet t");
  BOOST_TEST(back.process == "/run/gdnsd.pid");
  BOOST_CHECK(back.deadline == std::chrono::seconds(77));
  BOOST_CHECK(back.undo_class == UndoClass::Irreversible);
  BOOST_TEST(back.order == 2);
  BOOST_TEST(back.on_network);
}

BOOST_AUTO_TEST_CASE(a_change_of_a_journal_that_knew_no_kinds_still_reads) {
  json::object written = to_json(full_change());
  BOOST_TEST(change_from_json(written).kind == "drain_region");
  written.erase("kind");
  BOOST_TEST(change_from_json(written).kind.empty());
}

BOOST_AUTO_TEST_CASE(json_that_is_no_change_is_refused) {
  json::object missing = to_json(full_change());
  missing.erase("undo");
  BOOST_CHECK_THROW(change_from_json(missing), Error);
  json::object unknown = to_json(full_change());
  unknown["undo_class"] = "sometimes";
  BOOST_CHECK_THROW(change_from_json(unknown), Error);
  json::object numbers = to_json(full_change());
  numbers["apply"].get_object()["args"] = {1, 2};
  BOOST_CHECK_THROW(change_from_json(numbers), Error);
}

BOOST_AUTO_TEST_CASE(operations_are_shown_for_people) {
  BOOST_TEST(full_change().apply.text() == "nft -f - <<< 'table inet t'");
  BOOST_TEST(full_change().verify_undone.text() ==
             "nft list tables, without \"inet t\" in its output");
  Operation look = exec({"show", "map"});
  look.contains = " region up\n";
  BOOST_TEST(look.text() == "show map, with \" region up\\n\" in its output");
  BOOST_TEST(built_in("signal", {"STOP"}).text() == "send SIGSTOP to the process");
  BOOST_TEST(built_in("stopped", {"no"}).text() == "the process is not stopped");
  BOOST_TEST(built_in("gone").text() == "the process has ended");
  BOOST_TEST(built_in("alive", {"/run/app.pid"}).text() == "the process of /run/app.pid lives");
  BOOST_TEST(built_in("holder", {"muster-delay", "--queue", "7"}).text() ==
             "keep running: muster-delay --queue 7");
  BOOST_TEST(Operation{}.text() == "nothing");
  Operation write = built_in("file", {"/etc/hosts"});
  BOOST_TEST(write.text() == "put /etc/hosts back as it was");
  write.input = "12";
  BOOST_TEST(write.text() == "write /etc/hosts (2 bytes)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
