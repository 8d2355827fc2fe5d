#include "probes/pacer.h"

#include "base/error.h"

namespace muster {

Pacer::Pacer(Time start, double rate, bool poisson, Random random)
    : start_(start), rate_(rate), poisson_(poisson), random_(random), due_(start) {
  if (!(rate > 0)) fail("a rate of {} per second has no schedule", rate);
  if (poisson_) due_ += from_seconds(random_.exponential(1 / rate_));
}

Pacer Pacer::even(Time start, double rate) {
  return {start, rate, false, Random(0)};
}

Pacer Pacer::poisson(Time start, double rate, Random random) {
  return {start, rate, true, random};
}

void Pacer::advance() {
  ++number_;
  due_ = poisson_ ? due_ + from_seconds(random_.exponential(1 / rate_))
                  : start_ + from_seconds(static_cast<double>(number_) / rate_);
}

}  // namespace muster
