#include "base/error.h"
#include "drills/lab/plan.h"

namespace muster::lab {

const std::vector<HostRow>& topology() {
  // clang-format off
  static const std::vector<HostRow> rows = {
      // name       site  role      address       behind the region's bridge
      {"net-us",    "us", "router", "10.1.0.1",   false},
      {"lb-us",     "us", "lb",     "10.1.0.10",  true},
      {"app1-us",   "us", "app",    "10.1.0.11",  true},
      {"app2-us",   "us", "app",    "10.1.0.12",  true},
      {"db-us",     "us", "db",     "10.1.0.20",  true},
      {"cache-us",  "us", "cache",  "10.1.0.30",  true},
      {"obj-us",    "us", "obj",    "10.1.0.40",  true},
      {"edge-us",   "us", "edge",   "10.21.0.2",  false},
      {"ns1",       "us", "ns",     "10.31.0.53", false},
      {"mon-us",    "us", "mon",    "10.41.0.2",  false},
      {"client-us", "us", "client", "10.11.0.2",  false},
      {"net-eu",    "eu", "router", "10.2.0.1",   false},
      {"lb-eu",     "eu", "lb",     "10.2.0.10",  true},
      {"app1-eu",   "eu", "app",    "10.2.0.11",  true},
      {"app2-eu",   "eu", "app",    "10.2.0.12",  true},
      {"db-eu",     "eu", "db",     "10.2.0.20",  true},
      {"cache-eu",  "eu", "cache",  "10.2.0.30",  true},
      {"obj-eu",    "eu", "obj",    "10.2.0.40",  true},
      {"edge-eu",   "eu", "edge",   "10.22.0.2",  false},
      {"ns2",       "eu", "ns",     "10.32.0.53", false},
      {"mon-eu",    "eu", "mon",    "10.42.0.2",  false},
      {"client-eu", "eu", "client", "10.12.0.2",  false},
  };
  // clang-format on
  return rows;
}

const HostRow& host_row(const std::string& name) {
  for (const HostRow& row : topology())
    if (row.name == name) return row;
  fail("the lab has no host '{}'", name);
}

std::string region_of(const std::string& site) {
  return site == "us" ? "us-east" : "eu-west";
}

std::string other_site(const std::string& site) {
  return site == "us" ? "eu" : "us";
}

}  // namespace muster::lab
