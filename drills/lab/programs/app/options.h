#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::app {

/// What a Redis failure does to a request with a token: refuse it (503), or let it pass unchecked.
enum class DenyMode { Closed, Open };

/// What /health looks at: the local database, as it should, or nothing beyond the process itself.
enum class Health { Deep, Shallow };

struct Address {
  std::string host;
  int port = 0;
};

struct Options {
  std::string region = "nowhere";
  std::string name = "app";
  int port = 8080;
  int workers = 16;
  std::string pg_read;   ///< libpq connection string of the local database
  std::string pg_write;  ///< may name several hosts, with target_session_attrs=read-write
  Address redis_read;
  Address redis_write;
  DenyMode deny_mode = DenyMode::Closed;
  std::chrono::seconds s_maxage{5};               ///< how long an edge may keep an article
  int write_slots = 3;                            ///< writes in flight at most; 0: no limit
  std::chrono::milliseconds query_timeout{1500};  ///< a client-side deadline of every query
  std::string jwt_secret = "novvista";
  std::chrono::seconds leeway{0};  ///< clock difference between regions that tokens survive
  std::chrono::seconds jwt_ttl{3600};
  /// How long the denylist's word on a token is believed without asking again; 0: not at all.
  std::chrono::seconds deny_cache{0};
  Health health = Health::Deep;
  std::chrono::milliseconds page_cost{0};  ///< how long a worker is busy with an article
};

struct ParsedOptions {
  Options options;
  std::string error;  ///< empty: all is well
};

/// `--name value` pairs, without the program's name.
ParsedOptions parse_options(const std::vector<std::string>& arguments);
std::string help();

}  // namespace muster::app
