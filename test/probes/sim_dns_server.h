#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/tasks.h"

namespace muster {

struct SimDnsAnswer {
  std::string address;                 ///< IPv4; empty: there is no such name
  unsigned ttl = 60;                   ///< seconds
  bool silent = false;                 ///< no answer at all
  std::vector<std::string> more = {};  ///< addresses that follow the first
};

/// A DNS server for A records on a UDP port of loopback, on the test's own loop. Must be stopped.
class SimDnsServer {
 public:
  using Handler = std::function<SimDnsAnswer(const std::string& name)>;
  SimDnsServer(boost::asio::any_io_executor executor, Handler handler);
  ~SimDnsServer();

  /// "127.0.0.1:PORT", as a vantage's resolver is written.
  std::string address() const;
  /// Questions for A records so far.
  std::size_t asked() const;
  Task<> stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster
