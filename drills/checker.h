#pragma once

#include "drills/playbook.h"
#include "drills/reading.h"
#include "drills/steps_reader.h"

namespace muster {

/// Checks what no single key can tell: the order of the steps, deadlines against holds, metrics
/// against the probes that measure them. `playbook.steps` are those that take place; `written` has
/// the skipped ones too.
void check_playbook(const Playbook& playbook,
                    const WrittenSteps& written,
                    const Catalogue& catalogue,
                    Reading& reading);

}  // namespace muster
