#pragma once

// Places to keep a store in: new files, and a PostgreSQL that the tests start and mistreat.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <boost/test/unit_test.hpp>

namespace muster::sample {

/// Whether this machine has a PostgreSQL to start.
struct PostgresIsInstalled {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id test) const;
};

/// A folder of its own that goes with the test; everybody may use it.
class StoreFolder {
 public:
  StoreFolder();
  ~StoreFolder();
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;
  std::filesystem::path file() const { return path_ / "history.db"; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// On loopback and on a socket in its folder; it does not outlive the process that made it.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start();
  /// To it and each of its processes; after SIGKILL they are gone.
  void signal(int number);

  /// The location of a store in a new schema.
  std::string new_place();
  std::string by_socket(const std::string& schema) const;
  int port() const { return port_; }
  void execute(const std::string& statement);

 private:
  std::string uri(const std::string& schema) const;
  bool answers() const;

  StoreFolder folder_;
  int port_ = 0;
  pid_t process_ = 0;
  int places_ = 0;
};

/// One for the whole test program, started when first asked for.
PostgresServer& postgres();

/// The kinds of store that can be had here, for tests that hold for each.
const std::vector<std::string>& store_kinds();

/// A new and empty one.
class StorePlace {
 public:
  explicit StorePlace(const std::string& kind);
  const std::string& location() const { return location_; }

 private:
  StoreFolder folder_;
  std::string location_;
};

/// Starts `work` in a process of its own, which ends with 0 unless it throws.
pid_t in_process(const std::function<void()>& work);
/// Runs `work(i)` in `count` processes at once; how many of them ended well.
int in_processes(int count, const std::function<void(int)>& work);

/// Looks again and again, for half a minute at most, whether `happened`.
bool eventually(const std::function<bool()>& happened);

}  // namespace muster::sample
