#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/host.h"

namespace muster::lab {

/// What muster-lab-init says: lines of fields with tabs between, some followed by bytes.
class Lines {
 public:
  explicit Lines(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

  Channel& channel() { return *channel_; }
  /// Throws Error with what the program printed to stderr, if it ended instead.
  Task<std::vector<std::string>> fields();
  Task<std::string> bytes(std::size_t count);

 private:
  Task<> more();

  std::unique_ptr<Channel> channel_;
  std::string buffer_;
};

}  // namespace muster::lab
