#pragma once

#include "drills/schema.h"

namespace muster {

// The keys of muster.yaml, read by the same machinery as playbooks and stacks; `drills:`, `tokens:`
// and `notify:` are maps by name.

const Schema& settings_fields();
const Schema& scheduled_drill_fields();  ///< one of `drills:`
const Schema& token_fields();            ///< one of `serve: tokens:`
const Schema& serve_fields();            ///< without `tokens`
const Schema& notify_fields();           ///< one of `notify:`

}  // namespace muster
