// Leases in every kind of store.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "store/store.h"

#include "sample_store.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::eventually;
using sample::store_kinds;
using sample::StorePlace;

namespace {

namespace data = boost::unit_test::data;

}  // namespace

BOOST_AUTO_TEST_SUITE(leases)

BOOST_DATA_TEST_CASE(a_lease_is_one_holders_until_its_time_is_over,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  const auto other = open_store(place.location());
  const Lease mine = store->lease("stack:shop", "a", 1h).value();
  BOOST_TEST(mine.generation == 1);
  BOOST_TEST(!other->lease("stack:shop", "b", 1h).has_value());
  BOOST_TEST(other->lease("stack:blog", "b", 1h).has_value());
  BOOST_TEST(store->lease("stack:shop", "a", 2h)->generation == 1);
  const Lease soon = store->lease("stack:soon", "a", 1ms).value();
  std::optional<Lease> next;
  BOOST_REQUIRE(
      eventually([&] { return (next = other->lease("stack:soon", "b", 1h)).has_value(); }));
  BOOST_TEST(next->generation == 2);
  store->release(soon);  // which it lost
  BOOST_TEST(!store->lease("stack:soon", "a", 1h).has_value());
  other->release(*next);
  BOOST_TEST(store->lease("stack:soon", "a", 1h)->generation == 3);
}

BOOST_DATA_TEST_CASE(whoever_asks_sees_what_is_held_and_what_was_never_let_go,
                     data::make(store_kinds()),
                     kind) {
  const StorePlace place(kind);
  const auto store = open_store(place.location());
  const auto other = open_store(place.location());
  BOOST_TEST(other->leases("").empty());
  const Lease shop = store->lease("stack:shop", "it's a's", 1h).value();
  const Lease blog = store->lease("stack:blog", "a", 1h).value();
  store->lease("watch", "a", 1h);
  auto seen = other->leases("stack:");
  BOOST_REQUIRE(seen.size() == 2U);
  BOOST_TEST(seen[0].lease.name == "stack:blog");
  BOOST_TEST(seen[1].lease.name == "stack:shop");
  BOOST_TEST(seen[1].lease.holder == "it's a's");
  BOOST_TEST(seen[1].lease.generation == 1);
  BOOST_TEST(!seen[0].is_over());
  BOOST_TEST(!seen[1].is_over());
  BOOST_TEST(other->leases("").size() == 3U);
  other->release(seen[0].lease);
  BOOST_REQUIRE(other->leases("stack:").size() == 1U);
  // Nobody's time is shortened by a prolonging that comes late.
  BOOST_TEST(store->lease("stack:shop", "it's a's", 1ms).has_value());
  BOOST_CHECK(other->leases("stack:")[0].left > 50min);
  store->release(shop);
  const Lease soon = store->lease("stack:soon", "a", 1ms).value();
  BOOST_REQUIRE(eventually([&] {
    seen = other->leases("stack:");
    return seen.size() == 1 && seen[0].is_over();
  }));
  // Whoever takes it next is its holder, and nobody else's any more.
  BOOST_TEST(other->lease("stack:soon", "b", 1h)->generation == 2);
  store->release(soon);
  seen = store->leases("stack:");
  BOOST_REQUIRE(seen.size() == 1U);
  BOOST_TEST(seen[0].lease.holder == "b");
  BOOST_TEST(!seen[0].is_over());
}

BOOST_AUTO_TEST_SUITE_END()
