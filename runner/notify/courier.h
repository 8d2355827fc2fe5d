#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/host.h"
#include "base/tasks.h"
#include "runner/notify/notify.h"

namespace muster {

/// What came of one try to deliver.
struct DeliveryTry {
  enum class Outcome { Delivered, Failed, Hopeless };
  Outcome outcome = Outcome::Delivered;
  std::string problem;  ///< "" where it was delivered; holds no secret
  Duration wait{};      ///< at least so long until the next try, as the receiver asked
};

/// Carries one notice to one receiver.
class Courier {
 public:
  virtual ~Courier() = default;
  /// Throws nothing but the cancellation. `delivery` is the id that all tries have in common.
  virtual Task<DeliveryTry> carry(const NotifySettings& receiver,
                                  const Notice& notice,
                                  const std::string& delivery,
                                  UtcTime now) = 0;
};

struct CourierLimits {
  Duration web = std::chrono::seconds(10);
  Duration mail = std::chrono::seconds(30);  ///< mail servers keep strangers waiting
};

/// By HTTP, SMTP or `here`'s sendmail. Each try of the first two has a thread of its own, which
/// ends with it: libcurl blocks, and speaks no SMTP otherwise. Cancelled, it ends within about a
/// second. Secrets are read anew for each try.
std::unique_ptr<Courier> make_courier(Host& here, CourierLimits limits = {});

}  // namespace muster
