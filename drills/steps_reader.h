#pragma once

#include <vector>

#include "drills/fields.h"
#include "drills/playbook.h"
#include "drills/variables.h"

namespace muster {

/// The steps as written. Those whose `when:` is false are in it too, so that mistakes in them are
/// found; `skipped` holds their places.
struct WrittenSteps {
  std::vector<Step> steps;
  std::vector<Where> skipped;

  bool skips(const Step& step) const;
  /// Only the steps that take place.
  std::vector<Step> taken() const;
};

/// What the step reader has to know besides the YAML.
struct StepContext {
  const Catalogue& catalogue;
  const Variables& variables;
  const Names& names;
  Reading& reading;
};

/// Reads the list under `steps:`, variables filled in.
WrittenSteps read_steps(const YamlEntry& section, const StepContext& context);

}  // namespace muster
