#include <fstream>

#include <boost/test/unit_test.hpp>

#include "base/files.h"
#include "reports/formats/formats.h"
#include "test/reports/record_builder.h"

using namespace muster;
using namespace muster::synthetic;

namespace {

/// Something of everything that a result may hold.
Result full_result() {
  RecordBuilder run = records();
  run.good("readers", "client-us", 0s, 10s, 100)
      .bad("readers", "client-us", 10s, 13200ms, 100)
      .good("readers", "client-us", 13200ms, 40s, 100)
      .kind(SampleKind::Write)
      .good("comments", "client-us", 1s, 5s, 10)
      .bad("comments", "client-us", 12s, 13s, 10, Outcome::Unknown);
  run.kind(SampleKind::Signal).probe("names", 1, 5s, "dns").good("names", "client-eu", 0s, 40s, 1);
  Sample read;
  read.due = read.sent = read.done = at(39s);
  read.kind = SampleKind::ReadBack;
  read.text = run.text("client-us");
  read.outcome = Outcome::WrongBody;
  run.sample("comments", "client-us", read);
  Sample lag = read;
  lag.kind = SampleKind::Gauge;
  lag.outcome = Outcome::Good;
  lag.text = 0;
  lag.value = 1.5;
  run.sample("replication", "db-eu", lag);
  run.fault(10s).undo(30s).agent("client-us").out("us-east");
  run.record().predicted = {{"propagate", "ttl 6 s", 0s, 6s}};
  run.record().labels["version"] = "2026.46.1";
  run.record().events.push_back(
      {at(10s), "fault", "muster", "us-east is drained", "action:drain/1"});
  run.record().checks.push_back({"await", "failover of readers", true, at(18s), 8s, ""});
  run.record().environment = {{"dns.ttl", "6s"}};
  run.record().abort_reason = "a reason";
  run.objective("time_to_failover", "readers", 2);
  return run.judged();
}

const json::object& schema() {
  static const json::value text = parse_json(
      read_file(std::string(MUSTER_SOURCE_DIR) + "/docs/result.schema.json"), "the schema");
  return text.get_object();
}

/// Follows `required`, `properties`, `items` and `enum` of the schema: what a reader relies on.
void check(const json::object& rule, const json::value& value, const std::string& place) {
  if (const json::value* reference = find(rule, "$ref")) {
    const std::string name(std::string(reference->as_string().c_str()).substr(8));
    return check(at(at(schema(), "$defs").as_object(), name).as_object(), value, place);
  }
  if (const json::value* choices = find(rule, "enum")) {
    const auto& list = choices->as_array();
    BOOST_TEST((std::find(list.begin(), list.end(), value) != list.end()),
               place << " is none of the enum");
  }
  if (const json::value* constant = find(rule, "const"))
    BOOST_TEST((*constant == value), place << " differs");
  if (value.is_object()) {
    const json::object& object = value.get_object();
    if (const json::value* required = find(rule, "required")) {
      for (const json::value& key : required->as_array()) {
        BOOST_TEST(object.contains(key.as_string()), place << " lacks " << key.as_string().c_str());
      }
    }
    const json::value* properties = find(rule, "properties");
    if (properties == nullptr) return;
    for (const auto& [key, member] : object) {
      const json::value* known = properties->as_object().if_contains(key);
      if (known != nullptr) check(known->as_object(), member, place + "." + std::string(key));
    }
  }
  const json::value* items = find(rule, "items");
  if (!value.is_array() || items == nullptr) return;
  for (const json::value& item : value.get_array()) check(items->as_object(), item, place + "[]");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(result_json)

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_as_the_same_bytes) {
  const std::string written = pretty_json(to_json(full_result()));
  const Result again = result_from_json(parse_json(written, "result.json").as_object());
  BOOST_TEST(pretty_json(to_json(again)) == written);
}

BOOST_AUTO_TEST_CASE(an_empty_run_reads_back_as_well) {
  const std::string written = pretty_json(to_json(records().judged()));
  const Result again = result_from_json(parse_json(written, "result.json").as_object());
  BOOST_TEST(pretty_json(to_json(again)) == written);
}

BOOST_AUTO_TEST_CASE(every_required_member_is_there_and_every_enum_kept) {
  check(schema(), json::value(to_json(full_result())), "result");
  check(schema(), json::value(to_json(records().judged())), "result");
}

BOOST_AUTO_TEST_CASE(a_missing_number_is_null_and_never_nothing_or_zero) {
  Result result;
  result.metrics.emplace_back().id = "time_to_detect";
  const json::object written = to_json(result);
  const json::object& metric = at(written, "metrics").as_array().at(0).as_object();
  BOOST_TEST(at(metric, "value").is_null());
  BOOST_TEST(!result_from_json(parse_json(pretty_json(to_json(full_result())), "x").as_object())
                  .metrics.empty());
}

BOOST_AUTO_TEST_CASE(another_schema_is_refused) {
  json::object written = to_json(full_result());
  written["schema"] = "muster.result/2";
  BOOST_CHECK_THROW(result_from_json(written), Error);
}

BOOST_AUTO_TEST_CASE(a_missing_or_mistyped_required_member_is_refused) {
  for (const char* key :
       {"run", "playbook", "clock", "milestones", "series", "integrity", "metrics", "verdict"}) {
    json::object lacks = to_json(full_result());
    lacks.erase(key);
    BOOST_CHECK_THROW(result_from_json(lacks), Error);
    json::object mistyped = to_json(full_result());
    mistyped[key] = 7;
    BOOST_CHECK_THROW(result_from_json(mistyped), Error);
  }
}

BOOST_AUTO_TEST_CASE(unknown_members_are_left_alone) {
  json::object written = to_json(full_result());
  written["of_a_later_muster"] = json::object{{"x", 1}};
  BOOST_TEST(result_from_json(written).run.drill == "synthetic");
}

/// For the check `schema` of test/run, which holds it against docs/result.schema.json with an
/// independent validator.
BOOST_AUTO_TEST_CASE(a_result_is_left_for_the_independent_validator) {
  const char* file = std::getenv("MUSTER_WRITE_RESULT");
  if (file == nullptr) return;
  std::ofstream(file) << report_format("json")->render(full_result());
}

BOOST_AUTO_TEST_SUITE_END()
