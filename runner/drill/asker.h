#pragma once

#include <memory>

#include "runner/drill/engine.h"

namespace muster {

/// Asks through the observer if it has the terminal, else on the terminal; `answer_yes` answers
/// every question with yes (`muster run --yes`). Without a terminal and without --yes, asking is an
/// error that says so.
std::unique_ptr<Asker> make_asker(bool answer_yes, Observer& observer);

}  // namespace muster
