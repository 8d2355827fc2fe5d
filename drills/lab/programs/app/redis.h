#pragma once

#include <memory>
#include <string>
#include <vector>

#include <hiredis/hiredis.h>

#include "drills/lab/programs/app/options.h"

namespace muster::app {

/// One connection, made when it is first needed and again when it is lost. For one thread, and for
/// commands that may be sent twice.
class Redis {
 public:
  explicit Redis(Address address) : address_(std::move(address)) {}

  /// The answer as text; a number is printed, "nil" is empty. Throws Unavailable.
  std::string command(const std::vector<std::string>& words);

 private:
  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  using Reply = std::unique_ptr<redisReply, FreeReply>;

  void connect();
  Reply send(const std::vector<std::string>& words);

  Address address_;
  std::unique_ptr<redisContext, FreeContext> context_;
};

}  // namespace muster::app
