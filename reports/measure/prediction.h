#pragma once

#include <optional>

#include "reports/measure/milestones.h"
#include "reports/result.h"

namespace muster {

/// The failover time that the stack's own settings allow, beside what was measured. Outside means
/// that the measured interval does not touch [best, worst]: then some setting is probably not what
/// the stack says, and the finding names the likeliest. Nothing where nothing was predicted.
std::optional<Result::Prediction> compare_prediction(const Timeline& timeline,
                                                     const Milestones& milestones);

}  // namespace muster
