#include "faults/packet_scope.h"

#include "base/text.h"

namespace muster {

Schema scope_fields() {
  return {{.name = "towards",
           .type = Type::TextList,
           .help = "regions, hosts, addresses or prefixes; everybody where left out"}};
}

PacketScope packet_scope(const Params& params,
                         const Stack& stack,
                         const std::vector<const StackHost*>& hosts) {
  PacketScope scope;
  if (params.has("towards")) {
    const Where where = params.place("towards");
    for (const std::string& name : params.list("towards"))
      for (std::string& address : addresses_named(stack, name, where))
        scope.peers.push_back(std::move(address));
    if (scope.peers.empty()) refuse(where, "an empty list names nobody");
    scope.text = join(params.list("towards"), ", ");
    return scope;
  }
  scope.peers = {"0.0.0.0/0", "::/0"};
  scope.text = "everybody";
  if (!params.has("region")) return scope;
  for (const StackHost* host : hosts)
    scope.spared.push_back(address_of(*host, params.place("region")));
  scope.text = "everybody outside " + params.text("region");
  return scope;
}

}  // namespace muster
