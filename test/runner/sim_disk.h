#pragma once

#include <functional>

namespace muster {

/// Told of each journal that has just become durable, by its file descriptor; one listener at a
/// time. Seen from below: the journal itself knows nothing of it.
void on_journal_durable(std::function<void(int)> listener);

}  // namespace muster
