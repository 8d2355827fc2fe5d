#include "faults/redis.h"

#include "base/text.h"

namespace muster {

int redis_port(const StackService& service) {
  return static_cast<int>(service.params.integer("port"));
}

Operation redis_says(const StackService& service, const StackHost& host, std::string_view command) {
  return exec({"socat",
               "-t",
               "0.5",
               "-",
               fmt::format("TCP:{}:{}", address_of(host, service.where), redis_port(service))},
              std::string(command) + "\r\n");
}

}  // namespace muster
