#include <set>

#include <boost/test/unit_test.hpp>

#include "faults/fault.h"

#include "sample_plan.h"

namespace muster {

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(every_example_is_read_by_its_own_schema) {
  Stack stack = lab_stack();
  StackHost here;
  here.name = "here";
  stack.hosts.push_back(here);
  for (const FaultKind& kind : fault_kinds())
    BOOST_CHECK_NO_THROW(params_of(kind.spec.name, std::string(kind.spec.example), stack));
}

BOOST_AUTO_TEST_CASE(every_example_can_be_planned_in_the_lab_and_each_change_can_be_undone) {
  Stack stack = lab_stack();
  StackHost here;
  here.name = "here";
  stack.hosts.push_back(here);
  for (const FaultKind& kind : fault_kinds()) {
    BOOST_TEST_CONTEXT(kind.spec.name) {
      FakeHosts hosts;
      const FaultPlan plan = plan_of(
          kind.spec.name, std::string(kind.spec.example), stack, answer_like_the_lab(hosts));
      BOOST_TEST(!plan.changes.empty());
      std::set<std::string> ids;
      for (const Change& change : plan.changes) {
        BOOST_TEST(ids.insert(change.id).second);
        BOOST_TEST(change.id.starts_with("break/"));
        BOOST_TEST(!change.what.empty());
        BOOST_TEST(!change.resource.empty());
        BOOST_TEST(!change.verify.empty());
        BOOST_TEST(!change.verify_undone.empty());
        BOOST_TEST((change.undo.empty() == change.apply.empty()));
        BOOST_TEST((change.deadline == std::chrono::minutes(2)));
        BOOST_TEST((stack.host(change.host) != nullptr));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(kinds_are_found_by_name_and_listed_once) {
  std::set<std::string_view> names;
  for (const KindSpec* spec : fault_specs()) BOOST_TEST(names.insert(spec->name).second);
  for (const std::string_view name : names) BOOST_TEST((fault_kind(name) != nullptr));
  BOOST_TEST((fault_kind("fireworks") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
