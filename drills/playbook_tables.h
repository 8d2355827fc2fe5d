#pragma once

#include <string_view>
#include <vector>

#include "drills/schema.h"

namespace muster {

/// A part of the playbook that has a reader of its own.
struct PlaybookSection {
  std::string_view name;
  std::string_view help;
  bool in_fragments = true;  ///< may stand in an included file
};

/// One kind of step: the keys it has, the first of which names it. `special` keys have a form of
/// their own and are read by the step reader.
struct StepKind {
  std::string_view name;
  std::string_view help;
  std::string_view example;
  Schema fields;
  std::vector<std::string_view> special{};
};

/// The plain keys at the top of a playbook.
const Schema& playbook_fields();
const std::vector<PlaybookSection>& playbook_sections();
/// The keys of a probe beside its kind.
const Schema& probe_fields();
const std::vector<StepKind>& step_kinds();
const StepKind* step_kind(std::string_view name);

}  // namespace muster
